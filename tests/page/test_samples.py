import numpy as np
import pytest

from keras_cnn_course.page.samples import choose_samples, count_samples


def test_one_right_image_a_class_then_the_most_confident_mistakes():
    labels = np.array([2, 0, 1, 0, 2, 1])
    probabilities = np.array(
        [[0.8, 0.1, 0.1], [0.6, 0.2, 0.2], [0.05, 0.9, 0.05], [0.9, 0.1, 0], [0.2, 0.2, 0.6], [0.05, 0, 0.95]]
    )
    chosen = [(sample.index, sample.label, sample.correct) for sample in choose_samples(probabilities[None], labels)]
    assert chosen == [(1, 0, True), (2, 1, True), (4, 2, True), (5, 1, False), (0, 2, False)]


def test_a_class_that_is_never_right_is_left_out_and_mistakes_are_few():
    probabilities = np.tile([0.9, 0.1], (1, 50, 1))
    chosen = choose_samples(probabilities, np.ones(50, int))
    assert [sample.correct for sample in chosen] == [False] * 8


def test_an_image_is_a_mistake_where_one_of_several_models_is_wrong():
    right, wrong = [0.9, 0.1], [0.3, 0.7]
    chosen = choose_samples(np.array([[right, right, right], [right, wrong, right]]), np.zeros(3, int), most=3)
    assert [(sample.index, sample.correct) for sample in chosen] == [(0, True), (1, False)]


def test_more_images_of_each_class_where_nothing_can_be_drawn():
    labels = np.repeat([0, 1], 20)
    chosen = choose_samples(np.eye(2)[labels][None], labels, most=38)
    assert [sample.index for sample in chosen] == [0, 1, 2, 20, 21, 22]
    many = np.repeat(np.arange(50), 3)
    chosen = choose_samples(np.eye(50)[many][None], many, most=38)
    assert [sample.label for sample in chosen] == list(range(38))


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (96, 128, 3), (1024, 1024, 3)])
def test_the_images_of_a_page_stay_small(shape):
    number = count_samples(shape, drawn=False)
    assert number == 2 or number * np.prod(shape) <= 400_000
