"""One channel of a pooling layer from close by: what its windows read, and which pixel wins in each."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.lecture.pooling import find_winners
from keras_cnn_course.lecture.receptive_field import Stage
from keras_cnn_course.models.outputs import LayerOutput

__all__ = ["PooledMap", "find_pooled_map"]


@dataclass(frozen=True)
class PooledMap:
    """A channel of a pooling layer, for one image.

    Args:
        layer: the layer's name.
        kind: its class, `MaxPooling2D` or `AveragePooling2D`.
        channel: which channel.
        channels: how many there are.
        before: `(height, width)` that the windows read.
        after: `(height', width')`.
        window: height and width of the windows.
        stride: pixels from one window to the next.
        pad: rows and columns of the first window that lie beyond the map.
        winners: `(height', width', 2)`, row and column of each window's largest number.
    """

    layer: str
    kind: str
    channel: int
    channels: int
    before: np.ndarray
    after: np.ndarray
    window: int
    stride: int
    pad: tuple[int, int]
    winners: np.ndarray

    def window_at(self, row: int, column: int) -> tuple[slice, slice]:
        """Return the rows and columns of the map that an output pixel is made of."""
        rows, columns = (
            slice(max(start, 0), min(start + self.window, size))
            for start, size in zip(
                (row * self.stride - self.pad[0], column * self.stride - self.pad[1]), self.before.shape, strict=True
            )
        )
        return rows, columns

    def clear_winners(self) -> list[tuple[int, int]]:
        """Return row and column of each window's largest number, left out where all numbers of a window are equal."""
        return [
            (int(self.winners[place][0]), int(self.winners[place][1]))
            for place in np.ndindex(*self.after.shape)
            if np.ptp(self.before[self.window_at(*place)]) > 0
        ]


def find_pooled_map(layer: Any, output: LayerOutput) -> PooledMap | None:
    """Return the channel with the largest number of a pooling layer; None where its windows are not square.

    Args:
        layer: a Keras pooling layer.
        output: what it made of one image.
    """
    (window, other_window), (stride, other_stride) = layer.pool_size, layer.strides
    if window != other_window or stride != other_stride:
        return None
    channel = int(output.values[0].max(axis=(0, 1)).argmax())
    before, after = output.inputs[0, :, :, channel], output.values[0, :, :, channel]
    rows, columns = (Stage(window, stride=stride, padding=layer.padding).pad_before(size) for size in before.shape)
    return PooledMap(
        layer=output.name,
        kind=output.kind,
        channel=channel,
        channels=output.values.shape[-1],
        before=before,
        after=after,
        window=window,
        stride=stride,
        pad=(rows, columns),
        winners=find_winners(before, window=window, stride=stride, padding=layer.padding),
    )
