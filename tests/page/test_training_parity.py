"""Training in the page against Keras: losses, gradients, and the weights after a hundred steps of each optimizer."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from keras_cnn_course.page.contents import describe_step
from keras_cnn_course.page.steps import read_steps

STEPS, BATCH, IMAGES = 100, 32, 400
TOLERANCE = 1e-4  # relative to the largest number of an array: float32 sums in another order, a hundred steps long
RATES = {"sgd": 0.05, "momentum": 0.01, "adam": 0.001}


@pytest.fixture(scope="module")
def build_small(started):
    """A function that builds the page's own network: a block of four kernels, or two blocks, and 16 units."""
    import keras
    from keras import layers

    def build(blocks):
        keras.utils.set_random_seed(4)
        model = keras.Sequential([keras.Input((28, 28, 1), name="image")], name="learned")
        for block in range(1, blocks + 1):
            model.add(layers.Conv2D(4 * block, 3, name=f"conv_{block}"))
            model.add(layers.ReLU(name=f"relu_{block}"))
            model.add(layers.MaxPooling2D(2, name=f"pool_{block}"))
        model.add(layers.Flatten(name="flatten"))
        model.add(layers.Dense(16, activation="relu", name="dense_1"))
        model.add(layers.Dense(10, activation="softmax", name="classifier"))
        return model

    return build


def optimizer_of(name):
    import keras

    momentum = 0.9 if name == "momentum" else 0.0
    return keras.optimizers.Adam(RATES[name]) if name == "adam" else keras.optimizers.SGD(RATES[name], momentum)


def flat(arrays):
    return np.concatenate([np.asarray(array).reshape(-1) for array in arrays])


def train_in_keras(model, name, images, labels, batches):
    """Return the losses, the gradients of the first step, and the weights after each has been trained on."""
    import keras
    import tensorflow as tf

    model.compile(optimizer_of(name), "sparse_categorical_crossentropy")
    inputs = images / np.float32(255)
    with tf.GradientTape() as tape:
        outputs = model(inputs[batches[0]], training=True)
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels[batches[0]], outputs))
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    losses = [np.ravel(model.train_on_batch(inputs[batch], labels[batch]))[0] for batch in batches]
    return np.array(losses), gradients, model.get_weights()


def train_in_node(model, name, images, labels, batches, *, node, page_modules, folder):
    steps = read_steps(model)
    description = {"inputShape": [28, 28, 1], "steps": [describe_step(step) for step in steps]}
    plan = {"description": description, "optimizer": name, "rate": RATES[name]}
    plan |= {"batches": batches.tolist(), "labels": labels.tolist()}
    files = [folder / file for file in ("plan.json", "weights.bin", "images.bin", "outputs.bin")]
    files[0].write_text(json.dumps(plan))
    files[1].write_bytes(flat(model.get_weights()).astype("<f4").tobytes())
    files[2].write_bytes(images.tobytes())
    script = Path(__file__).with_name("train_network.mjs")
    subprocess.run([node, str(script), *map(str, files)], check=True, env={**os.environ, **page_modules})
    losses, numbers = np.split(np.fromfile(files[3], "<f8"), [len(batches)])
    return losses, *np.split(numbers, 2)


def check(model, name, digits, node, page_modules, folder, steps=STEPS):
    generator = np.random.default_rng(7)
    images, labels = digits.x_train[:IMAGES], digits.y_train[:IMAGES]
    batches = np.stack([generator.permutation(IMAGES)[:BATCH] for _ in range(steps)])
    node_losses, node_gradients, node_weights = train_in_node(
        model, name, images, labels, batches, node=node, page_modules=page_modules, folder=folder
    )
    losses, gradients, weights = train_in_keras(model, name, images, labels, batches)
    np.testing.assert_allclose(node_losses, losses, rtol=TOLERANCE, atol=TOLERANCE * losses[0])
    start = 0
    for gradient, weight in zip(gradients, weights, strict=True):
        part = slice(start, start := start + weight.size)
        for ours, theirs in ((node_gradients[part], gradient), (node_weights[part], weight)):
            expected = np.asarray(theirs).reshape(-1)
            assert np.abs(ours - expected).max() <= TOLERANCE * np.abs(expected).max()
    assert start == node_weights.size
    assert losses[-5:].mean() < losses[:5].mean()  # it has learned, so that the weights have moved


@pytest.mark.slow
@pytest.mark.parametrize(("name", "blocks"), [("sgd", 1), ("momentum", 2), ("adam", 2)])
def test_the_pages_network_learns_as_in_keras(name, blocks, build_small, digits, node, page_modules, tmp_path):
    check(build_small(blocks), name, digits, node, page_modules, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["softmax", "mlp", "cnn", "deep_cnn", "fast_cnn"])
def test_recipes_have_the_gradients_of_keras(recipe, build_recipe, digits, node, page_modules, tmp_path):
    # Ten steps: in networks of this size, two runs of Keras drift apart when they add in another order.
    check(build_recipe(recipe), "sgd", digits, node, page_modules, tmp_path, steps=10)
