"""The sheet of a model that is not a stack of layers."""

import numpy as np
import pytest

from keras_cnn_course.inspection.explaining import draw_explanation


def test_a_model_with_a_call_of_its_own_is_explained_and_left_as_it_was(started):
    import keras

    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            self.convolution = keras.layers.Conv2D(2, 3)
            self.classifier = keras.layers.Dense(3, activation="softmax")

        def call(self, images):
            return self.classifier(keras.ops.mean(keras.ops.relu(self.convolution(images)), axis=(1, 2)))

    model = Network()
    model(np.zeros((1, 8, 8, 1), np.float32))
    before = model.get_weights()
    pixels = np.random.default_rng(1).integers(0, 256, (8, 8, 1)).astype(np.float32)
    sheet = draw_explanation(model, pixels, ("one", "two", "three"), name="own", target="two")
    assert sheet.arrays["gradient"].shape == (8, 8)
    assert int(sheet.arrays["label"]) == 1
    assert float(sheet.arrays["completeness_error"]) == pytest.approx(0, abs=0.01)
    assert any("Grad-CAM is left out" in note for note in sheet.notes)
    for values, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(values, old)
