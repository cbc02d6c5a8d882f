"""Which pixels of the image each output of a layer sees (slide "What numbers were involved in computing this 1?").

Every position of every layer's output has a box of pixels. The boxes are followed through the model's graph: a window
sees the union of what it covers, and a merging layer the union of what it merges. Where a layer's reading is not known,
neither is the field of anything after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.lecture.receptive_field import Stage
from keras_cnn_course.models.graph import Graph, LayerCall, Shape

__all__ = ["Axis", "Field", "trace_fields"]

# Top, left, bottom and right of a box without pixels; the union with another box is that box.
_NOTHING = np.array([2**30, 2**30, 0, 0])

_POINTWISE = {
    *("Activation", "BatchNormalization", "ELU", "LeakyReLU", "Normalization", "PReLU", "ReLU", "Rescaling"),
    "Relu",  # keras.ops.relu on a symbolic tensor
}
_ALONG_AXES = {"LayerNormalization", "RMSNormalization", "Softmax", "UnitNormalization"}
_SOFTMAX_LIKE = {"glu", "log_softmax", "softmax", "sparse_plus", "sparsemax"}
_MERGING = {
    *("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"),
    *("Divide", "TrueDivide"),  # from arithmetic on symbolic tensors, such as `x / y`
}


@dataclass(frozen=True)
class Axis:
    """The windows of a layer's outputs along one axis of the image, with padding counted as if it were pixels.

    Args:
        start: the first pixel that output 0 sees; negative where that is padding.
        size: pixels from the first one seen to the last.
        jump: pixels between the windows of neighboring outputs.
    """

    start: int = 0
    size: int = 1
    jump: int = 1

    def window(self, position: int) -> range:
        """Return the pixels that the output at `position` sees, padding included."""
        first = self.start + position * self.jump
        return range(first, first + self.size)


@dataclass(frozen=True)
class Field:
    """What each position of a layer's output sees of the image.

    A position is a pixel of a feature map, with all its channels, or a unit.

    Args:
        boxes: top, left, bottom and right of the pixels that are read, the last two exclusive, without padding;
            int `(height, width, 4)` for feature maps, `(units, 4)` for units.
        padded: whether padding is read, too; bool, of the shape of the positions.
        rows: the windows along the height; None where they are not evenly spaced, as after an UpSampling2D.
        columns: the same along the width.
    """

    boxes: np.ndarray
    padded: np.ndarray
    rows: Axis | None = None
    columns: Axis | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of what the positions that see most see."""
        height, width = (self.boxes[..., 2:] - self.boxes[..., :2]).clip(min=0).reshape(-1, 2).max(axis=0)
        return int(height), int(width)

    def border(self) -> tuple[int, int]:
        """Return how many rows and columns of a feature map, on the wider side, see padding."""
        rows, columns = (
            max(_count_leading(edge), _count_leading(edge[::-1]))
            for edge in (np.all(self.padded, axis=1), np.all(self.padded, axis=0))
        )
        return rows, columns


def trace_fields(graph: Graph) -> list[Field | None]:
    """Return the field of every call of a graph with one image as its input; None where it is not known.

    >>> import keras
    >>> from keras_cnn_course.models.graph import read_graph
    >>> layers = [keras.layers.Conv2D(4, kernel_size=3), keras.layers.MaxPooling2D()]
    >>> graph = read_graph(keras.Sequential([keras.Input((7, 7, 1)), *layers]))
    >>> [field.size for field in trace_fields(graph)]
    [(1, 1), (3, 3), (4, 4)]
    """
    (image,) = graph.inputs
    height, width, _ = graph.calls[image].output_shape
    if height is None or width is None:
        return [None] * len(graph.calls)
    top, left = np.indices((height, width))
    boxes = np.stack([top, left, top + 1, left + 1], axis=-1)
    return _trace(graph, [Field(boxes, np.zeros((height, width), bool), Axis(), Axis())])


def _trace(graph: Graph, inputs: Sequence[Field | None]) -> list[Field | None]:
    found: list[Field | None] = []
    for position, call in enumerate(graph.calls):
        if position in graph.inputs:
            found.append(inputs[graph.inputs.index(position)])
            continue
        read = [found[feed] for feed in call.feeds]
        known = [field for field in read if field is not None]
        field = _follow(call, known) if known and len(known) == len(read) else None
        # A shape other than expected means that the layer does something that is not known here.
        found.append(field if field and field.padded.shape == _positions(call.output_shape) else None)
    return found


def _positions(shape: Shape) -> Shape:
    """Return how the positions of an output are arranged: all axes except the channels, or the units."""
    return shape[:-1] if len(shape) > 1 else shape


def _follow(call: LayerCall, read: list[Field]) -> Field | None:
    """Return the field after a layer that reads tensors of known fields."""
    first = read[0]
    if call.inner is not None:
        inner = _trace(call.inner, read)
        return inner[call.inner.outputs[0]] if len(call.inner.outputs) == 1 else None
    if call.is_identity:
        return first
    channels_last = getattr(call.layer, "data_format", None) in (None, "channels_last")
    if not (call.is_stock and channels_last) or None in call.output_shape:
        return None
    if call.stages is not None:
        return _apply_activation(call, _slide(first, *call.stages))
    if call.kind in _MERGING:
        return _merge(read)
    if call.kind in _POINTWISE:
        return _apply_activation(call, first)
    if call.kind in _ALONG_AXES:
        return _spread(first, call.output_shape, call.layer.axis)
    reader = _READERS.get(call.kind)
    return reader(call, read) if reader else None


def _apply_activation(call: LayerCall, field: Field) -> Field | None:
    """Return the field after a layer's own activation, most of which look at each number alone."""
    if call.activation == "linear":
        return field
    if not getattr(call.layer.activation, "__module__", "").startswith("keras."):
        return None
    return _spread(field, call.output_shape, -1) if call.activation in _SOFTMAX_LIKE else field


def _spread(field: Field, shape: Shape, axis: int | Sequence[int]) -> Field:
    """Return the field after an operation that mixes all numbers along some axes, such as a softmax."""
    axes = [axis] if isinstance(axis, int) else list(axis)
    # Axes count the batch. Mixing the channels of a position changes nothing.
    mixed = tuple(at % (len(shape) + 1) - 1 for at in axes)
    mixed = tuple(at for at in mixed if at < field.padded.ndim)
    if not mixed:
        return field
    boxes = _unite(field.boxes, mixed)
    padded = field.padded.any(axis=mixed, keepdims=True)
    return Field(np.broadcast_to(boxes, field.boxes.shape), np.broadcast_to(padded, field.padded.shape))


def _unite(boxes: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Return the smallest boxes around all boxes along some axes, which are kept with length 1."""
    low, high = boxes[..., :2].min(axis=axes, keepdims=True), boxes[..., 2:].max(axis=axes, keepdims=True)
    return np.concatenate([low, high], axis=-1)


def _read_all(call: LayerCall, read: list[Field]) -> Field:
    """Return the field of outputs that each read the whole input: global pooling, group normalization."""
    (field,), shape = read, tuple(size or 0 for size in _positions(call.output_shape))
    boxes = _unite(field.boxes.reshape(-1, 4), (0,))[0]
    return Field(np.broadcast_to(boxes, (*shape, 4)), np.full(shape, field.padded.any()))


def _read_dense(call: LayerCall, read: list[Field]) -> Field | None:
    # On feature maps a dense layer works on each pixel alone, like a 1x1 convolution.
    return _apply_activation(call, _read_all(call, read) if len(call.output_shape) == 1 else read[0])


def _slide(field: Field, rows: Stage, columns: Stage) -> Field:
    """Return the field after a convolution or a pooling."""
    boxes, padded = field.boxes, field.padded
    for axis, stage in enumerate((rows, columns)):
        size = padded.shape[axis]
        first = np.arange(stage.output_size(size)) * stage.stride - stage.pad_before(size)
        taps = first[:, None] + np.arange(stage.kernel_size) * stage.dilation
        taken, beyond = np.moveaxis(boxes, axis, 0), np.moveaxis(padded, axis, 0)
        # One row of nothing, at index -1, stands for all padding.
        taken = np.concatenate([taken, np.broadcast_to(_NOTHING, (1, *taken.shape[1:]))])
        beyond = np.concatenate([beyond, np.ones((1, beyond.shape[1]), bool)])
        taps = np.where((taps >= 0) & (taps < size), taps, -1)
        boxes = np.moveaxis(_unite(taken[taps], (1,))[:, 0], 0, axis)
        padded = np.moveaxis(beyond[taps].any(axis=1), 0, axis)
    sizes = field.padded.shape
    return Field(boxes, padded, _step(field.rows, rows, sizes[0]), _step(field.columns, columns, sizes[1]))


def _step(axis: Axis | None, stage: Stage, size: int) -> Axis | None:
    if axis is None:
        return None
    start = axis.start - stage.pad_before(size) * axis.jump
    return Axis(start, axis.size + (stage.span - 1) * axis.jump, axis.jump * stage.stride)


def _merge(read: Sequence[Field]) -> Field:
    """Return the union of fields, one of which may be a single pixel that is combined with every other."""
    boxes, padded = read[0].boxes, read[0].padded
    for other in read[1:]:
        one, two = np.broadcast_arrays(boxes, other.boxes)
        boxes, padded = _unite(np.stack([one, two]), (0,))[0], padded | other.padded
    return Field(boxes, padded, _unite_axes([each.rows for each in read]), _unite_axes([each.columns for each in read]))


def _unite_axes(axes: Sequence[Axis | None]) -> Axis | None:
    known = [axis for axis in axes if axis is not None]
    if len(known) < len(axes) or len({axis.jump for axis in known}) > 1:
        return None
    start = min(axis.start for axis in known)
    return Axis(start, max(axis.start + axis.size for axis in known) - start, known[0].jump)


def _concatenate(call: LayerCall, read: list[Field]) -> Field:
    axis = call.layer.axis % (len(call.output_shape) + 1) - 1
    if axis == read[0].padded.ndim:
        return _merge(read)
    boxes = np.concatenate([field.boxes for field in read], axis=axis)
    return Field(boxes, np.concatenate([field.padded for field in read], axis=axis))


def _lay_out(call: LayerCall, read: list[Field]) -> Field:
    """Return the field after Flatten or Reshape, which keep the numbers and arrange them in another way."""
    (field,), (before,) = read, call.input_shapes
    channels = 1 if len(before) == 1 else before[-1]
    boxes, padded = field.boxes.reshape(-1, 4).repeat(channels or 1, axis=0), field.padded.ravel().repeat(channels or 1)
    shape = tuple(size or 1 for size in call.output_shape)
    if len(shape) == 1:
        return Field(boxes, padded)
    boxes = _unite(boxes.reshape(*shape, 4), (len(shape) - 1,))[..., 0, :]
    return Field(boxes, np.any(padded.reshape(shape), axis=-1))


def _pad(call: LayerCall, read: list[Field]) -> Field:
    """Return the field after a ZeroPadding2D."""
    (field,), ((top, bottom), (left, right)) = read, call.layer.padding
    height, width = field.padded.shape
    boxes = np.broadcast_to(_NOTHING, (height + top + bottom, width + left + right, 4)).copy()
    padded = np.ones(boxes.shape[:2], bool)
    boxes[top : top + height, left : left + width] = field.boxes
    padded[top : top + height, left : left + width] = field.padded
    return Field(boxes, padded, _shift(field.rows, -top), _shift(field.columns, -left))


def _crop(call: LayerCall, read: list[Field]) -> Field:
    """Return the field after a Cropping2D."""
    (field,), ((top, bottom), (left, right)) = read, call.layer.cropping
    height, width = field.padded.shape
    kept = np.s_[top : height - bottom, left : width - right]
    return Field(field.boxes[kept], field.padded[kept], _shift(field.rows, top), _shift(field.columns, left))


def _shift(axis: Axis | None, outputs: int) -> Axis | None:
    return None if axis is None else Axis(axis.start + outputs * axis.jump, axis.size, axis.jump)


def _repeat(call: LayerCall, read: list[Field]) -> Field | None:
    """Return the field after an UpSampling2D that repeats each pixel."""
    if call.layer.interpolation != "nearest":
        return None
    (field,), (rows, columns) = read, call.layer.size
    return Field(field.boxes.repeat(rows, 0).repeat(columns, 1), field.padded.repeat(rows, 0).repeat(columns, 1))


def _count_leading(edge: Any) -> int:
    """Return how many entries are True before the first that is False."""
    return len(edge) if edge.all() else int(np.argmin(edge))


_READERS: dict[str, Callable[[LayerCall, list[Field]], Field | None]] = {
    "Concatenate": _concatenate,
    "Cropping2D": _crop,
    "Dense": _read_dense,
    "Flatten": _lay_out,
    "GlobalAveragePooling2D": _read_all,
    "GlobalMaxPooling2D": _read_all,
    "GroupNormalization": _read_all,
    "Reshape": _lay_out,
    "UpSampling2D": _repeat,
    "ZeroPadding2D": _pad,
}
