"""Checks of exercise 6."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.arrays import draw_size, vary
from keras_cnn_course.homework.authoring.cases import Checks, Mistake, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.authoring.comparison import describe_difference
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.lecture.pooling import average_pool, max_pool

__all__ = ["CHECKS"]

_LECTURE = "The lecture keeps the largest number in each 2x2 window and then moves the window by two pixels."
_ODD = "On the slide, 5x5 pixels become 2x2: the last row and column do not fill a window and are ignored."
_AFTER_RELU = np.array(
    [
        [0.0, 1.0, 3.0, 1.0, 0.0],
        [1.0, 1.0, 1.0, 3.0, 3.0],
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [1.0, 1.0, 1.0, 3.0, 3.0],
        [0.0, 1.0, 3.0, 1.0, 0.0],
    ]
)


def _pad_to_even(image: np.ndarray, value: float = 0.0) -> np.ndarray:
    return np.pad(image, [(0, size % 2) for size in image.shape], constant_values=value)


_MISTAKES = (
    Mistake("mean", "Your result is the average of each window.", _LECTURE, average_pool),
    Mistake(
        "stride 1",
        "Your windows overlap: they move by one pixel.",
        _LECTURE,
        lambda image: max_pool(image, stride=1),
    ),
    Mistake(
        "zero padding",
        "Your windows extend past the border of the image, where you fill them with zeros.",
        _ODD,
        lambda image: max_pool(_pad_to_even(image)),
    ),
    Mistake(
        "smallest", "Your result is the smallest number in each window.", _LECTURE, lambda image: -max_pool(-image)
    ),
    Mistake(
        "zero at least",
        "Your result is never below 0, but a window with only negative numbers has a negative maximum.",
        "ReLU is a separate step. Pooling must work with all numbers.",
        lambda image: np.maximum(max_pool(image), 0),
    ),
    Mistake(
        "sum",
        "Your result is the sum of each window.",
        _LECTURE,
        lambda image: 4 * average_pool(image),
    ),
    Mistake(
        "first pixel",
        "Your result is the upper left number in each window.",
        _LECTURE,
        lambda image: image[: image.shape[0] // 2 * 2 : 2, : image.shape[1] // 2 * 2 : 2],
    ),
    Mistake(
        "incomplete windows",
        "Your result has windows at the border that are not complete.",
        _ODD,
        lambda image: max_pool(_pad_to_even(image, -np.inf)),
    ),
)


def _draw(generator: np.random.Generator, number: int) -> tuple[np.ndarray]:
    """Draw an image of one of the four parities, whose first window is negative."""
    height, width = draw_size(generator, number, least=2, most=4)
    image = generator.normal(size=(2 * height + number // 2 % 2, 2 * width + number // 4 % 2)) * 3
    image[:2, :2] = -1 - np.abs(image[:2, :2])
    return (vary(image.round(1), number),)


def _plan_negative(generator: np.random.Generator) -> list[Call]:
    return [Call("max_pool", (-generator.uniform(1e4, 1e6, size=(4, 6)),))]


def _plan_odd(generator: np.random.Generator) -> list[Call]:
    return [Call("max_pool", (generator.uniform(1, 5, size=(5, 7)),))]


def _judge_negative(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    seen = describe_difference(results[0][0], max_pool(calls[0].arguments[0]))
    return f"For an image of negative numbers: {seen}" if seen else ""


def _judge_odd(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    seen = describe_difference(results[0][0], max_pool(calls[0].arguments[0]))
    return f"For an image of 5x7 pixels: {seen}" if seen else ""


CHECKS = Checks(
    (
        *function_checks(
            "max_pool",
            reference=max_pool,
            tiny=(
                TinyCase((_AFTER_RELU,), [[1.0, 3.0], [1.0, 3.0]]),
                TinyCase((np.array([[1.0, 2.0], [3.0, 4.0]]),), [[4.0]]),
                TinyCase((np.array([[-4.0, -3.0, 0.0, 1.0], [-2.0, -1.0, 2.0, 3.0]]),), [[-1.0, 3.0]]),
            ),
            draw=_draw,
            mistakes=_MISTAKES,
        ),
        property_check(
            "negative numbers", plan=_plan_negative, judge=_judge_negative, lecture=_LECTURE, is_telling=True
        ),
        property_check("odd size", plan=_plan_odd, judge=_judge_odd, lecture=_ODD),
    )
)
