"""Checks of exercise 8."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.cases import Checks, Mistake, Question, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.lecture.network import Layer, size_layers

__all__ = ["CHECKS"]

_LECTURE = "On the slide, the network 784 -> 512 -> 10 has 784*512+512 + 512*10+10 = 407,050 parameters."
_BLOCK_LECTURE = (
    "On the slide, 28x28 becomes 26x26 and then 13x13, with 32 channels. The flattened vector has 5,408 numbers."
)


def _count_mlp(inputs: int, units: int, classes: int) -> int:
    layers = (Layer("flatten"), Layer("dense", units), Layer("dense", classes))
    return sum(layer.parameters for layer in size_layers(layers, (inputs, 1, 1)))


def _count_cnn(height: int, width: int, channels: int, filters: int, units: int, classes: int) -> int:
    block = (Layer("conv", filters, window=3), Layer("pool", window=2))
    layers = (*block, Layer("flatten"), Layer("dense", units), Layer("dense", classes))
    return sum(layer.parameters for layer in size_layers(layers, (height, width, channels)))


def _without_pooling(height: int, width: int, channels: int, filters: int, units: int, classes: int) -> int:
    convolution = (9 * channels + 1) * filters
    return convolution + _count_mlp((height - 2) * (width - 2) * filters, units, classes)


def _with_padding(height: int, width: int, channels: int, filters: int, units: int, classes: int) -> int:
    convolution = (9 * channels + 1) * filters
    return convolution + _count_mlp((height // 2) * (width // 2) * filters, units, classes)


def _with_image_channels(height: int, width: int, channels: int, filters: int, units: int, classes: int) -> int:
    convolution = (9 * channels + 1) * filters
    return convolution + _count_mlp((height - 2) // 2 * ((width - 2) // 2) * channels, units, classes)


_MLP_MISTAKES = (
    Mistake(
        "no biases",
        "You count the weights, but not the biases.",
        _LECTURE,
        lambda inputs, units, classes: inputs * units + units * classes,
    ),
    Mistake(
        "one bias",
        "You count one bias per layer, but each neuron has its own bias.",
        _LECTURE,
        lambda inputs, units, classes: inputs * units + units * classes + 2,
    ),
    Mistake(
        "no classifier biases",
        "You do not count the biases of the last layer.",
        _LECTURE,
        lambda inputs, units, classes: _count_mlp(inputs, units, classes) - classes,
    ),
)
_CNN_MISTAKES = (
    Mistake(
        "no biases",
        "You do not count the biases of the convolution.",
        "A convolution has k kernels of 3x3xd weights, and a bias vector of k numbers.",
        lambda *sizes: _count_cnn(*sizes) - sizes[3],
    ),
    Mistake(
        "no biases at all",
        "You do not count the biases of any layer.",
        _LECTURE,
        lambda *sizes: _count_cnn(*sizes) - sizes[3] - sizes[4] - sizes[5],
    ),
    Mistake(
        "no pooling",
        "You flatten the output of the convolution without pooling it first.",
        _BLOCK_LECTURE,
        _without_pooling,
    ),
    Mistake(
        "padded",
        "Your count assumes that the convolution keeps the size of the image.",
        _BLOCK_LECTURE,
        _with_padding,
    ),
    Mistake(
        "depth ignored",
        "You count 3x3 kernels, without the channels of the image.",
        "A convolution has k kernels of 3x3xd weights, and a bias vector of k numbers.",
        lambda *sizes: _count_cnn(*sizes) - 9 * (sizes[2] - 1) * sizes[3],
    ),
    Mistake(
        "no classifier biases",
        "You do not count the biases of the last layer.",
        _LECTURE,
        lambda *sizes: _count_cnn(*sizes) - sizes[5],
    ),
    Mistake(
        "square",
        "You take the height of the image for its width, too.",
        _BLOCK_LECTURE,
        lambda height, _, *others: _count_cnn(height, height, *others),
    ),
    Mistake(
        "channels of the image",
        "You flatten as many channels as the image has, but the convolution has one per kernel.",
        _BLOCK_LECTURE,
        _with_image_channels,
    ),
    Mistake(
        "rounded up",
        "You round up when you halve an odd number of rows or columns.",
        _BLOCK_LECTURE,
        lambda height, width, *others: _count_cnn(height + height % 2, width + width % 2, *others),
    ),
    Mistake(
        "rounded",
        "You round half a row or column. `round` sometimes rounds up: round(1.5) is 2.",
        _BLOCK_LECTURE,
        lambda height, width, *others: _count_cnn(
            2 * round((height - 2) / 2) + 2, 2 * round((width - 2) / 2) + 2, *others
        ),
    ),
)


def _draw_mlp(generator: np.random.Generator, _: int) -> tuple[int, ...]:
    low, high = (50, 16, 3), (1000, 600, 20)
    return tuple(int(size) for size in generator.integers(low, high))


def _draw_cnn(generator: np.random.Generator, number: int) -> tuple[int, ...]:
    """Draw sizes; the numbers give the height and the width all remainders of a division by 4."""
    low, high = (12, 12, 2, 4, 16, 3), (40, 40, 5, 64, 300, 20)
    height, width, *others = (int(size) for size in generator.integers(low, high))
    return (height // 4 * 4 + number % 4, width // 4 * 4 + number // 2 % 4, *others)


def _plan_growth(generator: np.random.Generator) -> list[Call]:
    sizes = _draw_cnn(generator, 0)
    return [Call("count_cnn", sizes), Call("count_cnn", (*sizes[:5], sizes[5] + 1))]


def _judge_growth(calls: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    units = calls[0].arguments[4]
    less, more = (arrays[0] for arrays in results)
    if less.shape == more.shape and (more - less).tolist() == units + 1:
        return ""
    return f"After a layer of {units} neurons, one more class must add {units} weights and one bias."


def _ask(generator: np.random.Generator) -> tuple[Question, ...]:
    side, filters = int(generator.integers(10, 17)) * 2, int(generator.integers(3, 13)) * 4
    flat = ((side - 2) // 2) ** 2 * filters
    convolution = 10 * filters
    return (
        Question(
            "convolution",
            f"How many parameters does a convolution with {filters} kernels of 3x3 and biases have on a gray image?",
            convolution,
            ((9 * filters, "The biases are missing."), (9 * filters + 1, "Each kernel has its own bias.")),
        ),
        Question(
            "flattened",
            f"A gray image of {side}x{side} goes through a convolution with {filters} kernels of 3x3 and no padding, "
            "2x2 max pooling, and flatten. How many numbers does the vector have?",
            flat,
            (
                ((side - 2) ** 2 * filters, "That is the number before pooling."),
                ((side // 2) ** 2 * filters, "Without padding, the convolution makes the image smaller."),
                (((side - 2) // 2) ** 2, "That is the number for one channel."),
            ),
        ),
    )


CHECKS = Checks(
    (
        *function_checks(
            "count_mlp",
            reference=_count_mlp,
            tiny=(TinyCase((1, 1, 1), 4), TinyCase((2, 3, 2), 17), TinyCase((784, 512, 10), 407_050)),
            draw=_draw_mlp,
            mistakes=_MLP_MISTAKES,
            prefix="count_mlp: ",
        ),
        *function_checks(
            "count_cnn",
            reference=_count_cnn,
            tiny=(
                TinyCase((4, 4, 1, 1, 1, 1), 14),
                TinyCase((28, 28, 1, 32, 512, 10), 2_774_858),
                TinyCase((6, 4, 2, 1, 1, 2), 26),
            ),
            draw=_draw_cnn,
            mistakes=_CNN_MISTAKES,
            prefix="count_cnn: ",
        ),
        property_check("one more class", plan=_plan_growth, judge=_judge_growth, lecture=_LECTURE),
    ),
    ask=_ask,
)
