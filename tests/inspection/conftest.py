import numpy as np
import pytest


@pytest.fixture(scope="session")
def keras():
    from keras_cnn_course import backend

    backend.start(device="cpu")
    import keras

    return keras


@pytest.fixture
def build_cnn(keras):
    """A function that builds a small compiled model with the layers' names of the recipes."""

    def build(input_shape=(8, 8, 1), num_classes=4, logits=False, filters=3):
        layers = keras.layers
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [
                layers.Input(input_shape, name="image"),
                layers.Conv2D(filters, 3, name="conv_1"),
                layers.ReLU(name="relu_1"),
                layers.MaxPooling2D(name="pool_1"),
                layers.Conv2D(5, 2, name="conv_2", use_bias=False),
                layers.ReLU(name="relu_2"),
                layers.Flatten(name="flatten"),
                layers.Dense(num_classes, activation=None if logits else "softmax", name="classifier"),
            ]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
        model.compile("adam", loss, metrics=["accuracy"])
        return model

    return build


@pytest.fixture
def images_and_labels():
    """A function that makes random uint8 images and int32 labels."""

    def make(count, shape=(8, 8, 1), num_classes=4):
        generator = np.random.default_rng(7)
        images = generator.integers(0, 256, size=(count, *shape), dtype=np.uint8)
        return images, generator.integers(0, num_classes, size=count, dtype=np.int32)

    return make
