"""The page's forward pass against Keras: every layer, for a hundred digits, with the same rounded weights."""

import base64
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from keras_cnn_course.models.outputs import read_layer_outputs

IMAGES = 100
# Relative to the largest number of the layer: sums of up to 5,408 float32 products in another order.
TOLERANCE = 1e-4
MODELS = ["softmax", "mlp", "cnn", "deep_cnn", "everything", "global"]
# The same with color images that are wider than high.
COLOR = (22, 26, 3)
# Half a megabyte of each page are the digits that its third tab learns from.
MEGABYTES = {"softmax": 0.75, "mlp": 1.8, "cnn": 8.5, "deep_cnn": 3.0, "everything": 0.7, "global": 0.7}


@pytest.fixture(scope="module")
def page(request, write_page, build_recipe, build_everything, build_global):
    builders = {"everything": build_everything, "global": build_global}
    return write_page(builders[request.param]() if request.param in builders else build_recipe(request.param))


@pytest.mark.parametrize("name", ["mlp", "deep_cnn", "everything"])
def test_node_computes_color_models_as_keras_does(
    name, write_page, build_recipe, build_everything, node, page_modules, tmp_path
):
    from keras_cnn_course.datasets.dataset import Dataset

    model = build_everything(COLOR) if name == "everything" else build_recipe(name, COLOR, 10)
    images = np.random.default_rng(0).integers(0, 256, (20, *COLOR), dtype=np.uint8)
    labels = np.arange(20) % 10
    data = Dataset.from_arrays(images, labels, images, labels)
    page = write_page(model, data=data, input_shape=COLOR)
    compare(page, run_in_node(page, images, node, page_modules, tmp_path), images)


def compare(page, received, images):
    """Check the outputs of all steps, `(images, numbers of all steps)`, against the page's model."""
    expected = {output.name: output.values for output in read_layer_outputs(page.model, images)}
    start = 0
    for step in page.data["networks"][0]["steps"]:
        size = int(np.prod(step["shape"]))
        values = received[:, start : start + size]
        start += size
        if step["name"] not in expected:  # the softmax that the loss applies to logits
            assert step["kind"] == "softmax"
            logits = expected["classifier"]
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            expected[step["name"]] = powers / powers.sum(axis=1, keepdims=True)
        wanted = expected[step["name"]].reshape(len(images), -1)
        largest = np.abs(wanted).max(axis=1, keepdims=True)
        assert (np.abs(values - wanted) <= TOLERANCE * largest).all(), step["name"]
    assert start == received.shape[1]
    np.testing.assert_array_equal(values.argmax(axis=1), wanted.argmax(axis=1))


def run_in_node(page, images, node, page_modules, folder):
    """Return the outputs of all steps, `(images, numbers of all steps)`."""
    files = [folder / name for name in ("data.json", "weights.txt", "images.bin", "outputs.bin")]
    files[0].write_text(page.script("data"))
    files[1].write_text(page.script("weights"))
    files[2].write_bytes(images.tobytes())
    script = Path(__file__).with_name("run_network.mjs")
    subprocess.run([node, str(script), *map(str, files)], check=True, env={**os.environ, **page_modules})
    return np.fromfile(files[3], "<f4").reshape(len(images), -1)


@pytest.mark.slow
@pytest.mark.parametrize("page", MODELS, indirect=True)
def test_node_computes_what_keras_does(page, request, node, page_modules, digits, tmp_path):
    assert len(page.html.encode()) / 1e6 < MEGABYTES[request.node.callspec.params["page"]]
    images = digits.x_test[:IMAGES]
    compare(page, run_in_node(page, images, node, page_modules, tmp_path), images)


RUN = """
(encoded) => {
  const pixels = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const outputs = kcnn.forward(kcnn.network, Float32Array.from(pixels, (pixel) => pixel / 255)).slice(1);
  const bytes = outputs.flatMap((values) => [...new Uint8Array(Float32Array.from(values).buffer)]);
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.slice(start, start + 8192));
  }
  return btoa(text);
}
"""


# These take seconds each.
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("mlp", "cnn", "deep_cnn")]


@pytest.mark.parametrize("page", ["softmax", "everything", "global", *SLOW], indirect=True)
def test_chromium_computes_what_keras_does(page, open_page, digits):
    images = digits.x_test[:IMAGES]
    opened = open_page(page.path)
    rows = [opened.evaluate(RUN, base64.b64encode(image.tobytes()).decode()) for image in images]
    compare(page, np.stack([np.frombuffer(base64.b64decode(row), "<f4") for row in rows]), images)
