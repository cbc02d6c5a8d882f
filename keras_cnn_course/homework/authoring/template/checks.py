"""Checks of exercise 99."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.arrays import vary
from keras_cnn_course.homework.authoring.cases import Checks, Mistake, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.sandbox.messages import Call

__all__ = ["CHECKS"]

_LECTURE = "The smallest number becomes 0, the largest becomes 1, and the others lie in between."


def _reference(values: np.ndarray) -> np.ndarray:
    """Return the correct result. The solution that students read is a file of its own."""
    return (values - values.min()) / (values.max() - values.min())


_MISTAKES = (
    Mistake(
        "not shifted",
        "You divide by the largest number, but the smallest one does not become 0.",
        _LECTURE,
        lambda values: values / values.max(),
    ),
    Mistake(
        "not divided",
        "Your smallest number is 0, but the largest one is not 1.",
        _LECTURE,
        lambda values: values - values.min(),
    ),
    Mistake(
        "up to 255",
        "Your numbers go up to 255, as in a picture file. They should end at 1.",
        _LECTURE,
        lambda values: 255 * _reference(values),
    ),
)


def _draw(generator: np.random.Generator, number: int) -> tuple[np.ndarray]:
    """Draw the arguments of the random case with this number, from 0 to 7: numbers of both signs, in two dimensions."""
    values = generator.uniform(-5, 5, size=generator.integers(2, 6, size=2)).round(1)
    values.flat[0], values.flat[-1] = -5.5, 9.5
    return (vary(values, number),)


def _plan_twice(generator: np.random.Generator) -> list[Call]:
    values = generator.uniform(-5, 5, size=(3, 4))
    return [Call("template_name", (values,)), Call("template_name", (10 * values + 3,))]


def _judge_twice(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    """Return what is wrong; an empty text if the property holds."""
    same = results[0][0].shape == results[1][0].shape and np.allclose(results[0][0], results[1][0], atol=1e-5)
    return "" if same else "A brighter image with more contrast must give the same result."


CHECKS = Checks(
    (
        *function_checks(
            "template_name",
            reference=_reference,
            tiny=(
                TinyCase((np.array([1.0, 2.0, 3.0]),), [0.0, 0.5, 1.0]),
                TinyCase((np.array([[-1.0, 3.0], [1.0, 0.0]]),), [[0.0, 1.0], [0.5, 0.25]]),
            ),
            draw=_draw,
            mistakes=_MISTAKES,
        ),
        property_check("brightness and contrast", plan=_plan_twice, judge=_judge_twice, lecture=_LECTURE),
    )
)
