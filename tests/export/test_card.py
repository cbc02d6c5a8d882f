"""What an export says about its input and its output."""

from dataclasses import replace

import pytest

from keras_cnn_course.export.card import describe_metadata

EIGHT_BITS = "Pixels from 0 to 255 are divided by 255."


@pytest.mark.parametrize(
    ("pixel_range", "sentence"),
    [
        ((), ""),  # version 0.1
        ((0, 255), ""),
        ((0, 1), ""),
        ((0, 4095), " The training data went from 0 to 4095: for pixels on that scale, divide by 4095."),
        ((-1, 1), " The training data went from -1 to 1: for pixels on that scale, subtract -1 and divide by 2."),
    ],
)
def test_the_scale_of_the_training_data_is_told(trained_run, pixel_range, sentence):
    described = describe_metadata(replace(trained_run.read_record(), pixel_range=pixel_range))
    assert described["input"] == f"image: float32 (batch, 28, 28, 1), from 0 to 1. {EIGHT_BITS}{sentence}"


@pytest.mark.parametrize(
    ("outputs", "name"), [("probabilities", "probabilities"), ("logits", "probabilities"), ("scores", "scores")]
)
def test_outputs_that_are_no_probabilities_are_not_called_so(trained_run, outputs, name):
    described = describe_metadata(replace(trained_run.read_record(), outputs=outputs))
    assert described["output"].startswith(f"{name} of the classes")
