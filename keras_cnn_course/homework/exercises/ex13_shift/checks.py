"""Checks of exercise 13."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.arrays import draw_size, vary
from keras_cnn_course.homework.authoring.cases import Checks, Mistake, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.authoring.comparison import agrees
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.pooling import max_pool
from keras_cnn_course.lecture.shift import measure_change, shift_image

__all__ = ["CHECKS"]

_LECTURE = "The pixels that become empty are filled with zeros, as in the lecture's padding."
_POOLINGS_AND_SHIFTS = (
    *((0, 1, 2), (2, -2, 1), (1, 2, -1), (0, -1, 2)),
    *((2, 1, 2), (3, -2, 1), (0, 2, 1), (2, -1, -2)),
)
_CHANGE_LECTURE = "Each pooling halves the number of rows and columns, and also the distance of a shift."


def _shift(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    return shift_image(image, rows=rows, columns=columns)


def _pool(image: np.ndarray, poolings: int) -> np.ndarray:
    for _ in range(poolings):
        image = max_pool(image)
    return image


def _change(image: np.ndarray, poolings: int, rows: int, columns: int) -> float:
    return measure_change(lambda pixels: _pool(pixels, poolings), image, rows=rows, columns=columns)


def _signed_change(image: np.ndarray, poolings: int, rows: int, columns: int) -> float:
    before, after = _pool(image, poolings), _pool(_shift(image, rows, columns), poolings)
    total = (before + after).sum()
    return float(np.abs(after - before).sum() / total) if total else 0.0


def _pool_both(image: np.ndarray, poolings: int, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    return _pool(image, poolings), _pool(_shift(image, rows, columns), poolings)


def _mean_change(image: np.ndarray, poolings: int, rows: int, columns: int) -> float:
    before, after = _pool_both(image, poolings, rows, columns)
    return float(np.abs(after - before).mean())


def _late_shift(image: np.ndarray, poolings: int, rows: int, columns: int) -> float:
    return _change(_pool(image, poolings), 0, rows, columns)


def _one_sided_change(image: np.ndarray, poolings: int, rows: int, columns: int) -> float:
    before, after = _pool_both(image, poolings, rows, columns)
    total = 2 * np.abs(before).sum()
    return float(np.abs(after - before).sum() / total) if total else 0.0


def _roll(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    return np.roll(image, (rows, columns), axis=(0, 1))


def _shift_square(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    shifted = _shift(image, rows, columns)
    shifted[:, len(image) :] = 0
    return shifted


_SHIFT_MISTAKES = (
    Mistake("wrap-around", "Pixels that leave your image on one side come back on the opposite side.", _LECTURE, _roll),
    Mistake(
        "other direction",
        "Your image moves in the opposite direction.",
        "Row 0 is at the top, so the row number grows downward.",
        lambda image, rows, columns: _shift(image, -rows, -columns),
    ),
    Mistake(
        "rows and columns exchanged",
        "Your image moves down by `columns` and to the right by `rows`.",
        "The first axis of an array is the rows.",
        lambda image, rows, columns: _shift(image, columns, rows),
    ),
    Mistake(
        "square",
        "Your function works only for square images: it takes the height for the width, too.",
        "An image has its own number of rows and of columns: height, width = image.shape.",
        _shift_square,
    ),
    Mistake(
        "border of ones",
        "The pixels that become empty are 1 in your result.",
        _LECTURE,
        lambda image, rows, columns: _shift(image - 1, rows, columns) + 1,
    ),
)
_CHANGE_MISTAKES = (
    Mistake(
        "not pooled",
        "Your result is the one without any pooling.",
        _CHANGE_LECTURE,
        lambda image, poolings, rows, columns: _change(image, 0, rows, columns),
    ),
    Mistake(
        "pooled once",
        "Your result is always the one for a single pooling.",
        _CHANGE_LECTURE,
        lambda image, poolings, rows, columns: _change(image, 1, rows, columns),
    ),
    Mistake(
        "not divided",
        "Your result is the sum of the differences, without the division.",
        "Only a relative change can be compared between images of different sizes.",
        lambda image, poolings, rows, columns: np.abs(
            _pool(_shift(image, rows, columns), poolings) - _pool(image, poolings)
        ).sum(),
    ),
    Mistake(
        "signs",
        "In the sum that you divide by, positive and negative numbers cancel out.",
        "Feature maps can have negative numbers, too.",
        _signed_change,
    ),
    Mistake(
        "mean",
        "Your result is the mean of the differences. It must be relative to the numbers in both images.",
        "Only a relative change can be compared between images of different sizes.",
        _mean_change,
    ),
    Mistake(
        "pooled, then shifted",
        "You shift the pooled image. Shift the image first, and pool both images afterwards.",
        _CHANGE_LECTURE,
        _late_shift,
    ),
    Mistake(
        "one image only",
        "You divide by twice the numbers of the first image. Divide by the sum over both images.",
        "A shift can move pixels out of the image, so the two sums differ.",
        _one_sided_change,
    ),
)


def _draw(generator: np.random.Generator, number: int) -> tuple[np.ndarray, int, int]:
    """Draw an image and a shift. Half of the shifts leave nothing: one in each direction, two by exactly the size."""
    height, width = draw_size(generator, number, least=5, most=8)
    down, right = (int(step) for step in generator.permutation([1, 2, 3])[:2])
    shifts = (
        (down, right),
        (down, -right),
        (0, right),
        (-down, 0),
        (height + 1, right),
        (-down, -width - 1),
        (down, width),
        (-height, -right),
    )
    image = vary(generator.uniform(1, 9, size=(height, width)).round(1), number)
    return image, *shifts[number]


def _draw_change(generator: np.random.Generator, number: int) -> tuple[np.ndarray, int, int, int]:
    return (vary(generator.uniform(-9, 9, size=(16, 18)).round(1), number), *_POOLINGS_AND_SHIFTS[number])


def _plan_equivariance(generator: np.random.Generator) -> list[Call]:
    image, kernel = generator.uniform(0, 1, size=(9, 10)), generator.normal(size=(3, 3))
    rows, columns = (int(step) for step in generator.permutation([1, 2]))
    feature_map = convolve(image, kernel)
    return [
        Call("shift_image", (image, rows, columns), kept=kernel),
        Call("shift_image", (feature_map, rows, columns)),
    ]


def _judge_equivariance(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    rows, columns = calls[0].arguments[1:]
    shifted_image, shifted_map = (arrays[0].astype(np.float64) for arrays in results)
    if shifted_image.shape != (9, 10) or shifted_map.shape != (7, 8):
        return "A shifted image must keep its size."
    if not agrees(shifted_image[rows:, columns:].astype(np.float32), calls[0].arguments[0][:-rows, :-columns]):
        return "The visible part of the shifted image must equal the original, moved down and to the right."
    convolved = convolve(shifted_image, calls[0].kept)
    if agrees(convolved[rows:, columns:].astype(np.float32), shifted_map[rows:, columns:]):
        return ""
    return "Shifting before a convolution and shifting after it must give the same result. Your results differ."


def _plan_pooled(generator: np.random.Generator) -> list[Call]:
    image = generator.uniform(0, 9, size=(8, 10))
    return [Call("shift_image", (image, 2, -2)), Call("shift_image", (max_pool(image), 1, -1))]


def _judge_pooled(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    image, pooled = (arrays[0] for arrays in results)
    before = calls[0].arguments[0]
    if image.shape != (8, 10) or not agrees(image[2:, :-2].astype(np.float32), before[:-2, 2:]):
        return "The visible part of the shifted image must equal the original, two rows down and two columns left."
    if agrees(max_pool(image).astype(np.float32), pooled.astype(np.float64)):
        return ""
    return "Shifting by two pixels before pooling must equal shifting by one pixel after it. Your results differ."


_DOT = np.zeros((4, 4))
_DOT[0, 0] = 8.0

CHECKS = Checks(
    (
        *function_checks(
            "shift_image",
            reference=_shift,
            tiny=(
                TinyCase((np.array([[1.0, 2.0], [3.0, 4.0]]), 1, 0), [[0.0, 0.0], [1.0, 2.0]]),
                TinyCase((np.array([[1.0, 2.0], [3.0, 4.0]]), 0, -1), [[2.0, 0.0], [4.0, 0.0]]),
                TinyCase((np.array([[1.0, 2.0], [3.0, 4.0]]), 2, 0), [[0.0, 0.0], [0.0, 0.0]]),
            ),
            draw=_draw,
            mistakes=_SHIFT_MISTAKES,
            prefix="shift_image: ",
        ),
        *function_checks(
            "change_after_pooling",
            reference=_change,
            tiny=(
                TinyCase((_DOT, 0, 1, 1), 1.0),
                TinyCase((_DOT, 1, 1, 1), 0.0),
                TinyCase((np.array([[3.0, 1.0, 0.0, 0.0], [0.0] * 4]), 0, 0, 1), 0.75),
                TinyCase((np.array([[-3.0, 1.0, 0.0, 0.0], [0.0] * 4]), 0, 0, 1), 1.0),
                TinyCase((np.zeros((4, 4)), 1, 1, 0), 0.0),
            ),
            draw=_draw_change,
            mistakes=_CHANGE_MISTAKES,
            prefix="change_after_pooling: ",
        ),
        property_check("equivariance", plan=_plan_equivariance, judge=_judge_equivariance, lecture=_LECTURE),
        property_check("shift and pooling", plan=_plan_pooled, judge=_judge_pooled, lecture=_CHANGE_LECTURE),
    )
)
