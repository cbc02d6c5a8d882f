"""What each layer of a model does to the shape, what it costs and what it sees, with the arithmetic spelled out.

For the first convolution of the lecture's network on a 28x28 image: `28-3+1 = 26`, `(3*3*1+1)*32 = 320` parameters,
194,688 multiply-adds, a receptive field of 3x3.
"""

import math
from dataclasses import dataclass
from typing import Any

from keras_cnn_course.lecture.receptive_field import Stage, trace_stages

__all__ = ["Architecture", "Layer", "describe_architecture"]

# These look at each number alone when the trained model is used.
_POINTWISE = {"Activation", "BatchNormalization", "Dropout", "Flatten", "LeakyReLU", "ReLU", "Rescaling", "Softmax"}
_MERGING = {"Add", "Average", "Concatenate", "Maximum", "Multiply", "Subtract"}
_POOLING = {"AveragePooling2D", "MaxPooling2D"}
_GLOBAL_POOLING = {"GlobalAveragePooling2D", "GlobalMaxPooling2D"}
_CONVOLUTIONS = {"Conv2D", "DepthwiseConv2D"}


@dataclass(frozen=True)
class Layer:
    """One layer of a model.

    Args:
        name: the layer's name.
        kind: its Keras class.
        output_shape: `(height, width, channels)` or `(units,)`; no batch.
        shape_arithmetic: how the output's size follows from the input's, such as `28-3+1 = 26`; possibly empty.
        parameters: numbers in the layer, trained or not.
        parameter_arithmetic: how they are counted, such as `(3*3*1+1)*32 = 320`; the count alone where that is unknown.
        multiply_adds: multiplications by a weight for one image (adding a bias is not counted); None where unknown.
        receptive_field: height and width, in pixels of the image, that one output sees; None where unknown.
    """

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    shape_arithmetic: str
    parameters: int
    parameter_arithmetic: str
    multiply_adds: int | None
    receptive_field: tuple[int, int] | None


@dataclass(frozen=True)
class Architecture:
    """All layers of a model, in order.

    Args:
        input_shape: `(height, width, channels)` of an image.
        layers: the layers; the image itself is not one of them.
        parameters: numbers in the model.
        trainable_parameters: those that training changes.
        multiply_adds: for one image; None where a layer's are unknown.
    """

    input_shape: tuple[int, int, int]
    layers: tuple[Layer, ...]
    parameters: int
    trainable_parameters: int
    multiply_adds: int | None


@dataclass(frozen=True)
class _Path:
    """The convolutions and poolings between the image and a tensor, along each axis."""

    rows: tuple[Stage, ...] = ()
    columns: tuple[Stage, ...] = ()

    def followed_by(self, rows: Stage, columns: Stage) -> "_Path":
        return _Path((*self.rows, rows), (*self.columns, columns))

    def output_size(self, image: tuple[int, int]) -> tuple[int, int]:
        """Return the height and width of the tensor."""
        sizes = (_sizes(stages, pixels) for stages, pixels in zip((self.rows, self.columns), image, strict=True))
        rows, columns = (axis[-1] for axis in sizes)
        return rows, columns

    def seen(self, image: tuple[int, int]) -> tuple[int, int]:
        """Return the height and width, inside the image, of what the output that sees most of it sees."""
        return _seen(self.rows, image[0]), _seen(self.columns, image[1])


def describe_architecture(model: Any) -> Architecture:
    """Read the layers off a built Keras model with one image as its input.

    Where paths meet again, as in a residual block, the receptive field is that of the path that sees most.

    >>> import keras
    >>> model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(32, kernel_size=3)])
    >>> describe_architecture(model).layers[0].parameter_arithmetic
    '(3*3*1+1)*32 = 320'
    """
    (image,) = model.inputs
    height, width, channels = image.shape[1:]
    # A Sequential model that was read from a file has called each layer several times, so that the tensors between its
    # layers cannot be told by their identity; but each layer follows the one before.
    in_order = type(model).__name__ == "Sequential"
    path: _Path | None = _Path()
    paths = {id(image): path}
    layers = []
    for layer in model.layers:
        if type(layer).__name__ == "InputLayer":
            continue
        known = [path] if in_order else [paths.get(id(tensor)) for tensor in _as_list(layer.input)]
        path = _extend_path(layer, known, (height, width))
        paths |= {id(tensor): path for tensor in _as_list(layer.output)}
        layers.append(_describe_layer(layer, path.seen((height, width)) if path else None))
    counted = [layer.multiply_adds for layer in layers if layer.multiply_adds is not None]
    return Architecture(
        input_shape=(height, width, channels),
        layers=tuple(layers),
        parameters=model.count_params(),
        trainable_parameters=sum(math.prod(weight.shape) for weight in model.trainable_weights),
        multiply_adds=sum(counted) if len(counted) == len(layers) else None,
    )


def _as_list(tensors: Any) -> list[Any]:
    return list(tensors) if isinstance(tensors, list | tuple) else [tensors]


def _sizes(stages: tuple[Stage, ...], pixels: int) -> list[int]:
    """Return the size of the image and of each stage's output, along one axis."""
    return [pixels, *(traced.output_size for traced in trace_stages(stages, input_size=pixels))]


def _seen(stages: tuple[Stage, ...], pixels: int) -> int:
    """Return how many pixels of the image, padding left out, the output that sees most of them sees."""
    if not stages:
        return 1
    last = trace_stages(stages, input_size=pixels)[-1]
    windows = (last.window(position) for position in range(last.output_size))
    return max(min(window.stop, pixels) - max(window.start, 0) for window in windows)


def _kind(layer: Any) -> str:
    """Return the name of a layer's class, or an empty string for a class that is not Keras's own."""
    return type(layer).__name__ if type(layer).__module__.startswith("keras.") else ""


def _extend_path(layer: Any, known: list[_Path | None], image: tuple[int, int]) -> _Path | None:
    """Return the path to a layer's output, or None where the layer's receptive field is unknown."""
    paths = [path for path in known if path is not None]
    if len(paths) < len(known):
        return None
    kind, path = _kind(layer), max(paths, key=lambda path: path.seen(image))
    if kind in _POINTWISE | _MERGING or kind.startswith("Random"):
        return path
    if kind in _CONVOLUTIONS | _POOLING:
        return path.followed_by(*_stages(layer))
    if kind == "Dense" and len(layer.input.shape) > 2:
        return path
    if kind == "Dense" or kind in _GLOBAL_POOLING:
        return path.followed_by(*(Stage(size) for size in path.output_size(image)))
    return None


def _stages(layer: Any) -> tuple[Stage, Stage]:
    """Return a convolution or a pooling along rows and columns."""
    if _kind(layer) in _POOLING:
        window, dilation = layer.pool_size, (1, 1)
    else:
        window, dilation = layer.kernel_size, layer.dilation_rate
    rows, columns = (
        Stage(window[axis], stride=layer.strides[axis], dilation=dilation[axis], padding=layer.padding)
        for axis in (0, 1)
    )
    return rows, columns


def _describe_layer(layer: Any, seen: tuple[int, int] | None) -> Layer:
    formula, count = _count_parameters(layer)
    parameters = layer.count_params()
    return Layer(
        name=layer.name,
        kind=type(layer).__name__,
        output_shape=tuple(_as_list(layer.output)[0].shape[1:]),
        shape_arithmetic=_spell_shape(layer),
        parameters=parameters,
        parameter_arithmetic=f"{formula} = {parameters:,}" if formula and count == parameters else f"{parameters:,}",
        multiply_adds=_count_multiply_adds(layer),
        receptive_field=seen,
    )


def _spell_shape(layer: Any) -> str:
    """Return how the output's height and width, or length, are computed; once where both axes are alike."""
    kind = _kind(layer)
    if kind in _CONVOLUTIONS | _POOLING:
        sizes = zip(layer.input.shape[1:3], _stages(layer), strict=True)
        return ", ".join(dict.fromkeys(_spell_axis(size, stage) for size, stage in sizes))
    if kind == "Flatten" and len(layer.input.shape) > 2:
        return f"{'*'.join(map(str, layer.input.shape[1:]))} = {layer.output.shape[1]:,}"
    return ""


def _spell_axis(size: int, stage: Stage) -> str:
    """Return the output size of a stage as a sum, for example `28-3+1 = 26`."""
    result, stride = stage.output_size(size), stage.stride
    span = f"({stage.dilation}*({stage.kernel_size}-1)+1)" if stage.dilation > 1 else f"{stage.span}"
    if stage.padding == "same":
        return f"{size}+{stage.span - 1}-{span}+1 = {result}" if stride == 1 else f"ceil({size}/{stride}) = {result}"
    if stride == 1:
        return f"{size}-{span}+1 = {result}"
    if stage.span == stride:
        return f"{size}/{stride} = {result}" if size % stride == 0 else f"floor({size}/{stride}) = {result}"
    return f"floor(({size}-{span})/{stride})+1 = {result}"


def _count_parameters(layer: Any) -> tuple[str, int]:
    """Return the formula for a layer's parameters and its value; an empty formula where there is none."""
    kind = _kind(layer)
    bias = "+1" if getattr(layer, "use_bias", False) else ""
    if kind == "Conv2D":
        height, width, depth, filters = layer.kernel.shape
        taps = f"({height}*{width}*{depth}{bias})" if bias else f"{height}*{width}*{depth}"
        return f"{taps}*{filters}", (height * width * depth + bool(bias)) * filters
    if kind == "DepthwiseConv2D":
        height, width, depth, multiplier = layer.kernel.shape
        taps = f"({height}*{width}{bias})" if bias else f"{height}*{width}"
        return f"{taps}*{depth * multiplier}", (height * width + bool(bias)) * depth * multiplier
    if kind == "Dense":
        inputs, units = layer.kernel.shape
        return f"{inputs}*{units}{f'+{units}' if bias else ''}", (inputs + bool(bias)) * units
    if kind == "BatchNormalization":
        channels, rows = layer.input.shape[layer.axis], 2 + layer.scale + layer.center
        return f"{rows}*{channels}", rows * channels
    return "", 0


def _count_multiply_adds(layer: Any) -> int | None:
    """Return the multiplications by a weight for one image, or None for a layer whose weights are used otherwise."""
    kind = _kind(layer)
    if kind in _CONVOLUTIONS or kind == "Dense":
        # Each number of the kernel meets each position of the output once.
        positions = math.prod(layer.output.shape[1:-1])
        return math.prod(layer.kernel.shape) * positions
    if kind == "BatchNormalization":
        return math.prod(layer.output.shape[1:])
    return 0 if layer.count_params() == 0 else None
