"""Checks of exercise 3."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.arrays import draw_size, vary
from keras_cnn_course.homework.authoring.cases import Checks, Mistake, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.authoring.comparison import agrees
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.filters import FILTERS

__all__ = ["CHECKS"]

_BLUR_LECTURE = 'On the slide, the kernel has nine ones with "1/9" in front, which makes it an average.'
_EDGES_LECTURE = (
    "On the slide, the rows of the kernel are -1 -1 -1, 2 2 2 and -1 -1 -1: it highlights horizontal lines."
)
_LINE = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
_LAPLACE = np.where(np.arange(9).reshape(3, 3) == 4, 8.0, -1.0)
_SOBEL = np.outer([-1.0, 0.0, 1.0], [1.0, 2.0, 1.0])


def _blur(image: np.ndarray) -> np.ndarray:
    return convolve(image, FILTERS["blur"].kernel)


def _find_edges(image: np.ndarray) -> np.ndarray:
    return convolve(image, FILTERS["horizontal-edges"].kernel)


def _draw(generator: np.random.Generator, number: int) -> tuple[np.ndarray]:
    size = draw_size(generator, number, least=4, most=8)
    return (vary(generator.uniform(0, 9, size=size).round(1), number),)


def _plan_constant(generator: np.random.Generator) -> list[Call]:
    image = np.full((5, 6), generator.uniform(1, 9))
    return [Call("blur", (image,)), Call("find_edges", (image,))]


def _judge_constant(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    value = calls[0].arguments[0][0, 0]
    if not agrees(results[0][0], np.full((3, 4), value)):
        return f"The blur of an image that is {value:.3g} everywhere must be {value:.3g} everywhere."
    if not (np.abs(results[1][0]) < 1e-4).all():
        return "An image with the same value everywhere has no edges, so find_edges must return zeros."
    return ""


CHECKS = Checks(
    (
        *function_checks(
            "blur",
            reference=_blur,
            tiny=(
                TinyCase((np.full((3, 3), 9.0),), [[9.0]]),
                TinyCase((9.0 * _LINE,), [[3.0]]),
                TinyCase((np.arange(12.0).reshape(3, 4),), [[5.0, 6.0]]),
            ),
            draw=_draw,
            mistakes=(
                Mistake(
                    "not normalized",
                    "Your result is nine times too large: it is the sum of nine pixels, not their average.",
                    _BLUR_LECTURE,
                    lambda image: 9 * _blur(image),
                ),
            ),
            prefix="blur: ",
        ),
        *function_checks(
            "find_edges",
            reference=_find_edges,
            tiny=(
                TinyCase((_LINE,), [[6.0]]),
                TinyCase((_LINE.T,), [[0.0]]),
                TinyCase((np.eye(4),), [[0.0, 1.0], [1.0, 0.0]]),
            ),
            draw=_draw,
            mistakes=(
                Mistake(
                    "wrong axis",
                    "Your result is the one for vertical edges.",
                    _EDGES_LECTURE,
                    lambda image: convolve(image, FILTERS["vertical-edges"].kernel),
                ),
                Mistake(
                    "wrong sign",
                    "Your result has the wrong sign: bright lines become dark.",
                    _EDGES_LECTURE,
                    lambda image: -_find_edges(image),
                ),
                Mistake(
                    "absolute value",
                    "Your result is the absolute value. Dark lines must give negative numbers.",
                    _EDGES_LECTURE,
                    lambda image: np.abs(_find_edges(image)),
                ),
                Mistake(
                    "divided by 9",
                    "Your result is divided by 9. Only the kernel of the blur has that factor.",
                    _EDGES_LECTURE,
                    lambda image: _find_edges(image) / 9,
                ),
                Mistake(
                    "all directions",
                    "Your kernel finds edges in all directions: it has 8 in the middle and -1 around it.",
                    _EDGES_LECTURE,
                    lambda image: convolve(image, _LAPLACE),
                ),
                Mistake(
                    "steps",
                    "Your kernel finds steps from dark to bright, not lines. Its name is Sobel kernel.",
                    _EDGES_LECTURE,
                    lambda image: convolve(image, _SOBEL),
                ),
            ),
            prefix="find_edges: ",
        ),
        property_check(
            "constant image",
            plan=_plan_constant,
            judge=_judge_constant,
            is_telling=True,
            lecture="The numbers in the kernel of the blur add up to 1, those in the kernel for edges to 0.",
        ),
    )
)
