"""A Keras model as the live page computes it: a chain of steps of the kinds that the page's JavaScript knows.

A model with any other layer is refused by that layer's name; nothing is approximated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from keras_cnn_course.errors import ExportError, UsageError
from keras_cnn_course.models.graph import LayerCall, read_graph
from keras_cnn_course.models.inference import outputs_logits

__all__ = ["Step", "can_show", "check_images", "read_steps"]

_KNOWN = (
    "Conv2D, Dense, Flatten, MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D, BatchNormalization, Rescaling, "
    "ReLU, LeakyReLU, Softmax, and layers that do nothing at inference, such as Dropout"
)


@dataclass(frozen=True)
class Step:
    """One step of the forward pass.

    Args:
        name: the layer's name, as in `LayerOutput`.
        kind: `convolution`, `relu`, `leaky_relu`, `max_pooling`, `average_pooling`, `global_average`, `flatten`,
            `dense`, `normalization`, `softmax` or `rescaling`.
        shape: of the output, `(height, width, channels)` or `(units,)`.
        settings: numbers, words or pairs of numbers that the step needs besides its weights.
        weights: arrays by name, in Keras's layout.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)


def check_images(input_shape: tuple[int, ...]) -> None:
    """Check that the page can show a model's images, which means that they are gray or have three color channels.

    Raises:
        ExportError: they have another number of channels.
    """
    height, width, channels = input_shape
    if channels not in (1, 3):
        raise ExportError(
            f"The live page shows gray images and images with three color channels; this model takes images of "
            f"{height}x{width}x{channels}. Use `kcnn features` to see what its layers compute."
        )


def read_steps(model: Any) -> list[Step]:
    """Return the steps of a built Keras model with one image as its input, from the image to the probabilities.

    Raises:
        ExportError: the page does not know a layer or one of its settings, the layers do not form a chain, or they do
            not end in probabilities.
    """
    graph = read_graph(model)
    calls = [call for call in graph.calls if call.feeds and not call.is_identity]
    for call in calls:
        if not call.is_a(*_READERS):
            raise _refusal(call)
    if not graph.is_chain():
        raise ExportError(
            f"The live page shows a plain stack of layers, but model {model.name!r} has branches or uses a layer "
            "twice. Use `kcnn features` to see what its layers compute."
        )
    steps = [step for call in calls for step in _read_layer(call)]
    if not steps or steps[-1].kind != "softmax":
        if not steps or not outputs_logits(model):
            last = f"ends in layer {steps[-1].name!r}" if steps else "has no layers"
            raise ExportError(f"The live page needs a model that ends in a softmax; this one {last}.")
        steps.append(Step(f"{steps[-1].name} softmax", "softmax", steps[-1].shape))
    return steps


def can_show(model: Any) -> bool:
    """Return whether the live page can show a built Keras model."""
    try:
        read_steps(model)
    except (ExportError, UsageError):
        return False
    return True


def _read_layer(call: LayerCall) -> list[Step]:
    """Return the steps of one layer: two if it has an activation of its own."""
    if call.activation not in ("linear", "relu", "softmax"):
        raise _refusal(call, f" with activation {call.activation!r}")
    step = _READERS[call.kind](call)
    if "softmax" in (call.activation, step.kind) and len(step.shape) != 1:
        raise _refusal(call, " with a softmax per pixel")
    if not call.splits_activation:
        return [step]
    return [step, Step(f"{call.name} {call.activation}", call.activation, step.shape)]


def _refusal(call: LayerCall, setting: str = "") -> ExportError:
    return ExportError(
        f"The live page cannot compute layer {call.name!r} ({call.kind}{setting}). It knows {_KNOWN}. "
        "Use `kcnn features` to see what the layers compute."
    )


def _require(call: LayerCall, **expected: Any) -> None:
    """Check that settings of a layer have the values that the page computes with."""
    for name, value in expected.items():
        found = getattr(call.layer, name)
        if (tuple(found) if isinstance(found, list | tuple) else found) != value:
            raise _refusal(call, f" with {name}={found!r}")


def _step(call: LayerCall, kind: str, settings: Mapping[str, Any] | None = None, **weights: Any) -> Step:
    arrays = {name: np.asarray(value, dtype=np.float32) for name, value in weights.items() if value is not None}
    return Step(call.name, kind, tuple(int(size or 0) for size in call.output_shape), settings or {}, arrays)


def _window(call: LayerCall) -> dict[str, Any]:
    _require(call, data_format="channels_last")
    if call.stages is None:
        raise _refusal(call)
    rows, columns = call.stages
    return {
        "kernelSize": (rows.kernel_size, columns.kernel_size),
        "strides": (rows.stride, columns.stride),
        "padding": rows.padding,
    }


def _read_convolution(call: LayerCall) -> Step:
    _require(call, groups=1, dilation_rate=(1, 1))
    return _step(call, "convolution", _window(call), kernel=call.layer.kernel, bias=call.layer.bias)


def _read_dense(call: LayerCall) -> Step:
    if len(call.output_shape) != 1:
        raise _refusal(call, " on feature maps")
    return _step(call, "dense", kernel=call.layer.kernel, bias=call.layer.bias)


def _read_global_average(call: LayerCall) -> Step:
    _require(call, data_format="channels_last", keepdims=False)
    return _step(call, "global_average")


def _read_relu(call: LayerCall) -> Step:
    _require(call, max_value=None, negative_slope=0.0, threshold=0.0)
    return _step(call, "relu")


def _read_softmax(call: LayerCall) -> Step:
    _require(call, axis=-1)
    return _step(call, "softmax")


def _read_flatten(call: LayerCall) -> Step:
    _require(call, data_format="channels_last")
    return _step(call, "flatten")


def _read_normalization(call: LayerCall) -> Step:
    layer = call.layer
    if layer.axis not in (-1, len(call.output_shape)):
        raise _refusal(call, f" with axis={layer.axis!r}")
    weights = {"gamma": layer.gamma, "beta": layer.beta, "mean": layer.moving_mean, "variance": layer.moving_variance}
    return _step(call, "normalization", {"epsilon": float(layer.epsilon)}, **weights)


def _read_rescaling(call: LayerCall) -> Step:
    try:
        settings = {"scale": float(call.layer.scale), "offset": float(call.layer.offset)}
    except TypeError as error:
        raise _refusal(call, " with a scale per channel") from error
    return _step(call, "rescaling", settings)


_READERS: dict[str, Callable[[LayerCall], Step]] = {
    "Activation": lambda call: _step(call, call.activation),
    "AveragePooling2D": lambda call: _step(call, "average_pooling", _window(call)),
    "BatchNormalization": _read_normalization,
    "Conv2D": _read_convolution,
    "Dense": _read_dense,
    "Flatten": _read_flatten,
    "GlobalAveragePooling2D": _read_global_average,
    "LeakyReLU": lambda call: _step(call, "leaky_relu", {"slope": float(call.layer.negative_slope)}),
    "MaxPooling2D": lambda call: _step(call, "max_pooling", _window(call)),
    "ReLU": _read_relu,
    "Rescaling": _read_rescaling,
    "Softmax": _read_softmax,
}
