"""Each layer of a model in numbers: its shape, parameters, cost and receptive field, with the arithmetic spelled out.

For the first convolution of the lecture's network on a 28x28 image: `28-3+1 = 26`, `(3*3*1+1)*32 = 320` parameters,
194,688 multiply-adds, a receptive field of 3x3.
"""

import math
from dataclasses import dataclass
from typing import Any

from keras_cnn_course.lecture.receptive_field import Stage
from keras_cnn_course.models.graph import Graph, LayerCall, Shape, read_graph
from keras_cnn_course.models.receptive_field import Field, trace_fields

__all__ = ["Architecture", "Layer", "describe_architecture"]

# These multiply each number of their output by one weight.
_SCALING = ("BatchNormalization", "GroupNormalization", "LayerNormalization", "PReLU")


@dataclass(frozen=True)
class Layer:
    """One layer of a model.

    Args:
        kind: the layer's class, such as `Conv2D`.
        output_shape: `(height, width, channels)` or `(units,)`, without the batch.
        shape_arithmetic: how the output size follows from the input size, such as `28-3+1 = 26`; may be empty.
        parameters: number of weights and biases, trained or not.
        parameter_arithmetic: how they are counted, such as `(3*3*1+1)*32 = 320`, or the count alone.
        multiply_adds: multiplications by a weight for one image, over all calls of the layer; additions of a bias are
            not counted; None where unknown.
        receptive_field: height and width, in pixels of the image, that one output sees; None where unknown.
    """

    name: str
    kind: str
    output_shape: Shape
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
        layers: all but the input; a nested model counts as one layer.
        parameters: number of weights and biases in the model.
        trainable_parameters: how many of them training changes.
        multiply_adds: for one image; None where it is unknown for a layer.
    """

    input_shape: tuple[int, int, int]
    layers: tuple[Layer, ...]
    parameters: int
    trainable_parameters: int
    multiply_adds: int | None


def describe_architecture(model: Any) -> Architecture:
    """Describe the layers of a built Keras model with one image as its input.

    >>> import keras
    >>> model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(32, kernel_size=3)])
    >>> describe_architecture(model).layers[0].parameter_arithmetic
    '(3*3*1+1)*32 = 320'
    """
    graph = read_graph(model)
    height, width, channels = model.inputs[0].shape[1:]
    fields = dict(zip(map(id, graph.calls), trace_fields(graph), strict=True))
    layers = [
        _describe_layer(calls, [fields[id(call)] for call in calls])
        for layer in _list_layers(model, graph)
        if (calls := graph.calls_of(layer))[0].feeds
    ]
    return Architecture(
        input_shape=(height, width, channels),
        layers=tuple(layers),
        parameters=model.count_params(),
        trainable_parameters=sum(math.prod(weight.shape) for weight in model.trainable_weights),
        multiply_adds=_add([layer.multiply_adds for layer in layers]),
    )


def _list_layers(model: Any, graph: Graph) -> list[Any]:
    """Return the layers in the model's order, then operations that are no layers, such as `x + y`."""
    called = {id(call.layer): call.layer for call in graph.calls}
    ordered = [layer for layer in model.layers if id(layer) in called]
    known = set(map(id, ordered))
    return ordered + [layer for key, layer in called.items() if key not in known]


def _add(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _describe_layer(calls: list[LayerCall], fields: list[Field | None]) -> Layer:
    """Describe a layer by its last call; its cost and what it sees by all of them."""
    call, layer = calls[-1], calls[-1].layer
    formula, count = _count_parameters(call)
    parameters = layer.count_params() if hasattr(layer, "count_params") else 0
    sizes = [field.size for field in fields if field]
    return Layer(
        name=call.name,
        kind=call.kind,
        output_shape=call.output_shape,
        shape_arithmetic=_spell_shape(call),
        parameters=parameters,
        parameter_arithmetic=f"{formula} = {parameters:,}" if formula and count == parameters else f"{parameters:,}",
        multiply_adds=_add([_count_multiply_adds(each) for each in calls]),
        receptive_field=max(sizes, key=math.prod) if len(sizes) == len(fields) else None,
    )


def _spell_shape(call: LayerCall) -> str:
    """Return how the output's height and width, or length, are computed; once where both axes are alike."""
    before = call.input_shapes[0]
    if call.stages and None not in before:
        sizes = zip(before[:2], call.stages, strict=True)
        return ", ".join(dict.fromkeys(_spell_axis(size or 0, stage) for size, stage in sizes))
    if call.is_a("Flatten") and len(before) > 1:
        return f"{'*'.join(map(str, before))} = {call.output_shape[0]:,}"
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


def _count_parameters(call: LayerCall) -> tuple[str, int]:
    """Return the formula for a layer's parameters and its value; an empty formula where there is none."""
    layer = call.layer
    bias = "+1" if getattr(layer, "use_bias", False) else ""
    if call.is_a("Conv2D"):
        height, width, depth, filters = layer.kernel.shape
        taps = f"({height}*{width}*{depth}{bias})" if bias else f"{height}*{width}*{depth}"
        return f"{taps}*{filters}", (height * width * depth + bool(bias)) * filters
    if call.is_a("DepthwiseConv2D"):
        height, width, depth, multiplier = layer.kernel.shape
        taps = f"({height}*{width}{bias})" if bias else f"{height}*{width}"
        return f"{taps}*{depth * multiplier}", (height * width + bool(bias)) * depth * multiplier
    if call.is_a("SeparableConv2D"):
        height, width, depth, multiplier = layer.depthwise_kernel.shape
        between, filters = depth * multiplier, layer.filters
        taps = f"({between}{bias})" if bias else f"{between}"
        return f"{height}*{width}*{between}+{taps}*{filters}", height * width * between + (
            between + bool(bias)
        ) * filters
    if call.is_a("Dense"):
        inputs, units = layer.kernel.shape
        return f"{inputs}*{units}{f'+{units}' if bias else ''}", (inputs + bool(bias)) * units
    if call.is_a("BatchNormalization"):
        channels, rows = call.layer.moving_mean.shape[0], 2 + layer.scale + layer.center
        return f"{rows}*{channels}", rows * channels
    return "", 0


def _count_multiply_adds(call: LayerCall) -> int | None:
    """Return the multiplications by a weight for one image in one call; None for a layer that is not known here."""
    if call.inner is not None:
        return _add([_count_multiply_adds(inner) for inner in call.inner.calls if inner.feeds])
    if not getattr(call.layer, "weights", None):
        return 0
    if None in call.output_shape:
        return None
    sizes = [size or 0 for size in call.output_shape]
    # Each number of a kernel meets each position of the output once.
    if call.is_a("Conv2D", "DepthwiseConv2D", "Dense"):
        return math.prod(call.layer.kernel.shape) * math.prod(sizes[:-1])
    if call.is_a("SeparableConv2D"):
        kernels = (call.layer.depthwise_kernel, call.layer.pointwise_kernel)
        return sum(math.prod(kernel.shape) for kernel in kernels) * math.prod(sizes[:-1])
    return math.prod(sizes) if call.is_a(*_SCALING) else None
