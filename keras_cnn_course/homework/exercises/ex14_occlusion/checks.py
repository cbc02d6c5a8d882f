"""Checks of exercise 14."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from keras_cnn_course.homework.authoring.arrays import draw_size, vary
from keras_cnn_course.homework.authoring.cases import Checks, Mistake, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.authoring.comparison import agrees
from keras_cnn_course.homework.sandbox.messages import Call

__all__ = ["CHECKS"]

_PATCH = "The patch begins at the given row and column, and has `size` rows and columns."
_FALL = "The map says by how much the score falls. The score is the largest response of the filter in the image."


def _cover(image: np.ndarray, row: int, column: int, size: int, value: float) -> np.ndarray:
    covered = np.array(image, dtype=np.float64)
    covered[row : row + size, column : column + size] = value
    return covered


def _cover_centered(image: np.ndarray, row: int, column: int, size: int, value: float) -> np.ndarray:
    covered = np.array(image, dtype=np.float64)
    top, left = row - size // 2, column - size // 2
    covered[max(top, 0) : top + size, max(left, 0) : left + size] = value
    return covered


def _respond(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the convolution, quickly: a map needs it many times."""
    return np.tensordot(sliding_window_view(image, kernel.shape), kernel, axes=2)


def _largest(image: np.ndarray, kernel: np.ndarray) -> float:
    return float(_respond(image, kernel).max())


def _map(
    image: np.ndarray,
    kernel: np.ndarray,
    size: int,
    value: float,
    *,
    score: Callable[[np.ndarray, np.ndarray], float] = _largest,
    shape: tuple[int, int] | None = None,
) -> np.ndarray:
    shape = shape or (image.shape[0] - size + 1, image.shape[1] - size + 1)
    falls = np.zeros(shape)
    for row, column in np.ndindex(shape):
        falls[row, column] = score(image, kernel) - score(_cover(image, row, column, size, value), kernel)
    return falls


def _map_of_kept_patches(image: np.ndarray, kernel: np.ndarray, size: int, value: float) -> np.ndarray:
    covered = np.array(image, dtype=np.float64)
    shape = (image.shape[0] - size + 1, image.shape[1] - size + 1)
    falls = np.zeros(shape)
    for row, column in np.ndindex(shape):
        covered[row : row + size, column : column + size] = value
        falls[row, column] = _largest(image, kernel) - _largest(covered, kernel)
    return falls


_COVER_MISTAKES = (
    Mistake(
        "one pixel",
        "You cover a single pixel.",
        _PATCH,
        lambda image, row, column, size, value: _cover(image, row, column, 1, value),
    ),
    Mistake(
        "one too many",
        "Your patch has one row and one column too many.",
        "A slice image[a:b] ends before b, so its length is b - a.",
        lambda image, row, column, size, value: _cover(image, row, column, size + 1, value),
    ),
    Mistake(
        "rows and columns exchanged",
        "You take the row for the column, and the column for the row.",
        "The first axis of an array is the rows.",
        lambda image, row, column, size, value: _cover(image, column, row, size, value),
    ),
    Mistake(
        "value ignored",
        "Your patch is always 0, whatever the value is.",
        "On a dark image a patch of zeros would cover nothing. This is why the value can be chosen.",
        lambda image, row, column, size, value: _cover(image, row, column, size, 0),
    ),
    Mistake(
        "centered",
        "The middle of your patch is at the given row and column. Its upper left pixel must be there.",
        _PATCH,
        lambda image, row, column, size, value: _cover_centered(image, row, column, size, value),
    ),
    Mistake(
        "added",
        "You add the value to the pixels instead of replacing them.",
        "The pixels under a patch cannot be seen any more.",
        lambda image, row, column, size, value: image + _cover(0 * image, row, column, size, value),
    ),
    Mistake(
        "inside out",
        "You cover everything except the patch.",
        _PATCH,
        lambda image, row, column, size, value: np.where(
            _cover(0 * image, row, column, size, 1) == 1, image, np.float64(value)
        ),
    ),
)
_MAP_MISTAKES = (
    Mistake(
        "wrong sign",
        "Your map has the wrong sign: it is positive where the score rises.",
        _FALL,
        lambda image, kernel, size, value: -_map(image, kernel, size, value),
    ),
    Mistake(
        "not subtracted",
        "Your map has the scores of the covered images, not by how much they fall.",
        _FALL,
        lambda image, kernel, size, value: _largest(image, kernel) - _map(image, kernel, size, value),
    ),
    Mistake(
        "patches stay",
        "Your patches stay in the image: each one is added to those before.",
        "Every place is covered in the original image, so that the results do not depend on the order.",
        _map_of_kept_patches,
    ),
    Mistake(
        "mean",
        "Your score is the mean of all responses, not the largest one.",
        _FALL,
        lambda image, kernel, size, value: _map(
            image, kernel, size, value, score=lambda pixels, weights: float(_respond(pixels, weights).mean())
        ),
    ),
    Mistake(
        "sum",
        "Your score is the sum of all responses, not the largest one.",
        _FALL,
        lambda image, kernel, size, value: _map(
            image, kernel, size, value, score=lambda pixels, weights: float(_respond(pixels, weights).sum())
        ),
    ),
    Mistake(
        "smallest",
        "You subtract the smallest response in the covered image, not the largest one.",
        _FALL,
        lambda image, kernel, size, value: (
            _largest(image, kernel)
            - _map(image, kernel, size, value, score=lambda pixels, weights: -float(_respond(pixels, weights).min()))
            - float(_respond(image, kernel).min())
        ),
    ),
    Mistake(
        "relative",
        "Your map is divided by the score of the image.",
        _FALL,
        lambda image, kernel, size, value: _map(image, kernel, size, value) / _largest(image, kernel),
    ),
    Mistake(
        "size of the image",
        "Your map is as large as the image. Its last rows and columns belong to patches that are not inside the image.",
        "A patch must be inside the image, so there are fewer places than pixels.",
        lambda image, kernel, size, value: np.pad(_map(image, kernel, size, value), (0, size - 1)),
    ),
    Mistake(
        "square",
        "Your function works only for square images: it takes the height for the width, too.",
        "An image has its own number of rows and of columns: height, width = image.shape.",
        lambda image, kernel, size, value: _map(
            image, kernel, size, value, shape=(image.shape[0] - size + 1, image.shape[0] - size + 1)
        ),
    ),
    Mistake(
        "absolute",
        "Your map has no negative numbers. A patch can also make the score larger.",
        "A bright patch can be what the filter looks for.",
        lambda image, kernel, size, value: np.abs(_map(image, kernel, size, value)),
    ),
    Mistake(
        "cut off",
        "Your map is 0 where the score rises. It must be negative there.",
        "A bright patch can be what the filter looks for.",
        lambda image, kernel, size, value: np.maximum(_map(image, kernel, size, value), 0),
    ),
    Mistake(
        "value ignored",
        "Your patches are always 0, whatever the value is.",
        "On a dark image a patch of zeros would cover nothing. This is why the value can be chosen.",
        lambda image, kernel, size, value: _map(image, kernel, size, 0),
    ),
)


def _draw_cover(generator: np.random.Generator, number: int) -> tuple[np.ndarray, int, int, int, float]:
    """Draw an image and a patch of 2x2 or 3x3; every second one goes past the border."""
    height, width = draw_size(generator, number, least=5, most=8)
    size = 2 + number % 2
    row, column = (int(place) for place in generator.permutation([0, 1, 2])[:2])
    if number % 4 == 2:
        row = height - 1
    if number % 4 == 3:
        column = width - 1
    image = vary(generator.uniform(1, 9, size=(height, width)).round(1), number)
    return image, row, column, size, 0.5 + float(generator.integers(11, 15))


def _draw_map(generator: np.random.Generator, number: int) -> tuple[np.ndarray, np.ndarray, int, float]:
    """Draw an image, a kernel of positive and negative weights, and a patch that lowers and raises the score."""
    height, width = draw_size(generator, number, least=4, most=5)
    rows, columns = (2, 3) if number % 2 else (3, 2)
    kernel = generator.permutation(np.linspace(-1.5, 2, rows * columns)).round(1).reshape(rows, columns)
    image = vary(generator.uniform(1, 9, size=(height, width)).round(1), number)
    brightest = float(image.max())
    return image, kernel, 2, round((0.25, 1.25)[number // 2 % 2] * brightest, 1) + 0.05


def _plan_brightest(generator: np.random.Generator) -> list[Call]:
    image = generator.permutation(np.arange(1.0, 31.0)).reshape(5, 6)
    row, column = np.unravel_index(image.argmax(), image.shape)
    if row == column:  # a patch with row and column exchanged must be at another place
        image = np.roll(image, 1, axis=1)
    return [Call("occlusion_map", (image, np.ones((1, 1)), 1, 0.0))]


def _judge_brightest(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    image, falls = calls[0].arguments[0], results[0][0]
    if falls.shape == image.shape and agrees(falls.astype(np.float32), (image == image.max()).astype(float)):
        return ""
    return (
        "With a kernel of one weight of 1 and patches of one pixel of 0, only covering the brightest pixel matters. "
        "The score falls to the second brightest, here by 1."
    )


def _plan_twice(generator: np.random.Generator) -> list[Call]:
    shape = generator.integers(3, 9, size=(2, 2)).astype(float)
    image = np.zeros((4, 8))
    image[1:3, 1:3] = image[1:3, 5:7] = shape
    return [Call("occlusion_map", (image, shape, 2, 0.0))]


def _judge_twice(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    if results[0][0].shape == (3, 7) and agrees(results[0][0].astype(np.float32), np.zeros((3, 7))):
        return ""
    return "If the same shape is at two places, covering one of them with zeros leaves the score as it is."


_STEPS = np.arange(1.0, 10.0).reshape(3, 3)

CHECKS = Checks(
    (
        *function_checks(
            "cover_patch",
            reference=_cover,
            tiny=(
                TinyCase((_STEPS, 0, 1, 2, 0.5), [[1.0, 0.5, 0.5], [4.0, 0.5, 0.5], [7.0, 8.0, 9.0]]),
                TinyCase((_STEPS, 2, 0, 1, 0.0), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [0.0, 8.0, 9.0]]),
                TinyCase((_STEPS, 2, 2, 2, 0.5), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 0.5]]),
            ),
            draw=_draw_cover,
            mistakes=_COVER_MISTAKES,
            prefix="cover_patch: ",
        ),
        *function_checks(
            "occlusion_map",
            reference=_map,
            tiny=(
                TinyCase(
                    (np.array([[0.0, 0.0, 9.0], [0.0, 4.0, 0.0]]), np.ones((1, 1)), 1, 0.0), [[0, 0, 5], [0, 0, 0]]
                ),
                TinyCase((np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2)), 1, 0.0), [[1.0, 2.0], [3.0, 4.0]]),
                TinyCase((np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2)), 2, 5.0), [[-10.0]]),
            ),
            draw=_draw_map,
            mistakes=_MAP_MISTAKES,
            prefix="occlusion_map: ",
        ),
        property_check("brightest pixel", plan=_plan_brightest, judge=_judge_brightest, lecture=_FALL),
        property_check("the same shape twice", plan=_plan_twice, judge=_judge_twice, lecture=_FALL),
    )
)
