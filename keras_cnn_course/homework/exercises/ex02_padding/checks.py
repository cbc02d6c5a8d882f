"""Checks of exercise 2."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.arrays import draw_size, vary
from keras_cnn_course.homework.authoring.cases import Checks, Mistake, Question, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.lecture.receptive_field import Stage

__all__ = ["CHECKS"]

_STRIDES_AND_REST = ((1, 0), (2, 1), (3, 2), (4, 3), (4, 1), (3, 0), (2, 0), (5, 4))
_PAD_LECTURE = "The lecture pads a 7x7 image to 9x9, with zeros on all four sides."
_SIZE_LECTURE = "On the slide, 7 pixels become 5 with a 3x3 kernel. With one zero on each side, they stay 7."

_PAD_MISTAKES = (
    Mistake(
        "one side",
        "You added zeros only below the image and to its right.",
        _PAD_LECTURE,
        lambda image, amount: np.pad(image, (0, amount)),
    ),
    Mistake(
        "other side",
        "You added zeros only above the image and to its left.",
        _PAD_LECTURE,
        lambda image, amount: np.pad(image, (amount, 0)),
    ),
    Mistake(
        "edge values",
        "Your frame repeats the outermost pixels of the image.",
        'The slide says "pad 0\'s".',
        lambda image, amount: np.pad(image, amount, mode="edge"),
    ),
    Mistake(
        "always one",
        "Your frame is always one pixel wide, whatever `amount` is.",
        _PAD_LECTURE,
        lambda image, amount: np.pad(image, min(amount, 1)),
    ),
)
_SIZE_MISTAKES = (
    Mistake(
        "without one",
        "Your result is the number of steps from the first position to the last, not the number of positions.",
        _SIZE_LECTURE,
        lambda size, kernel_size, stride, padding: (size + 2 * padding - kernel_size) // stride,
    ),
    Mistake(
        "padding once",
        "You count the zeros on only one of the two sides.",
        _SIZE_LECTURE,
        lambda size, kernel_size, stride, padding: (size + padding - kernel_size) // stride + 1,
    ),
    Mistake(
        "stride ignored",
        "Your result is the one for stride 1.",
        "With a stride of 2, the kernel moves by two pixels at a time and has about half as many positions.",
        lambda size, kernel_size, stride, padding: size + 2 * padding - kernel_size + 1,
    ),
    Mistake(
        "rounded up",
        "You count one more position at the end, where the kernel no longer fits on the image.",
        "The kernel moves in whole steps. Pixels at the end that it does not reach are ignored.",
        lambda size, kernel_size, stride, padding: -(-(size + 2 * padding - kernel_size) // stride) + 1,
    ),
    Mistake(
        "not whole",
        "Your result is not a whole number.",
        "The kernel moves in whole steps. Pixels at the end that it does not reach are ignored.",
        lambda size, kernel_size, stride, padding: (size + 2 * padding - kernel_size) / stride + 1,
    ),
    Mistake(
        "kernel and stride exchanged",
        "You divide by the size of the kernel and subtract the stride. It is the other way round.",
        _SIZE_LECTURE,
        lambda size, kernel_size, stride, padding: (size + 2 * padding - stride) // kernel_size + 1,
    ),
    Mistake(
        "one added before dividing",
        "You add 1 before you divide by the stride. The first position counts as a whole one, so add 1 afterwards.",
        _SIZE_LECTURE,
        lambda size, kernel_size, stride, padding: (size + 2 * padding - kernel_size + 1) // stride,
    ),
    Mistake(
        "one pixel too many",
        "You count one pixel too many before you divide by the stride.",
        _SIZE_LECTURE,
        lambda size, kernel_size, stride, padding: (size + 2 * padding - kernel_size + 1) // stride + 1,
    ),
)


def _output_size(size: int, kernel_size: int, stride: int, padding: int) -> int:
    """Return the number of output pixels, from the lecture's rule for an image that is already padded."""
    return Stage(kernel_size, stride=stride).output_size(size + 2 * padding)


def _draw_image(generator: np.random.Generator, number: int) -> tuple[np.ndarray, int]:
    size = draw_size(generator, number, least=3, most=7)
    return vary(generator.uniform(1, 9, size=size).round(1), number), (1, 2, 3, 2, 1, 3, 2, 3)[number]


def _draw_sizes(generator: np.random.Generator, number: int) -> tuple[int, int, int, int]:
    """Draw sizes with the number's stride and number of pixels left at the end, so that all kinds of rounding show."""
    stride, left = _STRIDES_AND_REST[number]
    kernel_size, padding = int(generator.integers(2, 8)), int(generator.integers(2, 7))
    steps = int(generator.integers(6, 12))
    return steps * stride + left + kernel_size - 2 * padding + 8 * stride, kernel_size, stride, padding


def _plan_same(generator: np.random.Generator) -> list[Call]:
    size, half = int(generator.integers(9, 30)), int(generator.integers(2, 4))
    return [
        Call("output_size", (size, 2 * half + 1, 1, half)),
        Call("pad_zeros", (generator.uniform(1, 9, size=(4, 5)), half)),
    ]


def _judge_same(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    size, kernel_size, _, padding = calls[0].arguments
    if results[0][0].tolist() != size:
        return f"With {padding} zeros on each side, a kernel of {kernel_size} pixels must not change the size {size}."
    frame, amount = results[1][0].copy(), calls[1].arguments[1]
    if frame.ndim == 2:
        frame[amount:-amount, amount:-amount] = 0
    return "Every number in the frame must be 0. Some of yours are not." if frame.any() else ""


def _ask(generator: np.random.Generator) -> tuple[Question, ...]:
    height, width, kernel, stride = (int(generator.integers(*ends)) for ends in ((15, 24), (25, 34), (3, 6), (2, 4)))
    odd = 2 * int(generator.integers(2, 5)) + 1
    expected = _output_size(height, kernel, stride, 0), _output_size(width, kernel, stride, 0)
    return (
        Question(
            "output_shape",
            f"A {kernel}x{kernel} kernel, stride {stride} and no padding, on a {height}x{width} image. "
            "What is the output's [height, width]?",
            expected,
            (
                (
                    (expected[0] - 1, expected[1] - 1),
                    "That is the number of steps, not the number of positions.",
                ),
                ((expected[1], expected[0]), "The height comes first."),
                (
                    (height - kernel + 1, width - kernel + 1),
                    f"That is the answer for stride 1, but here the stride is {stride}.",
                ),
            ),
        ),
        Question(
            "zeros_on_each_side",
            f"With a {odd}x{odd} kernel and stride 1, how many zeros on each side keep the size of the image?",
            odd // 2,
            ((odd - 1, "That is the number for both sides together."),),
        ),
    )


CHECKS = Checks(
    (
        *function_checks(
            "pad_zeros",
            reference=np.pad,
            tiny=(
                TinyCase((np.array([[5.0]]), 1), [[0.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 0.0]]),
                TinyCase((np.array([[1.0, 2.0]]), 1), [[0.0] * 4, [0.0, 1.0, 2.0, 0.0], [0.0] * 4]),
                TinyCase((np.array([[1.0], [2.0]]), 0), [[1.0], [2.0]]),
            ),
            draw=_draw_image,
            mistakes=_PAD_MISTAKES,
            prefix="pad_zeros: ",
        ),
        *function_checks(
            "output_size",
            reference=_output_size,
            tiny=(TinyCase((7, 3, 1, 0), 5), TinyCase((7, 3, 1, 1), 7), TinyCase((5, 2, 2, 0), 2)),
            draw=_draw_sizes,
            mistakes=_SIZE_MISTAKES,
            prefix="output_size: ",
        ),
        property_check("size and border", plan=_plan_same, judge=_judge_same, lecture=_PAD_LECTURE),
    ),
    ask=_ask,
)
