"""What an export says about its input and its output."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from keras_cnn_course.export.card import describe_metadata, write_card
from keras_cnn_course.export.int8 import Int8Scale
from keras_cnn_course.export.verified import Example, Export

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


def test_the_code_to_paste_reads_files_of_more_than_8_bits(trained_run, tmp_path, monkeypatch):
    record = replace(trained_run.read_record(), white=4095.0)
    assert "white is 4095: divide theirs by it." in describe_metadata(record)["input"]
    example = Example(np.zeros((1, 28, 28, 1)), np.zeros((1, 10)))
    write_card(record, Export(tmp_path / "net.keras", "keras", 1, "image", "output_0", 1, 0.0, example=example))
    monkeypatch.chdir(tmp_path)
    levels = np.linspace(0, 4095, 784).astype(np.uint16).reshape(28, 28)
    Image.fromarray(levels).save("image.png")
    np.testing.assert_allclose(_run_loading(tmp_path / "net-README.md")[0, ..., 0], levels / 4095, atol=1e-6)


def test_images_of_four_channels_are_read_as_arrays_and_not_called_rgb(trained_run, tmp_path, monkeypatch):
    record = replace(trained_run.read_record(), input_shape=(2, 3, 4))
    example = Example(np.zeros((1, 2, 3, 4)), np.zeros((1, 10)))
    write_card(record, Export(tmp_path / "net.keras", "keras", 1, "image", "output_0", 1, 0.0, example=example))
    readme, facts = (tmp_path / "net-README.md").read_text(), json.loads((tmp_path / "net.json").read_text())
    assert "The 4 numbers of a pixel" in readme
    assert "RGB" not in readme
    assert facts["input"]["channels"] == "4 channels"
    monkeypatch.chdir(tmp_path)
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.save("image.npy", pixels)
    np.testing.assert_allclose(_run_loading(tmp_path / "net-README.md"), pixels[None] / 255, atol=1e-6)


def _run_loading(readme):
    """Run the code of a README up to the model, and return the pixels that it has loaded."""
    names = {}
    exec(readme.read_text().split("```python\n")[1].split("model =")[0], names)
    return names["pixels"]


@pytest.mark.parametrize(
    ("input_zero", "output_zero", "formulas"),
    [
        (-128, 3, ("0.00390625 * (q + 128)", "0.5 * (q - 3)", "/ 0.00390625) - 128, -128", "np.float32) - 3) * 0.5")),
        (0, 0, ("0.00390625 * (q)", "0.5 * (q)", "/ 0.00390625), -128", "np.float32)) * 0.5")),
    ],
)
def test_the_formulas_of_int8_have_no_two_signs(trained_run, tmp_path, input_zero, output_zero, formulas):
    scales = {"input_scale": Int8Scale(1 / 256, input_zero), "output_scale": Int8Scale(0.5, output_zero)}
    exported = Export(tmp_path / "net.tflite", "litert", 1, "image", "output_0", 1, 0.0, **scales)
    write_card(trained_run.read_record(), exported)
    text = (tmp_path / "net-README.md").read_text()
    assert [formula for formula in formulas if formula not in text] == []


@pytest.mark.parametrize(
    ("outputs", "name"), [("probabilities", "probabilities"), ("logits", "probabilities"), ("scores", "scores")]
)
def test_outputs_that_are_no_probabilities_are_not_called_so(trained_run, outputs, name):
    described = describe_metadata(replace(trained_run.read_record(), outputs=outputs))
    assert described["output"].startswith(f"{name} of the classes")
