import keras
import pytest
from keras import layers

from keras_cnn_course.models.scaling import find_pixel_scaling, list_wide_ranges


class Divide(layers.Layer):
    def call(self, x):
        return x / 127.5 - 1


def chain(*beginning):
    return keras.Sequential([keras.Input((8, 8, 1)), *beginning, layers.Conv2D(3, 3), layers.Flatten()])


SCALED = {
    "Rescaling": lambda: [layers.Rescaling(1 / 255, name="it")],
    "Rescaling to -1 to 1": lambda: [layers.Rescaling(1 / 127.5, offset=-1, name="it")],
    "Normalization": lambda: [layers.Normalization(mean=33.3, variance=78.6**2, name="it")],
    "after an augmentation": lambda: [
        layers.RandomRotation(0.1),
        layers.ZeroPadding2D(),
        layers.Rescaling(1 / 255, name="it"),
    ],
    "in a nested model": lambda: [keras.Sequential([layers.RandomFlip(), layers.Rescaling(1 / 255, name="it")])],
    "in a nested network": lambda: [keras.Sequential([layers.Rescaling(1 / 255, name="it"), layers.Conv2D(2, 3)])],
    "a layer of one's own": lambda: [Divide(name="it")],
}
PLAIN = {
    "nothing": list,
    "Rescaling of 0 to 1": lambda: [layers.Rescaling(2, offset=-1)],
    "Normalization of 0 to 1": lambda: [layers.Normalization(mean=0.13, variance=0.09)],
    "BatchNormalization": lambda: [layers.BatchNormalization()],
    "UnitNormalization": lambda: [layers.UnitNormalization(axis=(1, 2, 3))],
    "a frozen network": lambda: [
        layers.Conv2D(2, 3, kernel_initializer=keras.initializers.Constant(1e-3), trainable=False)
    ],
    "scaling after learned weights": lambda: [layers.Conv2D(2, 3), layers.Rescaling(1 / 255)],
    "an average": lambda: [layers.AveragePooling2D(4)],
}


@pytest.mark.parametrize("name", SCALED)
def test_what_was_made_for_0_to_255_is_found(started, name):
    assert find_pixel_scaling(chain(*SCALED[name]())) == "it"


@pytest.mark.parametrize("name", PLAIN)
def test_what_fits_0_to_1_is_left_alone(started, name):
    model = keras.Sequential([keras.Input((8, 8, 1)), *PLAIN[name](), layers.Flatten(), layers.Dense(3)])
    assert find_pixel_scaling(model) is None


def test_an_operation_of_a_functional_model_is_found(started):
    image = keras.Input((8, 8, 1))
    answer = layers.Dense(3)(layers.Flatten()(image / 255.0))
    assert "divide" in find_pixel_scaling(keras.Model(image, answer))


@pytest.mark.parametrize(
    "beginning",
    [
        lambda: [layers.RandomBrightness(0.2, name="it")],
        lambda: [layers.Rescaling(2, offset=-1), layers.RandomErasing(name="it")],
        lambda: [keras.Sequential([layers.RandomFlip(), layers.RandomInvert(name="it")])],
        lambda: [layers.Pipeline([layers.RandomFlip(), layers.RandomBrightness(0.2, name="it")])],
    ],
)
def test_augmentation_for_0_to_255_is_found(started, beginning):
    assert list_wide_ranges(chain(*beginning())) == ["it"]


@pytest.mark.parametrize(
    "beginning",
    [
        lambda: [layers.RandomBrightness(0.2, value_range=(0, 1)), layers.RandomRotation(0.1)],
        lambda: [layers.Rescaling(255), layers.RandomBrightness(0.2), layers.Rescaling(1 / 255)],
    ],
)
def test_augmentation_for_the_pixels_that_it_reads_is_left_alone(started, beginning):
    assert list_wide_ranges(chain(*beginning())) == []
