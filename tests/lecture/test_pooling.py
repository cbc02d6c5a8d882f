import numpy as np
import pytest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.pooling import average_pool, dropped_pixels, find_winners, max_pool

AFTER_RELU = np.array([[0, 1, 3, 1, 0], [1, 1, 1, 3, 3], [0, 0, 0, 0, 0], [1, 1, 1, 3, 3], [0, 1, 3, 1, 0]])


def test_the_slides_pooling_and_pooling_again():
    pooled = max_pool(AFTER_RELU)
    assert pooled.tolist() == [[1, 3], [1, 3]]
    assert max_pool(pooled).tolist() == [[3]]


def test_the_last_row_and_column_are_dropped():
    changed = AFTER_RELU.copy()
    changed[-1], changed[:, -1] = 99, 99
    np.testing.assert_array_equal(max_pool(changed), max_pool(AFTER_RELU))
    assert dropped_pixels(5) == 1
    assert max_pool(changed, padding="same").tolist() == [[1, 3, 99], [1, 3, 99], [99, 99, 99]]


@pytest.mark.parametrize("shape", [(7, 7, 1), (8, 6, 3), (1, 1, 7), (5, 12, 2)])
@pytest.mark.parametrize(("window", "stride"), [(2, None), (3, None), (3, 2), (2, 1), (1, 2)])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_keras_agrees(started, shape, window, stride, padding):
    import keras

    # Negative throughout, so that zeros padded in by mistake would win.
    image = np.random.default_rng(2).normal(size=shape).astype(np.float32) - 5
    options = {"window": window, "stride": stride, "padding": padding}
    if padding == "valid" and min(shape[:2]) < window:
        with pytest.raises(UsageError, match=rf"smaller than the pooling window \({window}x{window}\)"):
            max_pool(image, **options)
        return
    largest = keras.layers.MaxPooling2D(window, strides=stride, padding=padding)(image[np.newaxis])
    np.testing.assert_array_equal(max_pool(image, **options), np.asarray(largest)[0])
    mean = keras.layers.AveragePooling2D(window, strides=stride, padding=padding)(image[np.newaxis])
    np.testing.assert_allclose(average_pool(image, **options), np.asarray(mean)[0], rtol=1e-6)


def test_winners_are_the_positions_of_the_largest_numbers():
    image = np.random.default_rng(4).permutation(42).reshape(6, 7)
    winners = find_winners(image)
    np.testing.assert_array_equal(image[winners[..., 0], winners[..., 1]], max_pool(image))


def test_the_first_of_equal_winners_counts():
    assert find_winners(AFTER_RELU).tolist() == [[[0, 1], [0, 2]], [[3, 0], [3, 3]]]


@pytest.mark.parametrize(
    ("size", "window", "stride", "dropped"), [(6, 2, None, 0), (7, 3, 2, 0), (8, 3, 2, 1), (1, 2, None, 1)]
)
def test_dropped_pixels(size, window, stride, dropped):
    assert dropped_pixels(size, window=window, stride=stride) == dropped


def test_booleans_are_pooled_as_whether_any_is_true():
    image = np.array([[True, False, False], [False, False, False], [False, False, True]])
    assert max_pool(image).tolist() == [[True]]
    assert max_pool(image, padding="same").tolist() == [[True, False], [False, True]]
    assert find_winners(image[1:, 1:]).tolist() == [[[1, 1]]]
    assert average_pool(image).tolist() == [[0.25]]


@pytest.mark.parametrize("kind", [np.float16, np.uint8, np.int8])
def test_a_sum_larger_than_the_type_can_hold_gives_the_mean(kind):
    largest = np.finfo(kind).max if kind is np.float16 else np.iinfo(kind).max
    image = np.full((4, 4), largest, dtype=kind)
    assert average_pool(image).tolist() == [[float(largest)] * 2] * 2
    assert max_pool(image).dtype == kind
