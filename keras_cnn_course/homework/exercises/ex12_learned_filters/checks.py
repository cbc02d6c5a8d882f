"""Checks of exercise 12. The sandbox builds a model with known kernels, which the function has to find."""

import numpy as np

from keras_cnn_course.homework.authoring.cases import Checks, Mistake, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks

__all__ = ["CHECKS"]

_LECTURE = "Keras stores k kernels in one array of shape (rows, columns, channels, k)."
_ONE = np.array([[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]], dtype=np.float32)


def _read(kernels: np.ndarray, _: int) -> np.ndarray:
    return np.moveaxis(kernels, -1, 0)


_MISTAKES = (
    Mistake(
        "axis not moved",
        "The axes of your array are in the order of Keras: the axis of the kernels comes last.",
        _LECTURE,
        lambda kernels, _: kernels,
    ),
    Mistake(
        "reshaped",
        "Your array has the correct shape, but its numbers are in the order of Keras.",
        "`reshape` does not move axes. It keeps the order of the numbers and only groups them differently.",
        lambda kernels, _: kernels.reshape(kernels.shape[3], *kernels.shape[:3]),
    ),
    Mistake(
        "all axes reversed",
        "The order of all axes is reversed, so the rows and columns of your pictures are swapped.",
        _LECTURE,
        lambda kernels, _: kernels.T,
    ),
    Mistake(
        "rows and columns exchanged",
        "The rows and columns of your pictures are swapped.",
        _LECTURE,
        lambda kernels, _: kernels.transpose(3, 1, 0, 2),
    ),
)


def _draw(generator: np.random.Generator, number: int) -> tuple[np.ndarray, int]:
    rows, columns = (int(size) for size in generator.permutation([2, 3, 4])[:2])
    channels, count = (int(size) for size in generator.permutation([2, 3, 5])[:2])
    return generator.normal(size=(rows, columns, channels, count)).astype(np.float32), number


CHECKS = Checks(
    function_checks(
        "read_filters",
        driver="read filters",
        reference=_read,
        tiny=(
            TinyCase((_ONE, 1), [[[[1.0], [2.0]], [[3.0], [4.0]]]]),
            TinyCase(
                (np.concatenate([_ONE, 10 * _ONE], axis=3), 2),
                [[[[1.0], [2.0]], [[3.0], [4.0]]], [[[10.0], [20.0]], [[30.0], [40.0]]]],
            ),
            TinyCase((np.array([[[[5.0], [6.0]]]], dtype=np.float32), 3), [[[[5.0, 6.0]]]]),
        ),
        draw=_draw,
        mistakes=_MISTAKES,
    )
)
