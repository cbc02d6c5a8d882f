"""Slide "CNN's": the change of each step of a network when the image shifts, measured."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from keras_cnn_course.lecture.activation import relu
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import format_number, stack
from keras_cnn_course.lecture.pooling import max_pool
from keras_cnn_course.lecture.shift import measure_change, measure_equivariance

__all__ = ["LARGEST_SHIFT", "StepChange", "measure_steps", "work_out_summary"]

LARGEST_SHIFT = 3
"""The largest shift of the object in pixels."""

# Zeros around the image, so that nothing of the object leaves it.
_MARGIN = 8
_SHIFTS = range(-LARGEST_SHIFT, LARGEST_SHIFT + 1)


@dataclass(frozen=True)
class StepChange:
    """The change in place of one step's output when the object moves.

    Args:
        name: of the step.
        changes: for shifts of 0, 1, ... pixels, the mean of `measure_change` over the four directions.
    """

    name: str
    changes: tuple[float, ...]


def measure_steps(material: Material) -> list[StepChange]:
    """Return the change after each step: the image, convolution with ReLU, poolings, and at last a single number."""
    image = np.pad(material.image.pixels, _MARGIN)

    def after_relu(pixels: np.ndarray) -> np.ndarray:
        return relu(convolve(pixels, material.filter.kernel, padding="same"))

    steps: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "image": lambda pixels: pixels,
        "convolution + ReLU": after_relu,
        "max pooling": lambda pixels: max_pool(after_relu(pixels)),
        "max pooling again": lambda pixels: max_pool(max_pool(after_relu(pixels))),
        "and once more": lambda pixels: max_pool(max_pool(max_pool(after_relu(pixels)))),
        "one global maximum": lambda pixels: after_relu(pixels).max(keepdims=True),
    }
    return [StepChange(name, _changes(apply, image)) for name, apply in steps.items()]


def work_out_summary(material: Material) -> list[str]:
    """Return the equivariance of the convolution and the rough invariance of pooling, in numbers."""
    image = np.pad(material.image.pixels, _MARGIN)
    shifts = [(rows, columns) for rows in _SHIFTS for columns in _SHIFTS]
    gap = max(
        measure_equivariance(
            lambda pixels: convolve(pixels, material.filter.numerators), image, rows=rows, columns=columns
        )
        for rows, columns in shifts
    )
    header = "".join(f"{f'{shift} px':>8}" for shift in range(LARGEST_SHIFT + 1))
    rows_of_text = [
        f"{step.name:<20}" + "".join(f"{change:>8.0%}" for change in step.changes) for step in measure_steps(material)
    ]
    return [
        stack(
            'The slide says: "convolution filters are shift-invariant". The precise word is equivariant: when the '
            "image shifts, the feature map shifts with it. Shift and convolve, or convolve and shift: largest "
            f"difference over {len(shifts)} shifts of up to {LARGEST_SHIFT} pixels: {format_number(gap)}.",
            "",
            "Invariance means that the feature map stays as it is. Pooling roughly achieves it. The table says how "
            "much the numbers change when the object moves (mean of left, right, up and down; 0%: none changes; 100%: "
            "nothing in common):",
            "",
            f"{'after':<20}{header}",
            rows_of_text,
        )
    ]


def _changes(apply: Callable[[np.ndarray], np.ndarray], image: np.ndarray) -> tuple[float, ...]:
    """Return the mean change over the four directions for each length of the shift."""
    directions = ((0, 1), (0, -1), (1, 0), (-1, 0))
    return tuple(
        float(np.mean([measure_change(apply, image, rows=rows * length, columns=columns * length)
                       for rows, columns in directions]))
        for length in range(LARGEST_SHIFT + 1)
    )  # fmt: skip
