import numpy as np
import pytest

from keras_cnn_course.errors import RunError
from keras_cnn_course.models.kernels import find_first_kernel, read_kernels, read_pixel_weights


def test_every_convolution_is_read_in_order(build_cnn):
    model = build_cnn(input_shape=(8, 8, 2))
    first, second = read_kernels(model)
    assert (first.layer, first.kernel.shape, first.bias.shape) == ("conv_1", (3, 3, 2, 3), (3,))
    assert (second.layer, second.kernel.shape, second.bias) == ("conv_2", (2, 2, 3, 5), None)
    np.testing.assert_array_equal(first.kernel, model.get_layer("conv_1").get_weights()[0])
    assert first.kernel.dtype == np.float32


def test_a_nested_model_is_read_too(keras, build_cnn):
    inner = build_cnn()
    image = keras.Input((8, 8, 1), name="image")
    assert [kernels.layer for kernels in read_kernels(keras.Model(image, inner(image)))] == ["conv_1", "conv_2"]


@pytest.mark.parametrize("shape", [(4, 5, 1), (4, 5, 3)])
def test_dense_weights_on_pixels_become_pictures(keras, shape):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input(shape, name="image"),
            layers.Flatten(name="flatten"),
            layers.Dense(6, activation="relu", name="dense_1"),
            layers.Dense(3, name="classifier"),
        ]
    )
    weights = read_pixel_weights(model)
    assert (weights.layer, weights.images.shape, weights.bias.shape) == ("dense_1", (6, *shape), (6,))
    image = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    by_hand = np.maximum((weights.images * image).sum(axis=(1, 2, 3)) + weights.bias, 0)
    by_keras = keras.Model(model.inputs[0], model.get_layer("dense_1").output)(image[None])[0]
    # Sums of 60 float32 products in another order.
    np.testing.assert_allclose(by_hand, by_keras, atol=1e-5)


def test_the_first_kernel(keras, build_cnn):
    model = build_cnn()
    name, kernel = find_first_kernel(model)
    assert name == "conv_1"
    np.testing.assert_array_equal(kernel, model.get_layer("conv_1").get_weights()[0])
    layers = keras.layers
    assert find_first_kernel(keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(2)])) is None


def test_a_dense_layer_after_a_convolution_is_no_picture(build_cnn):
    assert read_pixel_weights(build_cnn()) is None


def test_a_dense_layer_over_channels_is_no_picture(keras):
    layers = keras.layers
    model = keras.Sequential([layers.Input((4, 4, 3)), layers.Dense(6), layers.Flatten(), layers.Dense(2)])
    assert read_pixel_weights(model) is None


def test_weights_that_diverged_are_reported(build_cnn):
    model = build_cnn()
    layer = model.get_layer("conv_2")
    layer.set_weights([np.full((2, 2, 3, 5), np.nan)])
    with pytest.raises(RunError, match=r"weights of layer 'conv_2' are not finite: training diverged"):
        read_kernels(model)
