import numpy as np
import pytest

from keras_cnn_course.models.outputs import read_layer_outputs
from keras_cnn_course.models.pooled_map import find_pooled_map


def pool(keras, layer, shape=(7, 6, 3)):
    model = keras.Sequential([keras.Input(shape), layer])
    images = np.random.default_rng(2).integers(0, 256, (1, *shape), dtype=np.uint8)
    images[0, 4, 3, 1] = 255
    (output,) = read_layer_outputs(model, images)
    return find_pooled_map(layer, output), images[0] / np.float32(255)


@pytest.mark.parametrize(
    ("size", "stride", "padding"), [(2, 2, "valid"), (3, 2, "same"), (3, 3, "same"), (2, 1, "valid")]
)
def test_the_winners_are_the_numbers_that_are_kept(keras, size, stride, padding):
    pooled, image = pool(keras, keras.layers.MaxPooling2D(size, strides=stride, padding=padding, name="pool_1"))
    assert (pooled.layer, pooled.channels) == ("pool_1", 3)
    np.testing.assert_array_equal(pooled.before, image[..., pooled.channel])
    assert pooled.after.max() == 1
    for place in np.ndindex(*pooled.after.shape):
        window = pooled.before[pooled.window_at(*place)]
        assert window.max() == pooled.after[place]
        assert pooled.before[tuple(pooled.winners[place])] == pooled.after[place]
    assert len(pooled.clear_winners()) == pooled.after.size


def test_windows_of_equal_numbers_have_no_clear_winner(keras):
    layer = keras.layers.MaxPooling2D(2)
    model = keras.Sequential([keras.Input((4, 4, 1)), layer])
    image = np.zeros((1, 4, 4, 1), np.uint8)
    image[0, 3, 2] = 9
    (output,) = read_layer_outputs(model, image)
    assert find_pooled_map(layer, output).clear_winners() == [(3, 2)]


def test_windows_that_are_not_square_are_left_out(keras):
    assert pool(keras, keras.layers.AveragePooling2D((2, 3)))[0] is None
