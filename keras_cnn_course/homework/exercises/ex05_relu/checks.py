"""Checks of exercise 5."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.arrays import is_large, vary
from keras_cnn_course.homework.authoring.cases import Checks, Mistake, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.authoring.comparison import agrees
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.lecture.activation import relu

__all__ = ["CHECKS"]

_OVERFLOWS_LATER = 30
_LECTURE = "On the slide, the row 0 0 -2 -4 -4 becomes 0 0 0 0 0, and no other number changes."


def _is_capped(result: np.ndarray, expected: np.ndarray) -> bool:
    largest = result.max()
    return bool(0 < largest < expected.max()) and agrees(result, np.minimum(expected, largest))


def _is_softplus(result: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether small numbers are those of log(1 + exp(x)). Large ones may have overflowed."""
    is_small, is_zero = expected < _OVERFLOWS_LATER, expected == 0
    positive = is_small & ~is_zero
    return (
        agrees(result[positive], np.logaddexp(0, expected[positive]))
        and bool((result[is_zero] >= 0).all())
        and bool((result[is_zero] <= np.log(2) + 1e-6).all())
    )


_MISTAKES = (
    Mistake("absolute value", "Your result is the absolute value: it turns -3 into 3.", _LECTURE, np.abs),
    Mistake(
        "wrong side",
        "Your result keeps the negative numbers and replaces the positive ones with 0.",
        _LECTURE,
        lambda values: np.minimum(values, 0),
    ),
    Mistake(
        "step",
        "Your result is 1 for each positive number, but ReLU keeps the number itself.",
        _LECTURE,
        lambda values: (values > 0).astype(float),
    ),
    Mistake(
        "leaky",
        "Your result keeps a hundredth of each negative number (a leaky ReLU). ReLU gives 0.",
        _LECTURE,
        lambda values: np.where(values > 0, values, 0.01 * values),
    ),
    Mistake(
        "at most 6",
        "Your result is never above 6 (ReLU6). ReLU does not change large numbers.",
        _LECTURE,
        lambda values: np.clip(values, 0, 6),
    ),
    Mistake("capped", "Your result cuts large numbers off. ReLU does not change them.", _LECTURE, recognize=_is_capped),
    Mistake(
        "softplus",
        "Your result bends smoothly near 0 (a softplus). ReLU has a sharp corner there.",
        _LECTURE,
        recognize=_is_softplus,
    ),
)


def _draw(generator: np.random.Generator, number: int) -> tuple[np.ndarray]:
    """Draw numbers of both signs, in one to three dimensions."""
    shape = tuple(generator.integers(2, 6, size=1 + (number + 2) % 3))
    values = (generator.uniform(1, 5, size=shape) * generator.choice([-1.0, 1.0], size=shape)).round(1)
    values.flat[0], values.flat[-1] = (-50, 50) if is_large(number) else (-3.3, 3.3)
    return (vary(values, number),)


def _plan_twice(generator: np.random.Generator) -> list[Call]:
    values = generator.normal(size=(4, 3))
    values[0, 0], values[-1, -1] = -1.5, 3.1415  # the last one shows rounding
    return [Call("relu", (values,)), Call("relu", (relu(values),))]


def _judge_twice(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    once, twice = results[0][0], results[1][0]
    if agrees(twice, calls[1].arguments[0]) and agrees(once, twice.astype(float)):
        return ""
    return "Applying ReLU a second time must not change anything."


CHECKS = Checks(
    (
        *function_checks(
            "relu",
            reference=relu,
            tiny=(
                TinyCase((np.array([0.0, 0.0, -2.0, -4.0, -4.0]),), [0.0] * 5),
                TinyCase((np.array([[-1.5, 2.0], [3.0, -0.5]]),), [[0.0, 2.0], [3.0, 0.0]]),
                TinyCase((np.array([[1.0, 3.0, 3.0]]),), [[1.0, 3.0, 3.0]]),
            ),
            draw=_draw,
            mistakes=_MISTAKES,
        ),
        property_check("idempotent", plan=_plan_twice, judge=_judge_twice, lecture=_LECTURE),
    )
)
