"""A network that learned in the page, as a Keras model."""

import base64
import json
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

import keras_cnn_course as kcnn
from keras_cnn_course.cli import kcnn as command_line
from keras_cnn_course.errors import RunError


@pytest.fixture(scope="module")
def saved(request, small_page, browser, tmp_path_factory):
    """The file that the page saves after two steps of training two blocks, and its content."""
    page = browser.new_context(offline=True).new_page()
    page.goto(small_page.path.resolve().as_uri())
    page.click("#tab-learn")
    page.locator("#learn-numbers", has_text="Step 0,").wait_for()
    page.select_option("#learn-kernels", "2")
    page.select_option("#learn-blocks", "2")
    page.select_option("#learn-units", "16")
    page.locator("#layers", has_text="pool_2").wait_for()
    for step in ("Step 1,", "Step 2,"):
        page.click("#learn-step")
        page.locator("#learn-numbers", has_text=step).wait_for()
    with page.expect_download() as download:
        page.click("#learn-save")
    path = tmp_path_factory.mktemp("saved") / "learned.json"
    download.value.save_as(path)
    return path


def test_the_model_gives_the_pages_answers(saved, digits):
    model = kcnn.import_weights(saved)
    assert [layer.name for layer in model.layers if layer.weights] == ["conv_1", "conv_2", "dense_1", "classifier"]
    check = json.loads(saved.read_text())["check"]
    image = np.frombuffer(base64.b64decode(check["image"]), np.uint8).reshape(1, 28, 28, 1) / np.float32(255)
    np.testing.assert_allclose(np.asarray(model(image))[0], check["probabilities"], atol=1e-5)


def test_the_command_writes_a_keras_file_and_overwrites_none(saved, tmp_path):
    import keras

    out = tmp_path / "own.keras"
    arguments = ["import-weights", str(saved), "--out", str(out)]
    result = CliRunner().invoke(command_line, arguments)
    assert result.exit_code == 0, result.output
    model = keras.saving.load_model(out)
    assert f"{model.count_params():,} weights" in result.output
    with zipfile.ZipFile(out) as archive:
        assert b"quantization_config" not in archive.read("config.json")  # Keras 3.6 to 3.14 could not read it
    again = CliRunner().invoke(command_line, arguments)
    assert again.exit_code == 2
    assert "is not overwritten" in again.output


def change_weights(content):
    weights = np.frombuffer(base64.b64decode(content["weights"]), "<f4") * 2
    return {**content, "weights": base64.b64encode(weights.tobytes()).decode()}


DAMAGED = {
    "other weights": (change_weights, "damaged"),
    "too few weights": (lambda content: {**content, "weights": content["weights"][:400]}, "not a file of weights"),
    "an unknown layer": (
        lambda content: {**content, "steps": [{**content["steps"][0], "kind": "Lambda"}, *content["steps"][1:]]},
        "not a file of weights",
    ),
    "a huge layer": (
        lambda content: {
            **content,
            "steps": [{**content["steps"][0], "shape": [26, 26, 10**7]}, *content["steps"][1:]],
        },
        "not a file of weights",
    ),
    "a list": (lambda content: [], "not a file of weights"),
    "another format": (lambda content: {**content, "format": "other"}, "not a file of weights"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused(name, saved, tmp_path):
    change, message = DAMAGED[name]
    path = tmp_path / "damaged.json"
    path.write_text(json.dumps(change(json.loads(saved.read_text()))))
    with pytest.raises(RunError, match=message):
        kcnn.import_weights(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RunError, match=r"Cannot read .*missing\.json"):
        kcnn.import_weights(tmp_path / "missing.json")
