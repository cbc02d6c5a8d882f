"""Whether a trained model's first convolution moves with the object, and what its first pooling makes of it.

Slide "CNN's": convolution is shift-equivariant, and invariance is roughly achieved by pooling. Both are measured on
real images, away from the border: what a kernel sees beyond the image is not part of the claim.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.shift import measure_change, shift_image
from keras_cnn_course.models.receptive_field import LayerField, trace_layer

__all__ = ["ConvolutionShift", "PoolingShift", "StepShift", "measure_convolution_shift"]

_DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))


@dataclass(frozen=True)
class StepShift:
    """What moving the object by some pixels, in the four directions, does around a pooling layer.

    Args:
        pixels: length of the shift.
        difference: largest difference between the map of the moved image and the moved map, at whichever whole move
            of the map fits best; 0 is equivariant.
        change_before: how much the map changes in place before the pooling: 0 the same, 1 nothing in common.
        change_after: the same after it.
    """

    pixels: int
    difference: float
    change_before: float
    change_after: float


@dataclass(frozen=True)
class PoolingShift:
    """The first pooling behind the convolution.

    Args:
        layer: its name.
        stride: pixels of the image between neighbouring pixels of its output.
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
        images: images measured on.
        shifts: number of shifts, other than none.
        difference: largest difference between conv(shift(x)) and shift(conv(x)) away from the border.
        largest_value: largest magnitude in conv(x).
        pooling: None where no pooling follows.
    """

    layer: str
    images: int
    shifts: int
    difference: float
    largest_value: float
    pooling: PoolingShift | None

    @property
    def is_equivariant(self) -> bool:
        """Whether no difference is larger than what float32 sums in another order may differ by."""
        return self.difference <= 1e-4 * self.largest_value


def measure_convolution_shift(model: Any, images: np.ndarray, *, radius: int = 4) -> ConvolutionShift | None:
    """Compare shifting first with convolving first, for every shift of up to `radius` pixels.

    Args:
        model: a built Keras model of one image.
        images: uint8 or float32 on the scale 0 to 255, `(n, height, width, channels)`; a hundred are enough.
        radius: pixels; a convolution with a stride is tried on the shifts that are a multiple of it.

    Raises:
        UsageError: the radius leaves nothing of the map to compare.

    Returns:
        None for a model without a convolution that the image reaches through a plain chain of layers.
    """
    import keras

    convolution = _first(model.layers, keras.layers.Conv2D)
    field = None if convolution is None else trace_layer(model, convolution)
    if convolution is None or field is None:
        return None
    forward = _compile(model, convolution.output)
    still = forward(images)
    jumps = (field.rows.jump, field.columns.jump)
    shifts = [
        (rows, columns)
        for rows, columns in product(range(-radius, radius + 1), repeat=2)
        if (rows, columns) != (0, 0) and rows % jumps[0] == 0 and columns % jumps[1] == 0
    ]
    differences = [
        _difference(
            forward(_move(images, (rows, columns))),
            still,
            cells=(rows // jumps[0], columns // jumps[1]),
            field=field,
        )
        for rows, columns in shifts
    ]
    behind = model.layers[model.layers.index(convolution) + 1 :]
    pooling = _first(behind, (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D))
    return ConvolutionShift(
        layer=convolution.name,
        images=len(images),
        shifts=len(shifts),
        difference=max(differences, default=0.0),
        largest_value=float(np.abs(still).max()),
        pooling=None if pooling is None else _measure_pooling(model, pooling, images),
    )


def _measure_pooling(model: Any, pooling: Any, images: np.ndarray) -> PoolingShift | None:
    field = trace_layer(model, pooling)
    if field is None:
        return None
    before, after = _compile(model, pooling.input), _compile(model, pooling.output)
    still, stride = after(images), max(field.rows.jump, field.columns.jump)
    return PoolingShift(
        layer=pooling.name,
        stride=stride,
        largest_value=float(np.abs(still).max()),
        steps=tuple(
            StepShift(
                pixels=pixels,
                difference=max(
                    _best_difference(after(_move(images, shift)), still, shift=shift, field=field)
                    for shift in _shifts(pixels)
                ),
                change_before=_mean_change(before, images, pixels),
                change_after=_mean_change(after, images, pixels),
            )
            for pixels in sorted({1, stride})
        ),
    )


def _first(layers: Iterable[Any], kind: Any) -> Any:
    return next((layer for layer in layers if isinstance(layer, kind)), None)


def _shifts(pixels: int) -> list[tuple[int, int]]:
    return [(pixels * down, pixels * right) for down, right in _DIRECTIONS]


def _compile(model: Any, tensor: Any) -> Any:
    """Return a function from images of 0 to 255 to a tensor of the model, as a NumPy array."""
    import keras
    import tensorflow as tf

    part = keras.Model(model.inputs[0], tensor)
    forward = tf.function(
        lambda batch: part(tf.cast(batch, tf.float32) / 255.0, training=False), autograph=False, reduce_retracing=True
    )
    return lambda images: forward(tf.convert_to_tensor(images)).numpy()


def _move(images: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    """Return a batch with every image moved down and to the right."""
    stacked = np.moveaxis(images, 0, -1)
    return np.moveaxis(shift_image(stacked, rows=shift[0], columns=shift[1]), -1, 0)


def _mean_change(forward: Any, images: np.ndarray, pixels: int) -> float:
    """Return the mean over the four directions of how much a batch's maps change in place."""
    stacked = np.moveaxis(images, 0, -1)

    def apply(stack: np.ndarray) -> np.ndarray:
        return forward(np.moveaxis(stack, -1, 0))

    return float(np.mean([measure_change(apply, stacked, rows=down, columns=right) for down, right in _shifts(pixels)]))


def _best_difference(moved: np.ndarray, still: np.ndarray, *, shift: tuple[int, int], field: LayerField) -> float:
    """Return the difference at the whole move of the map that fits best: of 1 pixel at stride 2, none or one cell."""
    down, right = (
        sorted({pixels // axis.jump, -(-pixels // axis.jump)})
        for pixels, axis in zip(shift, (field.rows, field.columns), strict=True)
    )
    return min(_difference(moved, still, cells=cells, field=field) for cells in product(down, right))


def _difference(moved: np.ndarray, still: np.ndarray, *, cells: tuple[int, int], field: LayerField) -> float:
    """Return the largest difference between maps of moved images and moved maps, without what came in or sees padding.

    Args:
        moved: maps of the moved images, `(n, height, width, channels)`.
        still: maps of the images where they were.
        cells: how far the maps are moved, down and to the right, in their own pixels.
        field: of the maps.

    Raises:
        UsageError: nothing is left to compare.
    """
    inner = []
    for size, cell, border in zip(moved.shape[1:3], cells, field.border(), strict=True):
        inner.append(slice(border + max(cell, 0), size - border + min(cell, 0)))
    gap = np.abs(moved - _move(still, cells))[:, inner[0], inner[1]]
    if gap.size == 0:
        raise UsageError(
            f"Expected a shift that leaves something of a map of {moved.shape[1]}x{moved.shape[2]} to compare. "
            f"Received: {max(map(abs, cells))} of its pixels. Use a smaller radius."
        )
    return float(gap.max())
