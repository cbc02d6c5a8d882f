"""The tab in which a network learns, in Chromium."""

import base64
import json
import re

import numpy as np
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def learning(small_page, open_page):
    """The page with the tab opened and its network begun."""
    page = open_page(small_page.path)
    page.click("#tab-learn")
    page.locator("#learn-numbers", has_text="Step 0").wait_for()
    return page


def test_each_step_changes_the_network_that_is_shown(learning):
    numbers = learning.locator("#learn-numbers")
    assert learning.locator("#learn-size").text_content() == "87,322 weights"
    read = "() => kcnn.page.views[0].canvas.toDataURL()"
    before = learning.evaluate(read)
    learning.click("#learn-step")
    learning.locator("#learn-numbers", has_text="Step 1,").wait_for()
    assert learning.evaluate(read) != before
    learning.click("#learn-step")
    learning.locator("#learn-numbers", has_text="Step 2,").wait_for()
    assert re.search(r"Loss \d\.\d{3}, .* on the training images", numbers.text_content())
    learning.click("#learn-reset")
    learning.locator("#learn-numbers", has_text="Step 0,").wait_for()


def test_a_reset_while_it_trains_begins_new_curves(learning):
    for _ in range(3):
        learning.click("#learn-run")
        learning.locator("#learn-numbers", has_text="on the training images").wait_for()
        learning.click("#learn-reset")  # most likely within a step, after which the worker still reports
        learning.locator("#learn-numbers", has_text="Step 0,").wait_for()
        for name in ("loss", "accuracy"):
            assert learning.evaluate(f"kcnn.learning.curves.{name}.training") == []
            validation = learning.evaluate(f"kcnn.learning.curves.{name}.validation")
            assert [point["epochs"] for point in validation] == [0]


def test_it_learns_to_read_digits_while_one_can_draw(learning):
    learning.select_option("#learn-kernels", "4")
    learning.select_option("#learn-units", "16")
    learning.locator("#learn-numbers", has_text="Step 0,").wait_for()
    learning.click("#learn-run")
    assert learning.locator("#learn-run").text_content() == "Pause"
    box = learning.locator("#paper").bounding_box()
    learning.mouse.move(box["x"] + 100, box["y"] + 40)
    learning.mouse.down()
    learning.mouse.move(box["x"] + 100, box["y"] + 200, steps=8)
    learning.mouse.up()
    learning.locator("#learn-status", has_text="After epoch 2:").wait_for(timeout=60_000)
    learning.click("#learn-run")
    accuracy = float(re.search(r"([\d.]+)%", learning.locator("#learn-status").text_content())[1])
    assert accuracy > 80
    assert learning.evaluate("kcnn.page.drawing.strokes.length") == 1
    learning.click("#learn-keep")
    assert learning.locator("#network").is_visible()
    assert learning.locator("#learned-here").is_visible()
    assert learning.evaluate("kcnn.network.steps.find(({ name }) => name === 'dense_1').shape") == [16]


@pytest.mark.parametrize("rate", ["1e30", "1e15"])  # weights that are infinite, or only their outputs
def test_a_rate_that_is_too_high_is_explained(learning, rate):
    learning.select_option("#learn-optimizer", "sgd")
    learning.select_option("#learn-kernels", "2")
    learning.select_option("#learn-rate", "1")
    learning.locator("#learn-numbers", has_text="Step 0,").wait_for()
    learning.evaluate(f"kcnn.learning.send({{ kind: 'rate', rate: {rate} }})")
    learning.click("#learn-run")
    learning.locator("#learn-status", has_text="the learning rate is too high").wait_for()
    assert learning.locator("#learn-run").text_content() == "Start"


def test_the_saved_file_has_the_weights_that_are_shown(learning):
    learning.click("#learn-step")
    learning.locator("#learn-numbers", has_text="Step 1,").wait_for()
    with learning.expect_download() as download:
        learning.click("#learn-save")
    saved = json.loads(download.value.path().read_text())
    weights = np.frombuffer(base64.b64decode(saved["weights"]), "<f4")
    np.testing.assert_array_equal(weights, np.array(learning.evaluate("[...kcnn.learning.weights]"), np.float32))
    assert sum(size for step in saved["steps"] for size in step["weights"].values()) == weights.size
    assert sum(saved["check"]["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_a_page_of_other_images_has_no_such_tab(write_page, trained_run, open_page):
    names = tuple(f"item {number}" for number in range(10))
    page = open_page(write_page(trained_run.load_model(), class_names=names).path)
    assert page.locator("#tab-learn").is_hidden()
    page.locator("#tab-convolution").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#network").is_visible()


def test_the_panel_explains_gradients_too(learning, digits):
    """The delta of a number of conv_1 and a weight's gradient, against Keras with the weights of the page."""
    import keras
    import tensorflow as tf
    from keras import layers

    learning.click("#learn-step")
    learning.locator("#learn-numbers", has_text="Step 1,").wait_for()
    learning.evaluate("kcnn.page.choose(0, 8 * (10 * 26 + 12) + 3)")  # row 10, column 12, map 3
    convolution = layers.Conv2D(8, 3)
    rest = [layers.ReLU(), layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(64, "relu"), layers.Dense(10)]
    model = keras.Sequential([keras.Input((28, 28, 1)), convolution, *rest])
    numbers = iter(np.array(learning.evaluate("[...kcnn.learning.weights]"), np.float32))
    model.set_weights(
        [np.fromiter(numbers, np.float32, count=array.size).reshape(array.shape) for array in model.get_weights()]
    )
    image = np.array(learning.evaluate("[...kcnn.page.pixels]"), np.float32).reshape(1, 28, 28, 1) / 255
    with tf.GradientTape() as tape:
        maps = convolution(image)
        tape.watch(maps)
        values = maps
        for layer in rest:
            values = layer(values)
        label = np.array([int(learning.locator("#learn-label").input_value())])
        loss = keras.ops.sum(keras.losses.sparse_categorical_crossentropy(label, values, from_logits=True))
    delta, kernel = tape.gradient(loss, [maps, convolution.kernel.value])
    panel = learning.locator("#explanation")
    shown = panel.locator(".result span:last-child").nth(1).text_content().replace("−", "-")
    assert float(shown) == pytest.approx(float(np.asarray(delta)[0, 10, 12, 3]), abs=6e-4)
    panel.get_by_label("weight in row 2, column 1").click()
    shown = panel.locator(".weight .result span:last-child").text_content().replace("−", "-")
    assert float(shown) == pytest.approx(float(np.asarray(kernel)[2, 1, 0, 3]), abs=6e-4)
    assert "gradient" not in (learning.click("#tab-network") or panel.text_content())


def test_a_walk_of_ten_stations_goes_through_one_step(learning):
    titles = []
    for _ in range(10):
        learning.click("#walk-on")
        titles.append(learning.locator("#walk-title").text_content())
    assert titles[0] == "1. Image"
    assert titles[-1] == "10. The kernel learns"
    assert "conv_1" in learning.locator("#explanation h2").text_content()
    learning.click("#walk-back")
    assert learning.locator("#walk-title").text_content() == titles[-2]
