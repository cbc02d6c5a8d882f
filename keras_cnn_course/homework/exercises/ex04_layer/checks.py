"""Checks of exercise 4. A test of the lecture's convolution compares the reference with Keras."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.homework.authoring.arrays import CASES, draw_size, make_strided, vary
from keras_cnn_course.homework.authoring.cases import Checks, Mistake, TinyCase
from keras_cnn_course.homework.authoring.check_kinds import function_checks, property_check
from keras_cnn_course.homework.authoring.comparison import agrees
from keras_cnn_course.homework.sandbox.messages import Call
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.network import Layer, size_layers

__all__ = ["CHECKS"]

_KERNEL_SHAPES = ((2, 3), (3, 3), (3, 2), (2, 2), (1, 3), (3, 2), (1, 1), (3, 3))
_DEPTH_LECTURE = "For an image with d channels, each kernel is 3x3xd, and all its products are added up."
_BIAS_LECTURE = (
    'The slide says "technical detail: there\'s also a bias vector". It has one number for each of the k kernels.'
)
_COUNT_LECTURE = "A layer has k kernels of 3x3xd weights, and a bias vector of k numbers."


def _always_three_by_three(image: np.ndarray, kernels: np.ndarray, bias: np.ndarray) -> np.ndarray:
    height, width = (max(size - 2, 0) for size in image.shape[:2])
    if height * width == 0:
        return np.zeros((height, width, len(bias)))
    return convolve(image, np.broadcast_to(kernels, (3, 3, *kernels.shape[2:])), bias)


_LAYER_MISTAKES = (
    Mistake(
        "one channel",
        "Your result uses only the first channel of the image.",
        _DEPTH_LECTURE,
        lambda image, kernels, bias: convolve(image[:, :, :1], kernels[:, :, :1], bias),
    ),
    Mistake(
        "no bias",
        "Your result equals the output of a layer without a bias.",
        _BIAS_LECTURE,
        lambda image, kernels, bias: convolve(image, kernels),
    ),
    Mistake(
        "shared bias",
        "Your result adds the bias of the first kernel to every channel.",
        _BIAS_LECTURE,
        lambda image, kernels, bias: convolve(image, kernels, bias[0]),
    ),
    Mistake(
        "activated",
        "Your result equals the output after a ReLU.",
        "This exercise computes the layer without an activation. ReLU is the next exercise.",
        lambda image, kernels, bias: np.maximum(convolve(image, kernels, bias), 0),
    ),
    Mistake(
        "flipped",
        "Your result equals a convolution with the kernels rotated by 180 degrees.",
        'The lecture multiplies the window and the kernel element by element ("Take dot product!").',
        lambda image, kernels, bias: convolve(image, kernels[::-1, ::-1], bias),
    ),
    Mistake(
        "bias subtracted",
        "You subtract the bias. Add it.",
        _BIAS_LECTURE,
        lambda image, kernels, bias: convolve(image, kernels, -bias),
    ),
    Mistake(
        "bias too often",
        "You add the bias to each product. Add it once, after the sum.",
        _BIAS_LECTURE,
        lambda image, kernels, bias: convolve(image, kernels, kernels[..., 0].size * bias),
    ),
    Mistake(
        "mean over channels",
        "Your result is the mean over the channels, not the sum.",
        _DEPTH_LECTURE,
        lambda image, kernels, bias: convolve(image, kernels / image.shape[2], bias),
    ),
    Mistake(
        "channels first",
        "The channels of your output come first. They must be the last axis.",
        _DEPTH_LECTURE,
        lambda image, kernels, bias: np.moveaxis(convolve(image, kernels, bias), -1, 0),
    ),
    Mistake(
        "always 3x3",
        "Your function assumes that all kernels have 3x3 weights.",
        "On the slides they do, but the array of kernels says how many rows and columns they have.",
        _always_three_by_three,
    ),
)
_COUNT_MISTAKES = (
    Mistake("no biases", "You do not count the biases.", _COUNT_LECTURE, lambda depth, filters: 9 * depth * filters),
    Mistake(
        "one bias",
        "You count a single bias for the whole layer.",
        _COUNT_LECTURE,
        lambda depth, filters: 9 * depth * filters + 1,
    ),
    Mistake(
        "depth ignored",
        "You count 3x3 kernels, without the depth of the image.",
        _COUNT_LECTURE,
        lambda depth, filters: 10 * filters,
    ),
    Mistake(
        "5x5",
        "You count kernels of 5x5 weights.",
        _COUNT_LECTURE,
        lambda depth, filters: (25 * depth + 1) * filters,
    ),
)


def _count_parameters(depth: int, filters: int) -> int:
    return size_layers([Layer("conv", filters, window=3)], (8, 8, depth))[0].parameters


def _draw(generator: np.random.Generator, number: int) -> tuple[np.ndarray, ...]:
    """Draw an image and kernels that are not square, with all sizes different; the last case has one channel."""
    height, width = draw_size(generator, number, least=4, most=7)
    depth, filters = generator.permutation(np.arange(2, 6))[:2]
    depth = 1 if number == CASES - 1 else depth
    image = generator.normal(size=(height, width, depth)).round(1)
    kernels = generator.normal(size=(*_KERNEL_SHAPES[number], depth, filters)).round(1)
    kernels = make_strided(kernels) if number % 2 else kernels
    return vary(image, number), kernels, generator.normal(size=filters).round(1)


def _draw_counts(generator: np.random.Generator, _: int) -> tuple[int, int]:
    return int(generator.integers(2, 65)), int(generator.integers(2, 129))


def _plan_channels(generator: np.random.Generator) -> list[Call]:
    image, kernels = generator.normal(size=(5, 6, 3)), generator.normal(size=(3, 3, 3, 2))
    bias = generator.normal(size=2)
    order = np.array([2, 0, 1])
    return [
        Call("conv_layer", (image, kernels, bias)),
        Call("conv_layer", (image[:, :, order], kernels[:, :, order], bias)),
        Call("conv_layer", (image, kernels[..., ::-1], bias[::-1])),
    ]


def _judge_channels(_: Sequence[Call], results: Sequence[tuple[np.ndarray, ...]]) -> str:
    first, reordered, exchanged = (arrays[0] for arrays in results)
    if first.shape != (3, 4, 2) or not first.any():
        return f"Two 3x3 kernels on a 5x6 image must give a 3x4x2 array that is not all 0. Your shape is {first.shape}."
    if not agrees(reordered, first.astype(float)):
        return "Reordering the channels of the image and of the kernels in the same way must not change the result."
    if not agrees(exchanged, first[..., ::-1].astype(float)):
        return "Reordering the kernels and the bias must reorder the output channels in the same way."
    return ""


_ONES = np.ones((3, 3, 2))

CHECKS = Checks(
    (
        *function_checks(
            "conv_layer",
            reference=convolve,
            tiny=(
                TinyCase((_ONES, np.ones((3, 3, 2, 1)), np.array([0.5])), [[[18.5]]]),
                TinyCase((_ONES, np.ones((3, 3, 2, 2)), np.array([1.0, -20.0])), [[[19.0, -2.0]]]),
                TinyCase(
                    (np.arange(8.0).reshape(2, 2, 2), np.array([[[[1.0], [10.0]]]]), np.zeros(1)),
                    [[[10.0], [32.0]], [[54.0], [76.0]]],
                ),
            ),
            draw=_draw,
            mistakes=_LAYER_MISTAKES,
            prefix="conv_layer: ",
        ),
        *function_checks(
            "count_parameters",
            reference=_count_parameters,
            tiny=(TinyCase((1, 1), 10), TinyCase((1, 32), 320), TinyCase((32, 64), 18_496)),
            draw=_draw_counts,
            mistakes=_COUNT_MISTAKES,
            prefix="count_parameters: ",
        ),
        property_check("order of channels", plan=_plan_channels, judge=_judge_channels, lecture=_DEPTH_LECTURE),
    )
)
