"""A slide step by step, as matrices: for a page that shows one step after the other.

`step_through_<key>` in lecture/slides/<module>.py returns the steps of a slide.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from keras_cnn_course.lecture.convolution import convolve, take_dot_product
from keras_cnn_course.lecture.filters import Filter
from keras_cnn_course.lecture.matrix_text import Window, total_text

__all__ = ["Board", "SlideStep", "list_dot_products", "name_fraction", "visit_windows"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Board:
    """A matrix as one step shows it.

    Args:
        numbers: `(rows, columns)`.
        operator: the sign between the board before and this one.
        colors: `gray` for an image, `signed` for numbers of both signs, `unsigned` for others.
        largest: the number with the strongest color, if it should be the same in all steps; None: the largest here.
        window: the part that is outlined.
        filled: how many numbers are known so far, row by row. None: all of them.
    """

    name: str
    numbers: np.ndarray
    operator: str = ""
    colors: Literal["gray", "signed", "unsigned"] = "unsigned"
    largest: float | None = None
    window: Window | None = None
    filled: int | None = None


@dataclass(frozen=True, eq=False)
class SlideStep:
    """One step of a slide.

    Args:
        title: what the step does.
        boards: the matrices, from left to right.
        result: the sentence with the numbers of the step.
    """

    title: str
    boards: tuple[Board, ...]
    result: str


def visit_windows(shape: tuple[int, ...], *, size: int) -> list[tuple[int, Window]]:
    """Return the windows of a pooling to an output of this shape, each with its number from 1.

    >>> visit_windows((1, 2), size=2)[1]
    (2, Window(top=0, left=2, height=2, width=2))
    """
    places = np.ndindex(*shape)
    return [(number, Window(size * row, size * column, size, size)) for number, (row, column) in enumerate(places, 1)]


def name_fraction(kernel: Filter) -> str:
    """Return the factor of all numbers of a filter, as the end of a name; nothing if it is 1."""
    return "" if kernel.denominator == 1 else f", times 1/{kernel.denominator}"


def list_dot_products(image: np.ndarray, kernel: Filter, *, name: str) -> list[SlideStep]:
    """Return one step per output pixel: the window on the input, the products, and the output so far.

    Args:
        image: `(height, width)`, with any zeros around it.
        name: of the image.
    """
    weights = kernel.numerators
    output = convolve(image, weights)
    fraction = name_fraction(kernel)
    sign: Literal["signed", "unsigned"] = "signed" if kernel.is_signed else "unsigned"
    strongest = float(np.abs(image).max() * np.abs(weights).max())
    steps = []
    for number, (row, column) in enumerate(np.ndindex(*output.shape), start=1):
        product = take_dot_product(image, weights, row=row, column=column)
        boards = (
            Board(name=name, numbers=image, colors="gray", window=Window(row, column, *weights.shape)),
            Board(name=f"filter {kernel.name}{fraction}", numbers=weights, operator="∗", colors="signed"),
            Board(name="products", numbers=product.products, operator="=", colors=sign, largest=strongest),
            Board(
                name=f"output so far{fraction}",
                numbers=output,
                operator="→",
                colors=sign,
                window=Window(row, column, 1, 1),
                filled=number,
            ),
        )
        result = f"The sum of the products is {total_text(kernel, product.total)}."
        steps.append(SlideStep(f"output pixel ({row}, {column})", boards, result))
    return steps
