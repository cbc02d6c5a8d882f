"""Checks of exercise 12: the worker builds a model around known kernels, and the function has to find them."""

import numpy as np

from keras_cnn_course.homework.authoring.cases import Checks, Mistake, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks

__all__ = ["CHECKS"]

_LECTURE = "k kernels of rows x columns x channels: Keras keeps them as (rows, columns, channels, k)."
_ONE = np.array([[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]], dtype=np.float32)


def _read(kernels: np.ndarray, _: int) -> np.ndarray:
    return np.moveaxis(kernels, -1, 0)


_MISTAKES = (
    Mistake(
        "axis not moved",
        "Your array has its axes as Keras keeps them: the kernels' number comes last.",
        _LECTURE,
        lambda kernels, _: kernels,
    ),
    Mistake(
        "reshaped",
        "Your numbers stand in the order in which Keras keeps them: `reshape` does not move an axis.",
        "`np.moveaxis` and `transpose` move axes; `reshape` only counts the numbers anew.",
        lambda kernels, _: kernels.reshape(kernels.shape[3], *kernels.shape[:3]),
    ),
    Mistake(
        "all axes reversed",
        "Your pictures have rows and columns exchanged: `.T` reverses all axes.",
        _LECTURE,
        lambda kernels, _: kernels.T,
    ),
    Mistake(
        "rows and columns exchanged",
        "Your pictures have rows and columns exchanged.",
        _LECTURE,
        lambda kernels, _: kernels.transpose(3, 1, 0, 2),
    ),
)


def _draw(generator: np.random.Generator) -> tuple[np.ndarray, int]:
    rows, columns = (int(size) for size in generator.permutation([2, 3, 4])[:2])
    channels, count = (int(size) for size in generator.permutation([2, 3, 5])[:2])
    return generator.normal(size=(rows, columns, channels, count)).astype(np.float32), int(generator.integers(6))


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
