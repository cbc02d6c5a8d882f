"""The lecture's networks counted by hand: shapes, parameters, multiply-adds and receptive fields.

Slides "Handwritten Digit Recognition". No model is built or trained for that. `kcnn show RECIPE` reads the same numbers
from the Keras model.

    >>> [sum(layer.parameters for layer in size_layers(NETWORKS[name])) for name in ("mlp", "cnn", "deep_cnn")]
    [407050, 2774858, 843658]
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.receptive_field import Stage, receptive_field

__all__ = ["NETWORKS", "Layer", "SizedLayer", "size_layers"]


@dataclass(frozen=True)
class Layer:
    """One layer as drawn on a slide.

    Args:
        kind: `conv` (valid, stride 1, then ReLU), `pool` (max pooling), `flatten` or `dense`.
        outputs: kernels of a `conv`, units of a `dense`; unused by the others.
        window: height and width of the kernel or the pooling window.
        activation: for the label, such as `ReLU`.
    """

    kind: str
    outputs: int = 0
    window: int = 1
    activation: str = ""


@dataclass(frozen=True)
class SizedLayer:
    """A layer at its place in a network.

    Args:
        label: for tables and pictures.
        shape: of the output, `(height, width, channels)` or `(units,)`.
        parameters: number of parameters to learn.
        arithmetic: the calculation of the parameters, or of the shape if there are none.
        multiply_adds: per image.
        receptive_field: number of input pixels along one axis that an output pixel sees.
    """

    label: str
    shape: tuple[int, ...]
    parameters: int
    arithmetic: str
    multiply_adds: int
    receptive_field: int


_CLASSIFIER = Layer("dense", 10, activation="softmax")
_HIDDEN = Layer("dense", 512, activation="ReLU")
_FLATTEN = Layer("flatten")


def _block(kernels: int) -> tuple[Layer, Layer]:
    """Return the block of slide "Basic Building Block of CNN's": convolution and ReLU, then max pooling."""
    return Layer("conv", kernels, window=3, activation="ReLU"), Layer("pool", window=2)


NETWORKS: dict[str, tuple[Layer, ...]] = {
    "softmax": (_FLATTEN, _CLASSIFIER),
    "mlp": (_FLATTEN, _HIDDEN, _CLASSIFIER),
    "cnn": (*_block(32), _FLATTEN, _HIDDEN, _CLASSIFIER),
    "deep_cnn": (*_block(32), *_block(64), _FLATTEN, _HIDDEN, _CLASSIFIER),
}
"""The networks of the slides by the names of their recipes. `softmax` is only the last layer of the dense one."""


def size_layers(layers: Sequence[Layer], input_shape: tuple[int, int, int] = (28, 28, 1)) -> list[SizedLayer]:
    """Return the layers with their shapes and counts.

    Args:
        layers: first the spatial ones, then `flatten`, then dense ones.
        input_shape: `(height, width, channels)` of the image.

    Raises:
        UsageError: the image is too small for the layers, or the kind of a layer is unknown.

    >>> size_layers([Layer("conv", 32, window=3)])[0].arithmetic
    '(3*3*1+1)*32 = 320'
    """
    sized: list[SizedLayer] = []
    shape: tuple[int, ...] = input_shape
    stages: list[Stage] = []
    flattened = 1
    for layer in layers:
        if layer.kind in ("conv", "pool"):
            stages.append(Stage(layer.window, stride=layer.window if layer.kind == "pool" else 1))
        elif layer.kind == "flatten":
            flattened = max(shape[:2])
        elif layer.kind == "dense":
            stages.append(Stage(flattened))  # the first dense layer reads everything; those after it add nothing
            flattened = 1
        sized.append(_size(layer, shape, receptive_field(stages)))
        shape = sized[-1].shape
    return sized


def _size(layer: Layer, inputs: tuple[int, ...], field: int) -> SizedLayer:
    """Return the counts of one layer, given its input shape."""
    if layer.kind == "flatten":
        length = math.prod(inputs)
        return SizedLayer("flatten", (length,), 0, f"{'*'.join(map(str, inputs))} = {length:,}", 0, field)
    if layer.kind == "dense":
        total = (inputs[0] + 1) * layer.outputs
        arithmetic = f"{inputs[0]}*{layer.outputs} + {layer.outputs} = {total:,}"
        label = f"dense {layer.outputs} {layer.activation}".strip()
        return SizedLayer(label, (layer.outputs,), total, arithmetic, inputs[0] * layer.outputs, field)
    if layer.kind not in ("conv", "pool"):
        raise UsageError(f"There is no layer of kind {layer.kind!r}. Use conv, pool, flatten or dense.")
    stage = Stage(layer.window, stride=layer.window if layer.kind == "pool" else 1)
    height, width, depth = inputs
    rows, columns = stage.output_size(height), stage.output_size(width)
    if min(rows, columns) < 1:
        raise UsageError(
            f"A {layer.kind} layer of {layer.window}x{layer.window} needs a larger input than {height}x{width}. "
            "Use a larger image or fewer layers."
        )
    size = f"{layer.window}x{layer.window}"
    if layer.kind == "pool":
        arithmetic = f"floor({height}/{layer.window}) = {rows}"
        return SizedLayer(f"max pooling {size}", (rows, columns, depth), 0, arithmetic, 0, field)
    weights = layer.window**2 * depth
    total = (weights + 1) * layer.outputs
    arithmetic = f"({layer.window}*{layer.window}*{depth}+1)*{layer.outputs} = {total:,}"
    label = f"conv {size} {layer.activation}".strip()
    multiply_adds = rows * columns * weights * layer.outputs
    return SizedLayer(label, (rows, columns, layer.outputs), total, arithmetic, multiply_adds, field)
