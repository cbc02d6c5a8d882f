"""Checks of exercise 1."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.arrays import CASES, draw_size, make_strided, vary
from keras_cnn_course.homework.authoring.cases import Checks, Mistake, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.authoring.comparison import agrees, describe_difference
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.lecture.convolution import convolve, flip
from keras_cnn_course.lecture.filters import FILTERS

__all__ = ["CHECKS"]

_LECTURE = 'The lecture multiplies the window and the kernel element by element ("Take dot product!").'
_KERNEL_SHAPES = ((2, 3), (3, 3), (3, 2), (2, 2), (1, 3), (3, 2), (3, 1), (3, 3))
_SMALL = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [2.0, 0.0, 1.0]])

_TINY = (
    TinyCase((_SMALL, np.array([[1.0, 0.0], [0.0, 0.0]])), [[1.0, 2.0], [0.0, 1.0]]),
    TinyCase((_SMALL, np.array([[1.0, 2.0], [3.0, 4.0]])), [[9.0, 17.0], [8.0, 11.0]]),
    TinyCase((np.eye(4), FILTERS["horizontal-edges"].kernel.astype(float)), [[0.0, 1.0], [1.0, 0.0]]),
)


def _largest_product(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.max(windows * kernel, axis=(2, 3))


_MISTAKES = (
    Mistake(
        "flipped",
        "Your result equals a convolution with the kernel rotated by 180 degrees.",
        _LECTURE,
        lambda image, kernel: convolve(image, flip(kernel)),
    ),
    Mistake(
        "transposed",
        "Your result equals a convolution with the transposed kernel: its rows and columns are swapped.",
        _LECTURE,
        lambda image, kernel: convolve(image, kernel.T),
    ),
    Mistake(
        "off by one",
        "The last row and the last column of your output are missing.",
        "On the lecture's 7x7 image, a 3x3 kernel has 5 positions along each axis.",
        lambda image, kernel: convolve(image, kernel)[:-1, :-1],
    ),
    Mistake(
        "padded",
        "Your result equals a convolution of an image with a frame of zeros around it.",
        'On the slide, "the output is smaller than the input". Padding comes in the next exercise.',
        lambda image, kernel: convolve(np.pad(image, 1), kernel),
    ),
    Mistake(
        "mean",
        "Your result is the average of the products in each window, not their sum.",
        _LECTURE,
        lambda image, kernel: convolve(image, kernel) / kernel.size,
    ),
    Mistake(
        "largest product",
        "Your result is the largest product in each window, not the sum of the products.",
        _LECTURE,
        _largest_product,
    ),
    Mistake(
        "mean subtracted",
        "You subtract the mean of each window before you multiply.",
        _LECTURE,
        lambda image, kernel: convolve(image, kernel - kernel.mean()),
    ),
)


def _draw(generator: np.random.Generator, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw an image that is not square, and a kernel without symmetry; the last kernel is as large as its image.

    With two decimals each, products have four. So a result that was rounded to fewer is wrong whatever is drawn.
    """
    shape = _KERNEL_SHAPES[number]
    size = shape if number == CASES - 1 else draw_size(generator, number, least=4, most=7)
    image, kernel = generator.normal(size=size).round(2), generator.normal(size=shape).round(2)
    return vary(image, number), make_strided(kernel) if number % 2 else kernel


def _plan_delta(generator: np.random.Generator) -> list[Call]:
    image = np.zeros((5, 5))
    image[2, 2] = 1
    return [Call("convolve", (image, generator.integers(1, 9, size=(3, 3)).astype(float)))]


def _judge_delta(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    seen = describe_difference(results[0][0], flip(calls[0].arguments[1]))
    return f"An image with a single white pixel must give the kernel, rotated by 180 degrees. {seen}" if seen else ""


def _plan_linearity(generator: np.random.Generator) -> list[Call]:
    one, other = generator.normal(size=(2, 6, 5))
    kernel = generator.normal(size=(3, 3))
    return [Call("convolve", (image, kernel)) for image in (one, other, 2 * one + other)]


def _judge_linearity(_: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    one, other, both = (arrays[0] for arrays in results)
    if one.shape != (4, 3) or not one.any():
        return f"A 3x3 kernel on a 6x5 image must give a 4x3 array that is not all 0. Yours has the shape {one.shape}."
    if one.shape == other.shape and agrees(both, 2.0 * one + other):
        return ""
    return "The result for 2 * A + B must be twice the result for A plus the result for B. Yours is not."


CHECKS = Checks(
    (
        *function_checks("convolve", reference=convolve, tiny=_TINY, draw=_draw, mistakes=_MISTAKES),
        property_check("single pixel", plan=_plan_delta, judge=_judge_delta, lecture=_LECTURE),
        property_check("linearity", plan=_plan_linearity, judge=_judge_linearity, lecture=_LECTURE),
    )
)
