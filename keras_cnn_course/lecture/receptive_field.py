"""Receptive fields: the input pixels from which one output pixel is computed.

Slide "What numbers were involved in computing this 1?": a 3x3 convolution and a 2x2 max pooling, so 4x4 input pixels.
Everything here is along one axis. Height and width of a network are traced separately.

    >>> slide = [Stage(3), Stage(2, stride=2)]
    >>> receptive_field(slide)
    4
    >>> receptive_field([*slide, Stage(2, stride=2)])  # "applying max pooling again": 6 of the 7 columns
    6
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from keras_cnn_course.errors import UsageError

__all__ = ["Extent", "Stage", "TracedStage", "extent", "measure_receptive_field", "receptive_field", "trace_stages"]

_BATCH = 256

# A fast convolution may round the output for an image differently in another batch. A changed pixel has more effect.
_NOISE = 1e-5


@dataclass(frozen=True)
class Stage:
    """The window of one layer, a convolution or a pooling, along one axis.

    A layer that works on each pixel separately (ReLU, bias, batch normalization) is `Stage(1)` or can be left out. A
    dense or global layer is a stage with a kernel as large as its input.

    Args:
        kernel_size: number of input pixels that one output pixel reads.
        stride: input pixels between neighboring output pixels.
        dilation: input pixels between neighboring weights of the kernel.
        padding: `valid` (none) or `same` (zeros on both sides, as Keras adds them).

    Raises:
        UsageError: a number is below 1, or the padding is unknown.
    """

    kernel_size: int
    stride: int = 1
    dilation: int = 1
    padding: str = "valid"

    def __post_init__(self) -> None:
        for name in ("kernel_size", "stride", "dilation"):
            if getattr(self, name) < 1:
                raise UsageError(f"The {name} of a stage must be at least 1; got {getattr(self, name)}.")
        if self.padding not in ("valid", "same"):
            raise UsageError(f"The padding of a stage must be 'valid' or 'same'; got {self.padding!r}.")

    @property
    def span(self) -> int:
        """Number of pixels from the first weight of the kernel to the last, both included."""
        return self.dilation * (self.kernel_size - 1) + 1

    def output_size(self, input_size: int) -> int:
        """Return the number of output pixels.

        >>> Stage(3).output_size(7), Stage(3, padding="same").output_size(7), Stage(2, stride=2).output_size(5)
        (5, 7, 2)
        """
        if self.padding == "same":
            return math.ceil(input_size / self.stride)
        return max((input_size - self.span) // self.stride + 1, 0)

    def pad_before(self, input_size: int) -> int:
        """Return the number of zeros before the first pixel. After the last one there are as many, or one more."""
        if self.padding == "valid":
            return 0
        return max((self.output_size(input_size) - 1) * self.stride + self.span - input_size, 0) // 2


@dataclass(frozen=True)
class TracedStage:
    """The part of the network's input that one output pixel of a stage sees, along one axis.

    Args:
        size: number of input pixels from the first one seen to the last.
        jump: input pixels between the fields of neighboring output pixels.
        start: first input pixel seen by output pixel 0, negative if it sees padding.
        output_size: number of output pixels of the stage.
    """

    stage: Stage
    size: int
    jump: int
    start: int
    output_size: int

    def window(self, position: int) -> range:
        """Return the input pixels that the output pixel at `position` sees, padding included.

        At the far border this also counts pixels that a stage dropped, although `same` padding replaces them by zeros.
        """
        first = self.start + position * self.jump
        return range(first, first + self.size)


def receptive_field(stages: Sequence[Stage]) -> int:
    """Return the number of input pixels along one axis that one output pixel sees, padding included.

    >>> receptive_field([])
    1
    >>> receptive_field([Stage(3), Stage(3, dilation=2)])
    7
    """
    size = jump = 1
    for stage in stages:
        size += (stage.span - 1) * jump
        jump *= stage.stride
    return size


def trace_stages(stages: Sequence[Stage], *, input_size: int) -> list[TracedStage]:
    """Return the receptive field after each stage, with its position in the input.

    With `same` padding the size of the input determines the number of zeros before the first pixel.

    Raises:
        UsageError: a stage has no output pixel.

    >>> for traced in trace_stages([Stage(3), Stage(2, stride=2), Stage(2, stride=2)], input_size=7):
    ...     print(traced.size, traced.jump, traced.start, traced.output_size, traced.window(0))
    3 1 0 5 range(0, 3)
    4 2 0 2 range(0, 4)
    6 4 0 1 range(0, 6)
    """
    traced = []
    size, jump, start, outputs = 1, 1, 0, input_size
    for number, stage in enumerate(stages, start=1):
        inputs, outputs = outputs, stage.output_size(outputs)
        if outputs < 1:
            raise UsageError(
                f"Stage {number} needs at least {stage.span} pixels but gets {inputs}. Use a larger image or fewer "
                "stages."
            )
        size += (stage.span - 1) * jump
        start -= stage.pad_before(inputs) * jump
        jump *= stage.stride
        traced.append(TracedStage(stage, size, jump, start, outputs))
    return traced


@dataclass(frozen=True)
class Extent:
    """The smallest box around marked pixels."""

    top: int
    left: int
    height: int
    width: int


def extent(mask: np.ndarray) -> Extent:
    """Return the smallest box around the True pixels of a `(height, width)` mask, of size 0x0 if there are none.

    >>> extent(np.array([[False, False, False], [False, True, True]]))
    Extent(top=1, left=1, height=1, width=2)
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return Extent(0, 0, 0, 0)
    top, left = int(rows[0]), int(columns[0])
    return Extent(top, left, int(rows[-1]) - top + 1, int(columns[-1]) - left + 1)


def measure_receptive_field(
    apply: Callable[[np.ndarray], np.ndarray],
    *,
    image_shape: tuple[int, ...],
    position: tuple[int, ...],
    amounts: Sequence[float] = (1000.0, -1000.0),
    seed: int = 0,
) -> np.ndarray:
    """Find the input pixels that affect an output by changing one pixel after the other.

    Each pixel of a random image is raised and lowered by a large amount, because a ReLU after a negative weight could
    hide one of the two. Leave out a softmax at the end, which would be saturated. A weight of 0 hides its pixel.

    Args:
        apply: images `(batch, *image_shape)` float32 -> outputs `(batch, ...)`, such as a function of this package or
            `model.predict_on_batch` of a Keras model.
        image_shape: `(height, width)` or `(height, width, channels)`.
        position: of the output, for example `(row, column)` for all channels of a pixel.
        amounts: added to all channels of a pixel, one after the other.
        seed: of the random image.

    Returns:
        Mask of shape `(height, width)`, bool.

    >>> slide = lambda images: images[:, :2, :2] + images[:, 1:3, 1:3]
    >>> measure_receptive_field(slide, image_shape=(3, 3), position=(0, 0)).astype(int)
    array([[1, 0, 0],
           [0, 1, 0],
           [0, 0, 0]])
    """
    height, width = image_shape[:2]
    base = np.random.default_rng(seed).random(image_shape, dtype=np.float32)
    index: tuple[slice | int, ...] = (slice(None), *position)
    reference = np.asarray(apply(base[np.newaxis]))[index]
    seen = np.zeros(height * width, dtype=bool)
    for amount in amounts:
        for first in range(0, height * width, _BATCH):
            pixels = np.arange(first, min(first + _BATCH, height * width))
            images = np.repeat(base[np.newaxis], len(pixels), axis=0)
            images[np.arange(len(pixels)), pixels // width, pixels % width] += amount
            changed = ~np.isclose(np.asarray(apply(images))[index], reference, rtol=_NOISE, atol=_NOISE)
            seen[pixels] |= changed.reshape(len(pixels), -1).any(axis=1)
    return seen.reshape(height, width)
