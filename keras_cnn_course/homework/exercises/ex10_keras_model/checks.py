"""Checks of exercise 10.

The sandbox gives the weights of a model random numbers and returns its outputs and losses. The grader computes the
lecture's network with the same weights in NumPy. If the outputs agree, the model is that network, however its layers
are named and in whatever order they were created: no two of the weights have the same shape.
"""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.cases import Check, Checks, Problem
from keras_cnn_course.homework.authoring.check_kinds import property_check
from keras_cnn_course.homework.authoring.comparison import agrees, number_text
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.lecture.activation import relu, softmax
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.loss import cross_entropy_from_logits
from keras_cnn_course.lecture.pooling import average_pool, max_pool

__all__ = ["CHECKS"]

_IMAGES = 6
_EPSILON = 1e-7
_BLOCK = "The block on the slide is a convolution layer with its activation, followed by max pooling."
_LOSS = "The softmax turns logits into probabilities. Either the last layer or the loss must apply it, but not both."


def _plan(generator: np.random.Generator) -> list[Call]:
    height, width = (int(size) for size in generator.permutation(np.arange(8, 13))[:2])
    channels = int(generator.integers(2, 4))
    filters, classes, units = (int(size) for size in np.sort(generator.permutation(np.arange(4, 12))[:3]))
    sizes = ((height, width, channels), filters, units, classes)
    # The images without labels are bright, because some activations agree with ReLU only for small numbers.
    images = generator.normal(size=(2 * _IMAGES, height, width, channels)).astype(np.float32)
    images[_IMAGES:] *= 20
    labels = generator.integers(classes, size=_IMAGES)
    shapes = _expected_shapes(*sizes)
    weights = tuple(_draw_weight(generator, shape) for shape in shapes)
    return [Call("build_model", (images, labels, weights, *sizes), driver="inspect model")]


def _draw_weight(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw kernels so large that the signals keep their size, or biases."""
    scale = np.sqrt(2 / np.prod(shape[:-1])) if len(shape) > 1 else 0.5
    return (generator.normal(size=shape) * scale).astype(np.float32)


def _judge(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str | Problem:
    images, labels, given, *sizes = calls[0].arguments
    if len(results[0]) < 3 or results[0][1].shape != (3,):
        return "The weights and outputs of the model could not be read."
    outputs, losses, frozen, *weights = results[0]
    expected = _expected_shapes(*sizes)
    if frozen.tolist() != 0 or sorted(weight.shape for weight in weights) != sorted(expected):
        return _describe_weights(weights, expected, frozen)
    logits = _forward(images, given)
    if not (_agree(outputs, logits) or _agree(outputs, softmax(logits))):
        return _describe_outputs(images, given, outputs)
    known = logits[: len(labels)]
    entropy = float(cross_entropy_from_logits(known, labels).mean())
    loss = losses[:1].astype(np.float32)
    if not (agrees(loss, np.array([entropy])) or agrees(loss, np.array([_keras_entropy(softmax(known), labels)]))):
        return _describe_loss(known, labels, float(losses[0]), entropy)
    constant = next((weight.shape for weight in weights if weight.ndim > 1 and np.ptp(weight) == 0), None)
    if constant is not None:
        return Problem(
            "constant weights",
            f"All weights of the shape {constant} begin with the same number.",
            "Then all neurons of the layer learn the same. Keep the random initial weights of Keras.",
            credit=0.75,
        )
    if not losses[2] < losses[1]:
        seen = f"The loss was {losses[1]:.4g} before training and {losses[2]:.4g} after 30 steps on one batch."
        return Problem(
            "does not learn", seen, "Check the learning rate of the optimizer: is it 0, or far too large?", credit=0.75
        )
    return ""


def _agree(outputs: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether the outputs agree for each image separately, since bright images have much larger outputs."""
    return len(outputs) == len(expected) and all(map(agrees, outputs, expected))


def _expected_shapes(
    input_shape: tuple[int, int, int], filters: int, units: int, classes: int
) -> list[tuple[int, ...]]:
    """Return the shapes of the six weights."""
    height, width, channels = input_shape
    flat = ((height - 2) // 2) * ((width - 2) // 2) * filters
    return [(3, 3, channels, filters), (filters,), (flat, units), (units,), (units, classes), (classes,)]


def _describe_weights(
    weights: Sequence[np.ndarray], expected: Sequence[tuple[int, ...]], frozen: np.ndarray
) -> Problem:
    """Return the problem with the number and the shapes of the trainable weights."""
    if frozen.size == 1 and frozen.item() > 0:
        names = [weight.shape for weight in weights]
        says = "All weights of this network must be trainable."
        if names != list(expected) and len(names) > len(expected):
            says = (
                "Is there a layer that the slide does not have, such as BatchNormalization? It has weights of its own."
            )
        return Problem("frozen", f"{int(frozen.item()):,} of the model's parameters are not trainable.", says)
    found = [weight.shape for weight in weights]
    total, wanted = (sum(int(np.prod(shape)) for shape in shapes) for shapes in (found, expected))
    seen = f"The model has {total:,} trainable parameters instead of {wanted:,}. Shapes: {found} instead of {expected}."
    without_bias = [shape for shape in expected if len(shape) != 1]
    says, key = "Compare the shapes one by one. The first difference shows you the layer.", "parameters"
    if found == without_bias:
        says, key = "The layers have no biases.", "no biases"
    elif sorted(found, key=len) == sorted(_exchange_units(expected), key=len):
        says = "The two dense layers have each other's number of neurons: `units` comes first, `classes` last."
        key = "units and classes exchanged"
    elif len(found) == 6 and found[:2] == list(expected[:2]) and found[2][0] != expected[2][0]:
        says = "The input of the first dense layer has a different length. Check the padding and the pooling before it."
        key = "flattened size"
    return Problem(key, seen, says, _BLOCK)


def _exchange_units(expected: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Return the shapes of a network in which `units` and `classes` are exchanged."""
    flat, (units,), (classes,) = expected[2][0], expected[3], expected[5]
    return [*expected[:2], (flat, classes), (classes,), (classes, units), (units,)]


def _forward(images: np.ndarray, weights: Sequence[np.ndarray], *, change: str = "") -> np.ndarray:
    """Return the logits of the lecture's network with these weights, or with a common mistake in it."""
    kernels, bias, dense, dense_bias, last, last_bias = (weight.astype(np.float64) for weight in weights)
    pool = average_pool if change == "average pooling" else max_pool
    maps = [convolve(image.astype(np.float64), kernels, bias) for image in images]
    maps = [pool(feature_map if change == "no relu" else relu(feature_map)) for feature_map in maps]
    hidden = np.stack(maps).reshape(len(maps), -1) @ dense + dense_bias
    return (hidden if change == "no dense relu" else relu(hidden)) @ last + last_bias


def _describe_outputs(images: np.ndarray, weights: Sequence[np.ndarray], outputs: np.ndarray) -> Problem:
    """Return the problem whose network computes these outputs with these weights."""
    known = {
        "no relu": "Your outputs are those of a network without ReLU after the convolution.",
        "no dense relu": "Your outputs are those of a network without ReLU after the first dense layer.",
        "average pooling": "Your outputs are those of a network with average pooling.",
    }
    seen = "With the same weights, your model and the lecture's network compute different outputs."
    for key, says in known.items():
        logits = _forward(images, weights, change=key)
        if _agree(outputs, logits) or _agree(outputs, softmax(logits)):
            return Problem(key, seen, says, _BLOCK, credit=0.25)
    logits = _forward(images, weights)
    if _agree(outputs, 1 / (1 + np.exp(-logits))):
        says = "Your last layer applies a sigmoid, but an image has exactly one of the classes."
        return Problem("sigmoid", seen, says, _BLOCK, credit=0.25)
    return Problem(
        "outputs", seen, "Compare the layers, their activations and their order with the slide.", _BLOCK, credit=0.25
    )


def _describe_loss(logits: np.ndarray, labels: np.ndarray, found: float, entropy: float) -> Problem:
    """Return the problem with a loss that is not the cross entropy."""
    seen = f"The model's loss is {number_text(found)}, but the cross entropy of its outputs is {number_text(entropy)}."
    twice = float(cross_entropy_from_logits(softmax(logits), labels).mean())
    if agrees(np.array([found], dtype=np.float32), np.array([twice])):
        return Problem("double softmax", seen, "Your loss applies the softmax a second time.", _LOSS, credit=0.5)
    if agrees(np.array([found], dtype=np.float32), np.array([_keras_entropy(logits, labels)])):
        says = "Your last layer outputs logits, but your loss expects probabilities."
        return Problem("logits taken for probabilities", seen, says, _LOSS, credit=0.5)
    return Problem("loss", seen, "Which loss in Keras is the cross entropy for integer labels?", _LOSS, credit=0.5)


def _keras_entropy(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Return the loss that Keras computes from outputs that it takes for probabilities: it clips tiny ones."""
    return float(cross_entropy_from_logits(np.log(np.clip(outputs, _EPSILON, 1 - _EPSILON)), labels).mean())


_NETWORK: Check = property_check("network", plan=_plan, judge=_judge)

CHECKS = Checks((_NETWORK,))
