import statistics

import numpy as np
import pytest

from keras_cnn_course.homework.exercises.ex11_training.task import draw_task, read_threshold


def test_the_threshold_is_six_deviations_below_the_mean_of_twenty_trainings():
    threshold = read_threshold()
    assert len(threshold.seeds) == len(threshold.accuracies) >= 20
    assert threshold.mean == pytest.approx(statistics.mean(threshold.accuracies), abs=1e-4)
    assert threshold.deviation == pytest.approx(statistics.stdev(threshold.accuracies), abs=1e-4)
    exact = threshold.mean - 6 * threshold.deviation
    assert exact - 0.001 <= threshold.full_marks <= exact + 1e-4
    assert 0.9 < threshold.full_marks < min(threshold.accuracies)


def test_a_task_deals_the_digits_out_and_renames_the_classes():
    one, other = (draw_task(np.random.default_rng(seed)) for seed in (1, 2))
    assert one.x_train.shape == (1437, 28, 28, 1)
    assert one.x_test.shape == (360, 28, 28, 1)
    assert (one.x_train.dtype, one.x_train.min(), one.x_train.max()) == (np.float32, 0, 1)
    assert set(one.y_train) == set(range(10))
    assert not np.array_equal(one.x_test, other.x_test)
    everything = np.concatenate([one.x_train, one.x_test])
    assert len({image.tobytes() for image in everything}) > 1780  # a few digits are drawn alike


def test_who_looks_the_labels_up_guesses():
    """The true digits of the test images are correct by chance only, because the classes are renumbered."""
    from keras_cnn_course.datasets.digits import enlarge_digits, read_raw_digits

    raw, labels = read_raw_digits()
    known = {image.tobytes(): label for image, label in zip(enlarge_digits(raw), labels, strict=True)}
    shares = []
    for seed in range(20):
        task = draw_task(np.random.default_rng(seed))
        images = np.round(task.x_test[..., 0] * 255).astype(np.uint8)
        shares.append(np.mean([known[image.tobytes()] for image in images] == task.y_test))
    assert np.mean(shares) < 0.25
