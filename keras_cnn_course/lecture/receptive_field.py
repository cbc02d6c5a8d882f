"""Which input pixels one output pixel is computed from.

Slide "What numbers were involved in computing this 1?": a 3x3 convolution and a 2x2 max pooling, so 4x4 input pixels.
Everything here is along one axis; heights and widths of a network are traced one after the other.

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

# A fast convolution rounds an image's output differently with the batch it is in; a changed pixel moves it far more.
_NOISE = 1e-5


@dataclass(frozen=True)
class Stage:
    """One layer as a receptive field sees it, along one axis: a convolution, or a pooling over a window.

    A layer that works on every pixel alone (ReLU, bias, batch normalisation) is `Stage(1)` or left out; a dense or
    global layer is a stage whose kernel is as large as its input.

    Args:
        kernel_size: pixels of its input that one output pixel reads.
        stride: input pixels between neighbouring output pixels.
        dilation: input pixels between neighbouring taps of the kernel.
        padding: `valid` (none) or `same` (zeros on both sides, as Keras adds them).

    Raises:
        UsageError: a number below 1, or another padding.
    """

    kernel_size: int
    stride: int = 1
    dilation: int = 1
    padding: str = "valid"

    def __post_init__(self) -> None:
        for name in ("kernel_size", "stride", "dilation"):
            if getattr(self, name) < 1:
                raise UsageError(f"Expected {name} to be at least 1. Received: {name}={getattr(self, name)}.")
        if self.padding not in ("valid", "same"):
            raise UsageError(f"Expected padding to be valid or same. Received: {self.padding!r}.")

    @property
    def span(self) -> int:
        """Pixels from the kernel's first tap to its last, both included."""
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
        """Return the zeros added before the first pixel; after the last one come as many, or one more."""
        if self.padding == "valid":
            return 0
        return max((self.output_size(input_size) - 1) * self.stride + self.span - input_size, 0) // 2


@dataclass(frozen=True)
class TracedStage:
    """What one output pixel of a stage sees of the network's input, along one axis.

    Args:
        stage: the stage itself.
        size: input pixels from the first one seen to the last.
        jump: input pixels between the fields of neighbouring output pixels.
        start: first input pixel seen by output pixel 0; negative where padding is seen.
        output_size: number of output pixels of the stage.
    """

    stage: Stage
    size: int
    jump: int
    start: int
    output_size: int

    def window(self, position: int) -> range:
        """Return the input pixels that the output pixel at `position` sees, padding included.

        At the far border, `same` padding after a stage that dropped pixels stands for zeros where this counts them.
        """
        first = self.start + position * self.jump
        return range(first, first + self.size)


def receptive_field(stages: Sequence[Stage]) -> int:
    """Return how many input pixels along one axis one output pixel of the last stage sees, padding included.

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
    """Return the receptive field after each stage, with its place in an input of that size.

    The size of the input matters: with `same` padding it decides how many zeros stand before the first pixel.

    Raises:
        UsageError: a stage is left without an output pixel.

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
                f"Expected stage {number} to get at least {stage.span} pixels. Received: {inputs}. "
                "Use a larger image or fewer stages."
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
    """Return the smallest box around the True pixels of a `(height, width)` mask; height and width 0 if there are none.

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
    """Return the input pixels that change an output when they are changed, found by changing each in turn.

    Each pixel of a random image is moved up and down by a large amount: up alone could be hidden by a ReLU behind a
    negative weight. Stop before a softmax, which would be saturated. A weight of 0 hides the pixel that it reads.

    Args:
        apply: images `(batch, *image_shape)` float32 -> outputs `(batch, ...)`; a function of this package or, for
            example, `model.predict_on_batch` of a Keras model.
        image_shape: `(height, width)` or `(height, width, channels)`.
        position: index of the output in its image, for example `(row, column)` (then of any channel).
        amounts: what is added to a pixel, in all its channels; one trial each.
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
