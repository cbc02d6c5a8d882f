import numpy as np

from keras_cnn_course.page.samples import choose_samples


def test_one_right_image_a_class_then_the_most_confident_mistakes():
    labels = np.array([2, 0, 1, 0, 2, 1])
    probabilities = np.array(
        [[0.8, 0.1, 0.1], [0.6, 0.2, 0.2], [0.05, 0.9, 0.05], [0.9, 0.1, 0], [0.2, 0.2, 0.6], [0.05, 0, 0.95]]
    )
    chosen = [(sample.index, sample.label, sample.correct) for sample in choose_samples(probabilities, labels)]
    assert chosen == [(1, 0, True), (2, 1, True), (4, 2, True), (5, 1, False), (0, 2, False)]


def test_a_class_that_is_never_right_is_left_out_and_mistakes_are_few():
    probabilities = np.tile([0.9, 0.1], (50, 1))
    chosen = choose_samples(probabilities, np.ones(50, int))
    assert [sample.correct for sample in chosen] == [False] * 8
