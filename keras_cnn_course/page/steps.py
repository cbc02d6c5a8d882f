"""A Keras model as the live page computes it: a chain of steps, each of a kind that its JavaScript knows.

What it does not know is refused by name; nothing is approximated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from keras_cnn_course.errors import ExportError
from keras_cnn_course.models.outputs import name_activation

__all__ = ["Step", "check_drawable", "read_steps"]

_KNOWN = "Conv2D, ReLU, MaxPooling2D, AveragePooling2D, Flatten, Dense, Dropout, BatchNormalization, Softmax, Rescaling"


@dataclass(frozen=True)
class Step:
    """One step of the forward pass.

    Args:
        name: the layer's, as in `LayerOutput`.
        kind: `convolution`, `relu`, `max_pooling`, `average_pooling`, `flatten`, `dense`, `normalization`, `softmax`
            or `rescaling`.
        shape: of its output, `(height, width, channels)` or `(units,)`.
        settings: what else the step needs to know: numbers, words, or pairs of numbers.
        weights: arrays by name, as Keras lays them out.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)


def check_drawable(input_shape: tuple[int, ...]) -> None:
    """Check that a model's images can be drawn: they have one channel.

    Raises:
        ExportError: they have another number.
    """
    height, width, channels = input_shape
    if channels != 1:
        raise ExportError(
            f"Expected grey images, which can be drawn on a page. Received: images of {height}x{width}x{channels}. "
            "`kcnn features` draws what the layers make of them."
        )


def read_steps(model: Any) -> list[Step]:
    """Return the steps of a built Keras model of one image, from the image to the probabilities.

    Raises:
        ExportError: a layer, or a setting of one, is not among those that the page knows; or the layers are no chain,
            or do not end in probabilities.
    """
    steps = [step for layer in _chain(model) for step in _read_layer(layer)]
    if not steps or steps[-1].kind != "softmax":
        if not steps or not getattr(getattr(model, "loss", None), "from_logits", False):
            last = steps[-1].name if steps else "none"
            raise ExportError(f"Expected a softmax at the end of the model. Received: {last!r} as its last layer.")
        steps.append(Step(f"{steps[-1].name} softmax", "softmax", steps[-1].shape))
    return steps


def _chain(model: Any) -> list[Any]:
    """Return the layers behind the input, each of which reads the one before and nothing else."""
    import keras

    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    for layer in layers:
        if type(layer).__name__ not in _READERS or not type(layer).__module__.startswith("keras."):
            raise _refusal(layer, "")
    if not isinstance(model, keras.Sequential):
        tensors = [*model.inputs, *(layer.output for layer in layers)]
        reads = [*(layer.input for layer in layers), *model.outputs]
        if len(tensors) != len(reads) or any(a is not b for a, b in zip(tensors, reads, strict=True)):
            raise ExportError(
                f"Expected each layer to read the one before, once. Received: model {model.name!r} with branches or "
                "a layer used twice. The page shows a plain stack of layers."
            )
    return layers


def _read_layer(layer: Any) -> list[Step]:
    """Return the steps of one layer: none for one that does nothing when the trained model is used."""
    step = _READERS[type(layer).__name__](layer)
    if step is None:
        return []
    activation = name_activation(layer)
    if activation not in ("linear", "relu", "softmax"):
        raise _refusal(layer, f" with activation {activation!r}")
    if "softmax" in (activation, step.kind) and len(step.shape) != 1:
        raise _refusal(layer, " with a softmax a pixel")
    return [step] if activation == "linear" else [step, Step(f"{layer.name} {activation}", activation, step.shape)]


def _refusal(layer: Any, what: str) -> ExportError:
    return ExportError(
        f"Expected layers that the page can compute: {_KNOWN}. "
        f"Received: {type(layer).__name__} {layer.name!r}{what}. The page is refused rather than made to approximate."
    )


def _require(layer: Any, **expected: Any) -> None:
    """Check that settings of a layer have the values that the page computes with."""
    for name, value in expected.items():
        received = getattr(layer, name)
        if (tuple(received) if isinstance(received, list | tuple) else received) != value:
            raise _refusal(layer, f" with {name}={received!r}")


def _shape(layer: Any) -> tuple[int, ...]:
    return tuple(int(size) for size in layer.output.shape[1:])


def _weights(**variables: Any) -> dict[str, np.ndarray]:
    return {name: np.asarray(value, dtype=np.float32) for name, value in variables.items() if value is not None}


def _read_convolution(layer: Any) -> Step:
    _require(layer, data_format="channels_last", groups=1, dilation_rate=(1, 1))
    settings = {"kernelSize": layer.kernel_size, "strides": layer.strides, "padding": layer.padding}
    return Step(layer.name, "convolution", _shape(layer), settings, _weights(kernel=layer.kernel, bias=layer.bias))


def _read_pooling(layer: Any) -> Step:
    _require(layer, data_format="channels_last")
    kind = "max_pooling" if type(layer).__name__ == "MaxPooling2D" else "average_pooling"
    settings = {"kernelSize": layer.pool_size, "strides": layer.strides, "padding": layer.padding}
    return Step(layer.name, kind, _shape(layer), settings)


def _read_dense(layer: Any) -> Step:
    if len(layer.input.shape) != 2:
        raise _refusal(layer, " on images, without a Flatten before it")
    return Step(layer.name, "dense", _shape(layer), weights=_weights(kernel=layer.kernel, bias=layer.bias))


def _read_relu(layer: Any) -> Step:
    _require(layer, max_value=None, negative_slope=0.0, threshold=0.0)
    return Step(layer.name, "relu", _shape(layer))


def _read_activation(layer: Any) -> Step | None:
    name = str(getattr(layer.activation, "__name__", ""))
    if name not in ("relu", "softmax", "linear"):
        raise _refusal(layer, f" with activation {name!r}")
    return None if name == "linear" else Step(layer.name, name, _shape(layer))


def _read_softmax(layer: Any) -> Step:
    _require(layer, axis=-1)
    return Step(layer.name, "softmax", _shape(layer))


def _read_flatten(layer: Any) -> Step:
    _require(layer, data_format="channels_last")
    return Step(layer.name, "flatten", _shape(layer))


def _read_normalization(layer: Any) -> Step:
    if layer.axis not in (-1, len(layer.output.shape) - 1):
        raise _refusal(layer, f" with axis={layer.axis!r}")
    names = {"gamma": layer.gamma, "beta": layer.beta, "mean": layer.moving_mean, "variance": layer.moving_variance}
    return Step(layer.name, "normalization", _shape(layer), {"epsilon": float(layer.epsilon)}, _weights(**names))


def _read_rescaling(layer: Any) -> Step:
    try:
        settings = {"scale": float(layer.scale), "offset": float(layer.offset)}
    except TypeError as error:
        raise _refusal(layer, " with a scale a channel") from error
    return Step(layer.name, "rescaling", _shape(layer), settings)


_READERS: dict[str, Callable[[Any], Step | None]] = {
    "Conv2D": _read_convolution,
    "MaxPooling2D": _read_pooling,
    "AveragePooling2D": _read_pooling,
    "Dense": _read_dense,
    "ReLU": _read_relu,
    "Activation": _read_activation,
    "Softmax": _read_softmax,
    "Flatten": _read_flatten,
    "BatchNormalization": _read_normalization,
    "Rescaling": _read_rescaling,
    "Dropout": lambda layer: None,
}
