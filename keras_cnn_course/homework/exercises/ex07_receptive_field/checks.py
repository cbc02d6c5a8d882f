"""Checks of exercise 7."""

import math
from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.cases import Checks, Mistake, Question, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.lecture.receptive_field import Stage, measure_receptive_field, receptive_field

__all__ = ["CHECKS"]

_Layers = tuple[tuple[int, int], ...]
_LECTURE = "On the slide, a pixel depends on 4x4 pixels after a 3x3 convolution and pooling, on 6x6 after more pooling."


def _field(layers: _Layers) -> int:
    return receptive_field([Stage(size, stride=stride) for size, stride in layers])


def _early_strides(layers: _Layers) -> int:
    field = distance = 1
    for size, stride in layers:
        distance *= stride
        field += (size - 1) * distance
    return field


def _added_strides(layers: _Layers) -> int:
    field = distance = 1
    for size, stride in layers:
        field += (size - 1) * distance
        distance += stride - 1
    return field


_MISTAKES = (
    Mistake(
        "sum of sizes",
        "Your result is the sum of the sizes of the layers.",
        _LECTURE,
        lambda layers: sum(size for size, _ in layers),
    ),
    Mistake(
        "strides ignored",
        "Your result ignores the strides. After pooling, neighboring pixels are further apart in the input.",
        _LECTURE,
        lambda layers: 1 + sum(size - 1 for size, _ in layers),
    ),
    Mistake(
        "strides too early",
        "You apply the stride of a layer to the layer itself, but it affects only the layers after it.",
        _LECTURE,
        _early_strides,
    ),
    Mistake(
        "area",
        "Your result is the number of pixels in the square, but the question is about one axis.",
        _LECTURE,
        lambda layers: _field(layers) ** 2,
    ),
    Mistake(
        "one too few",
        "Your result is one too small: you start with 0 pixels, but a pixel alone is 1.",
        _LECTURE,
        lambda layers: _field(layers) - 1,
    ),
    Mistake(
        "product of sizes",
        "Your result is the product of the sizes of the layers.",
        _LECTURE,
        lambda layers: math.prod(size for size, _ in layers),
    ),
    Mistake(
        "strides added",
        "You add the strides. The distance between neighboring pixels is their product.",
        _LECTURE,
        _added_strides,
    ),
    Mistake(
        "even sizes",
        "You count one pixel too many for a layer of an even size.",
        "A 2x2 window covers two pixels along each axis, so one more than a single pixel.",
        lambda layers: _field(tuple((size // 2 * 2 + 1, stride) for size, stride in layers)),
    ),
    Mistake(
        "strides of 2 only",
        "You count every stride above 1 as 2.",
        "The strides on the slide are 2, but other layers can have a stride of 3 or more.",
        lambda layers: _field(tuple((size, min(stride, 2)) for size, stride in layers)),
    ),
)


def _draw(generator: np.random.Generator, number: int) -> tuple[_Layers]:
    """Draw one to five layers; where there are several, the first one has a stride, and the second a size above 1.

    Only odd numbers have strides of 3, and three layers have two strides above 1. So everybody has as many such cases.
    """
    layers = generator.integers((2, 1), (6, 3 + number % 2), size=(1 + number % 5, 2))
    layers[0, 1] = 2 + number % 2
    if len(layers) > 2:
        layers[1, 1] = 2
    return (tuple((int(size), int(stride)) for size, stride in layers),)


def _probe(layers: _Layers) -> int:
    """Count the pixels in a row of input that change the first output when they are changed."""

    def apply(images: np.ndarray) -> np.ndarray:
        maps = images[:, 0]
        for size, stride in layers:
            maps = np.lib.stride_tricks.sliding_window_view(maps, size, axis=1).sum(axis=2)[:, ::stride]
        return maps

    mask = measure_receptive_field(apply, image_shape=(1, 2 * _field(layers)), position=(0,))
    return int(mask.sum())


def _plan_probe(generator: np.random.Generator) -> list[Call]:
    return [Call("receptive_field", (((3, 1), (2, 2), (int(generator.choice([2, 4, 5])), 1), (2, 2)),))]


def _judge_probe(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    layers = calls[0].arguments[0]
    measured = _probe(layers)
    if results[0][0].tolist() == measured:
        return ""
    return (
        f"For the layers {layers}, {measured} input pixels affect the first output pixel, but your result is different."
    )


def _ask(generator: np.random.Generator) -> tuple[Question, ...]:
    first, second = (int(size) for size in generator.choice([3, 5, 7], size=2))
    one, two = ((first, 1), (2, 2), (second, 1)), ((first, 1), (2, 2), (second, 1), (2, 2))
    text = f"A {first}x{first} convolution, 2x2 max pooling, and a {second}x{second} convolution"
    return tuple(
        Question(
            key,
            f"{words}. On how many input pixels along one axis does one output pixel depend?",
            _field(layers),
            tuple((int(each.imitate(layers)), each.says) for each in _MISTAKES if each.imitate is not None),
        )
        for key, words, layers in (
            ("field_without_last_pooling", text, one),
            ("field_with_last_pooling", f"{text}, followed by 2x2 max pooling", two),
        )
    )


CHECKS = Checks(
    (
        *function_checks(
            "receptive_field",
            reference=_field,
            tiny=(
                TinyCase((((3, 1), (2, 2)),), 4),
                TinyCase((((3, 1), (2, 2), (2, 2)),), 6),
                TinyCase((((3, 1), (3, 1)),), 5),
                TinyCase(((),), 1),
            ),
            draw=_draw,
            mistakes=_MISTAKES,
        ),
        property_check("measured", plan=_plan_probe, judge=_judge_probe, lecture=_LECTURE),
    ),
    ask=_ask,
)
