"""Whether a trained model's first convolution moves with the object, and what its first pooling does to that.

Slide "CNN's": convolution is shift-equivariant, and invariance is roughly achieved by pooling. Both are measured on
real images, away from the border: the claim does not cover what a kernel reads beyond the image.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.shift import measure_change, shift_image
from keras_cnn_course.models.graph import LayerCall, read_graph
from keras_cnn_course.models.receptive_field import Axis, Field, trace_fields

__all__ = ["ConvolutionShift", "PoolingShift", "StepShift", "measure_convolution_shift"]

_DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))
_Forward = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class StepShift:
    """What moving the object by a number of pixels, in the four directions, does around a pooling layer.

    Args:
        pixels: length of the shift.
        difference: largest difference between the feature map of the moved image and the moved feature map, at the
            whole move of the map that fits best; 0 is equivariant.
        change_before: how much the map changes in place before the pooling: 0 the same, 1 nothing in common.
        change_after: the same after the pooling.
    """

    pixels: int
    difference: float
    change_before: float
    change_after: float


@dataclass(frozen=True)
class PoolingShift:
    """The first pooling after the convolution.

    Args:
        layer: its name.
        stride: pixels of the image between neighboring pixels of its output.
        largest_value: largest magnitude in its output.
        steps: a shift of one pixel, and one of `stride` pixels.
    """

    layer: str
    stride: int
    largest_value: float
    steps: tuple[StepShift, ...]


@dataclass(frozen=True)
class ConvolutionShift:
    """The first convolution of a model.

    Args:
        layer: its name.
        images: number of images measured on.
        shifts: number of shifts tried.
        difference: largest difference between conv(shift(x)) and shift(conv(x)) away from the border.
        largest_value: largest magnitude in conv(x).
        pooling: None if no pooling follows.
    """

    layer: str
    images: int
    shifts: int
    difference: float
    largest_value: float
    pooling: PoolingShift | None

    @property
    def is_equivariant(self) -> bool:
        """Whether no difference is larger than float32 sums in another order may differ by."""
        return self.difference <= 1e-4 * self.largest_value


@dataclass(frozen=True)
class _Windows:
    """The evenly spaced windows of a feature map, and its rows and columns on each side that see padding."""

    axes: tuple[Axis, Axis]
    border: tuple[int, int]


def measure_convolution_shift(model: Any, images: np.ndarray, *, radius: int = 4) -> ConvolutionShift | None:
    """Compare shifting first with convolving first, for every shift of up to `radius` pixels.

    Args:
        model: a built Keras model with one image as its input.
        images: uint8 or float32 on the scale 0 to 255, `(n, height, width, channels)`; a hundred are enough.
        radius: in pixels; with a stride, only shifts by a multiple of the stride are tried.

    Returns:
        None for a model without a convolution, or if the windows of the first one are not evenly spaced in the image.

    Raises:
        UsageError: the radius leaves nothing of the feature map to compare.
    """
    graph = read_graph(model)
    fields = trace_fields(graph)
    first = next((position for position, call in enumerate(graph.calls) if call.is_convolution), None)
    windows = None if first is None else _find_windows(fields[first])
    if first is None or windows is None:
        return None
    forward = _compile(model, graph.calls[first])
    still = forward(images)
    rows, columns = (axis.jump for axis in windows.axes)
    shifts = [
        (down, right)
        for down, right in product(range(-radius, radius + 1), repeat=2)
        if (down, right) != (0, 0) and down % rows == 0 and right % columns == 0
    ]
    differences = [
        _difference(forward(_move(images, (down, right))), still, (down // rows, right // columns), windows.border)
        for down, right in shifts
    ]
    pooling = next((place for place, call in enumerate(graph.calls) if place > first and call.is_pooling), None)
    pooled = None if pooling is None else _find_windows(fields[pooling])
    measured = None
    if pooling is not None and pooled is not None:
        calls = (graph.calls[graph.calls[pooling].feeds[0]], graph.calls[pooling])
        measured = _measure_pooling(model, calls, pooled, images)
    return ConvolutionShift(
        layer=graph.calls[first].name,
        images=len(images),
        shifts=len(shifts),
        difference=max(differences, default=0.0),
        largest_value=float(np.abs(still).max()),
        pooling=measured,
    )


def _find_windows(field: Field | None) -> _Windows | None:
    if field is None or field.rows is None or field.columns is None:
        return None
    return _Windows((field.rows, field.columns), field.border())


def _measure_pooling(
    model: Any, calls: tuple[LayerCall, LayerCall], windows: _Windows, images: np.ndarray
) -> PoolingShift | None:
    """Measure around the second of two calls, a pooling that reads the first; None if its map is a single pixel."""
    before, after = (_compile(model, call) for call in calls)
    still, stride = after(images), max(axis.jump for axis in windows.axes)
    if any(size - 2 * edge <= 1 for size, edge in zip(still.shape[1:3], windows.border, strict=True)):
        return None
    return PoolingShift(
        layer=calls[1].name,
        stride=stride,
        largest_value=float(np.abs(still).max()),
        steps=tuple(
            StepShift(
                pixels=pixels,
                difference=max(
                    _best_difference(after(_move(images, shift)), still, shift, windows) for shift in _shifts(pixels)
                ),
                change_before=_mean_change(before, images, pixels),
                change_after=_mean_change(after, images, pixels),
            )
            for pixels in sorted({1, stride})
        ),
    )


def _shifts(pixels: int) -> list[tuple[int, int]]:
    return [(pixels * down, pixels * right) for down, right in _DIRECTIONS]


def _compile(model: Any, call: LayerCall) -> _Forward:
    """Return a function from images on the scale 0 to 255 to the output of a call, as a NumPy array."""
    import keras
    import tensorflow as tf

    part = keras.Model(model.inputs[0], call.output)
    forward = tf.function(
        lambda batch: part(tf.cast(batch, tf.float32) / 255.0, training=False), autograph=False, reduce_retracing=True
    )
    return lambda images: forward(tf.convert_to_tensor(images)).numpy()


def _move(images: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    """Return a batch with every image moved down and to the right."""
    stacked = np.moveaxis(images, 0, -1)
    return np.moveaxis(shift_image(stacked, rows=shift[0], columns=shift[1]), -1, 0)


def _mean_change(forward: _Forward, images: np.ndarray, pixels: int) -> float:
    """Return how much a batch's feature maps change in place, as a mean over the four directions."""
    stacked = np.moveaxis(images, 0, -1)

    def apply(stack: np.ndarray) -> np.ndarray:
        return forward(np.moveaxis(stack, -1, 0))

    return float(np.mean([measure_change(apply, stacked, rows=down, columns=right) for down, right in _shifts(pixels)]))


def _best_difference(moved: np.ndarray, still: np.ndarray, shift: tuple[int, int], windows: _Windows) -> float:
    """Return the difference at the whole move of the map that fits best: for 1 pixel at stride 2, 0 or 1 cells."""
    down, right = (
        sorted({pixels // axis.jump, -(-pixels // axis.jump)}) for pixels, axis in zip(shift, windows.axes, strict=True)
    )
    return min(_difference(moved, still, cells, windows.border) for cells in product(down, right))


def _difference(moved: np.ndarray, still: np.ndarray, cells: tuple[int, int], border: tuple[int, int]) -> float:
    """Return the largest difference between maps of moved images and moved maps, where neither sees anything new.

    Args:
        moved: maps of the moved images, `(n, height, width, channels)`.
        still: maps of the original images.
        cells: how far the maps are moved, down and to the right, in their own pixels.
        border: rows and columns to leave out on each side, because they see padding.
    """
    inner = []
    for size, cell, edge in zip(moved.shape[1:3], cells, border, strict=True):
        inner.append(slice(edge + max(cell, 0), size - edge + min(cell, 0)))
    gap = np.abs(moved - _move(still, cells))[:, inner[0], inner[1]]
    if gap.size == 0:
        raise UsageError(
            f"A shift by {max(map(abs, cells))} of its pixels leaves nothing to compare of a feature map of "
            f"{moved.shape[1]}x{moved.shape[2]}. Use a smaller radius."
        )
    return float(gap.max())
