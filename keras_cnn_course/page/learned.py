"""Reading the file in which the live page saves a network that learned in it, as a Keras model."""

import base64
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_cnn_course.devices.backend import start
from keras_cnn_course.errors import RunError, reporting_os_errors
from keras_cnn_course.files.foreign import read_bounded
from keras_cnn_course.files.values import check_path

__all__ = ["import_weights"]

_FORMAT, _VERSION = "kcnn weights", 1
_LARGEST_FILE = 64 << 20
_MOST_STEPS = 32
# The page and Keras add in another order, in single precision.
_TOLERANCE = 1e-3


def import_weights(path: str | os.PathLike[str]) -> Any:
    """Return a network that learned in a live page as a compiled Keras model.

    The model takes float32 images `(n, 28, 28, 1)` from 0 to 1, white on black, and returns probabilities `(n, 10)`.

    Args:
        path: the file that the page's button "Save the weights" wrote.

    Raises:
        RunError: it is missing, is no such file, or is damaged: the model does not give the answer that the page gave.
    """
    path = check_path("The file of weights", path)
    start(device="cpu")
    with reporting_os_errors(RunError, "read", path):
        content = read_bounded(path, limit=_LARGEST_FILE)
    try:
        saved = json.loads(content)
        if saved["format"] != _FORMAT or saved["version"] != _VERSION or len(saved["steps"]) > _MOST_STEPS:
            raise ValueError("another format")
        numbers = np.frombuffer(base64.b64decode(saved["weights"], validate=True), "<f4")
        image = np.frombuffer(base64.b64decode(saved["check"]["image"], validate=True), np.uint8)
        expected = np.array(saved["check"]["probabilities"], np.float32)
        model = _build(saved["inputShape"], saved["steps"], numbers.size)
        model.set_weights(_split(numbers, [array.shape for array in model.get_weights()]))
        answer = np.asarray(model((image / np.float32(255)).reshape(1, *model.input_shape[1:])))[0]
        matches = answer.shape == expected.shape and np.allclose(answer, expected, atol=_TOLERANCE)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        raise RunError(
            f"{path} is not a file of weights from a live page. Save it with the page's button Save the weights."
        ) from error
    if not matches:
        raise RunError(
            f"{path} is damaged: the model does not give the answer that the page saved with it. Save it again."
        )
    return model


def _build(input_shape: Sequence[int], steps: Sequence[Mapping[str, Any]], size: int) -> Any:
    """Return the compiled model of the page's steps.

    Raises:
        ValueError: the model does not have `size` weights.
        KeyError: a step is of an unknown kind.
    """
    import keras
    from keras import layers

    make: dict[str, Callable[..., Any]] = {
        "convolution": lambda step, **named: layers.Conv2D(step["shape"][-1], tuple(step["kernelSize"]), **named),
        "dense": lambda step, **named: layers.Dense(step["shape"][0], **named),
        "flatten": lambda step, **named: layers.Flatten(**named),
        "max_pooling": lambda step, **named: layers.MaxPooling2D(tuple(step["kernelSize"]), **named),
        "relu": lambda step, **named: layers.ReLU(**named),
    }
    model = keras.Sequential([keras.Input(tuple(input_shape), name="image")], name="learned")
    for step, after in zip(steps, [*steps[1:], {"name": ""}], strict=True):
        if " " in step["name"]:  # the activation of a layer is a step with the layer's name before a space
            continue
        named = {"name": step["name"]}
        if after["name"].startswith(f"{step['name']} "):
            named["activation"] = after["kind"]
        if step["kind"] in ("convolution", "dense") and step["shape"][-1] > size:  # a weight each, the bias
            raise ValueError("too few weights")
        model.add(make[step["kind"]](step, **named))
        if model.count_params() > size:
            raise ValueError("too few weights")
    if model.count_params() != size:
        raise ValueError("too many weights")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)  # Keras opens no file of an optimizer without its variables
    return model


def _split(numbers: np.ndarray, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
    """Return the numbers as arrays of these shapes, one after the other."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(numbers, ends[:-1]), shapes, strict=True)]
