"""Slides "Convolution Layer", "Convolution Layer: depth d" and "Basic Building Block of CNN's".

>>> feature_maps = run_block(np.ones((28, 28, 1)), np.ones((3, 3, 1, 32)), np.zeros(32))
>>> feature_maps.convolved.shape, feature_maps.activated.shape, feature_maps.pooled.shape
((26, 26, 32), (26, 26, 32), (13, 13, 32))
"""

from dataclasses import dataclass

import numpy as np

from keras_cnn_course.lecture.activation import relu
from keras_cnn_course.lecture.convolution import DotProduct, convolve, output_shape, take_dot_product
from keras_cnn_course.lecture.filters import FILTERS
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import (
    Window,
    beside,
    describe_numbers,
    format_number,
    matrix_lines,
    readable_lines,
    size_text,
    stack,
)
from keras_cnn_course.lecture.pooling import max_pool
from keras_cnn_course.lecture.stepping import Board, SlideStep

__all__ = [
    "BlockMaps",
    "DepthStep",
    "ExampleLayer",
    "design_layer",
    "run_block",
    "step_through_block",
    "step_through_depth",
    "step_through_layer",
    "take_depth_step",
    "work_out_block",
    "work_out_depth",
    "work_out_layer",
]


@dataclass(frozen=True, eq=False)
class BlockMaps:
    """The k feature maps of a block after each of its steps, each `(height, width, k)`.

    Args:
        convolved: after the convolution and the bias.
        activated: after ReLU.
        pooled: after max pooling.
    """

    convolved: np.ndarray
    activated: np.ndarray
    pooled: np.ndarray

    @property
    def dead(self) -> np.ndarray:
        """Which of the k feature maps ReLU sets to 0 everywhere, `(k,)`, bool."""
        return np.all(self.activated <= 0, axis=(0, 1))


def run_block(image: np.ndarray, kernels: np.ndarray, bias: np.ndarray, *, pool_size: int = 2) -> BlockMaps:
    """Return the feature maps of one block.

    Args:
        image: `(height, width, d)`.
        kernels: `(rows, columns, d, k)`.
        bias: `(k,)`.
        pool_size: height and width of the pooling window.
    """
    convolved = convolve(image, kernels, bias)
    activated = relu(convolved)
    return BlockMaps(convolved, activated, max_pool(activated, window=pool_size))


@dataclass(frozen=True, eq=False)
class ExampleLayer:
    """A convolution layer designed by hand, to show what a learned one does.

    Args:
        names: one per kernel.
        kernels: `(3, 3, 1, 4)`, int64.
        bias: `(4,)`, int64.
    """

    names: tuple[str, ...]
    kernels: np.ndarray
    bias: np.ndarray


def design_layer(image: np.ndarray) -> ExampleLayer:
    """Return four kernels; the last has such a negative bias that ReLU leaves nothing of its output.

    It adds up nine pixels, which together are at most nine times the brightest one. So its feature map is dead, as
    can happen to a learned one.

    Args:
        image: `(height, width)`, integers. Its brightest pixel determines the last bias.

    >>> design_layer(np.ones((7, 7), dtype=int)).bias.tolist()
    [0, 0, 0, -9]
    """
    names = ("horizontal-edges", "vertical-edges", "sharpen", "blur")
    kernels = np.stack([FILTERS[name].numerators for name in names], axis=-1)[:, :, np.newaxis]
    return ExampleLayer((*names[:-1], "sum of nine"), kernels, np.array([0, 0, 0, -9 * image.max()]))


def work_out_layer(material: Material) -> list[str]:
    """Return the feature map of each of k filters, before and after ReLU."""
    image = material.image.pixels
    layer = design_layer(image)
    stacked = convolve(image[..., np.newaxis], layer.kernels, layer.bias)
    lines = [
        "These filters are designed by hand. A network learns its own.",
        f"(H, W) -> (H-2, W-2, k): {size_text(image)} -> {size_text(stacked)}",
    ]
    for number, name in enumerate(layer.names):
        before = stacked[..., number]
        after = relu(before)
        lines += ["", f"kernel {number + 1}, {name}, bias {format_number(layer.bias[number])}"]
        if material.image.is_small:
            lines += beside(readable_lines(before), "-> ReLU ->", readable_lines(after))
        else:
            lines += [f"before ReLU: {describe_numbers(before)}", f"after ReLU:  {describe_numbers(after)}"]
        if not after.any():
            lines.append("All zeros after ReLU: this feature map is dead on this image.")
    return [stack(*lines)]


@dataclass(frozen=True, eq=False)
class DepthStep:
    """One output pixel of a kernel of depth d.

    Args:
        row: of the output pixel.
        column: of the output pixel.
        kernel: `(3, 3, d)`.
        dot_product: window and products `(3, 3, d)`.
    """

    row: int
    column: int
    kernel: np.ndarray
    dot_product: DotProduct

    @property
    def sums(self) -> list[int]:
        """The sum of the products of each channel."""
        return [int(total) for total in self.dot_product.products.sum(axis=(0, 1))]

    @property
    def arithmetic(self) -> str:
        """The sums, added up with the bias."""
        sums = " + ".join(f"({total})" for total in self.sums)
        return f"{sums} + bias {format_number(self.dot_product.bias)} = {format_number(self.dot_product.total)}"


def take_depth_step(image: np.ndarray) -> DepthStep:
    """Return the step in the middle of an image `(height, width, d)`: one kernel for all channels, bias 1."""
    kernel = np.repeat(FILTERS["horizontal-edges"].numerators[..., np.newaxis], image.shape[2], axis=2)
    height, width = output_shape(image.shape, kernel.shape)
    row, column = (height - 1) // 2, width // 2
    return DepthStep(row, column, kernel, take_dot_product(image, kernel, row=row, column=column, bias=1))


def work_out_depth(material: Material) -> list[str]:
    """Return one output pixel computed from d channels, and the number of parameters of k kernels."""
    image = material.image.channels
    depth = image.shape[2]
    step = take_depth_step(image)
    lines = [
        f"One 3x3x{depth} kernel on an image of depth {depth}: output pixel ({step.row}, {step.column}), bias 1",
        "",
    ]
    for channel, total in enumerate(step.sums):
        window, products = step.dot_product.window[..., channel], step.dot_product.products[..., channel]
        blocks = (matrix_lines(window), "*", matrix_lines(step.kernel[..., channel]), "=", matrix_lines(products))
        lines += [f"channel {channel + 1}", *beside(*blocks, f"sum {total}")]
    parameters = "; ".join(f"k={k}: {k * (9 * depth + 1):,}" for k in (1, 32, 64))
    return [
        stack(
            *lines,
            "",
            step.arithmetic,
            f"k kernels: (H, W, {depth}) -> (H-2, W-2, k), with k*(9*{depth}+1) parameters. {parameters}",
        )
    ]


def work_out_block(material: Material) -> list[str]:
    """Return the shapes and numbers of every feature map on its way through one block."""
    image = material.image.pixels
    layer = design_layer(image)
    feature_maps = run_block(image[..., np.newaxis], layer.kernels, layer.bias)
    steps = (
        ("input", image[..., np.newaxis]),
        ("convolution", feature_maps.convolved),
        ("ReLU", feature_maps.activated),
        ("max pooling", feature_maps.pooled),
    )
    lines = [f"{'step':<14}{'shape':<12}{'zeros':>6}   range of each channel"]
    for name, values in steps:
        lows, highs = values.min(axis=(0, 1)), values.max(axis=(0, 1))
        ranges = "  ".join(
            f"{format_number(low)}..{format_number(high)}" for low, high in zip(lows, highs, strict=True)
        )
        lines.append(f"{name:<14}{size_text(values):<12}{(values == 0).mean():>6.0%}   {ranges}")
    dead = [name for name, is_dead in zip(layer.names, feature_maps.dead, strict=True) if is_dead]
    return [
        stack(
            f"One block on {material.image.name}. Channels: {', '.join(layer.names)}",
            lines,
            f"dead after ReLU: {', '.join(dead) or 'none'}",
        )
    ]


def step_through_layer(material: Material) -> list[SlideStep]:
    """Return one step per kernel: its feature map before and after ReLU."""
    return _list_kernels(material, has_pooling=False)


def step_through_block(material: Material) -> list[SlideStep]:
    """Return one step per kernel: its feature map before and after ReLU, and after max pooling."""
    return _list_kernels(material, has_pooling=True)


def _list_kernels(material: Material, *, has_pooling: bool) -> list[SlideStep]:
    image = material.image.pixels
    layer = design_layer(image)
    maps = run_block(image[..., np.newaxis], layer.kernels, layer.bias)
    steps = []
    for number, name in enumerate(layer.names):
        bias = format_number(layer.bias[number])
        pooled = Board(name="after max pooling", numbers=maps.pooled[..., number], operator="→")
        boards = (
            Board(name=material.image.name, numbers=image, colors="gray"),
            Board(name=f"kernel {name}", numbers=layer.kernels[..., 0, number], operator="∗", colors="signed"),
            Board(name=f"+ bias {bias}", numbers=maps.convolved[..., number], operator="=", colors="signed"),
            Board(name="after ReLU", numbers=maps.activated[..., number], operator="→"),
            *([pooled] if has_pooling else []),
        )
        positive = int((maps.activated[..., number] > 0).sum())
        count = f"{positive} of {maps.activated[..., number].size} numbers are left after ReLU."
        dead = "All numbers are 0 after ReLU: this feature map is dead on this image."
        steps.append(SlideStep(f"kernel {number + 1}, {name}", boards, count if positive else dead))
    return steps


def step_through_depth(material: Material) -> list[SlideStep]:
    """Return one step per channel of one output pixel; the last one adds up their sums and the bias."""
    image = material.image.channels
    step = take_depth_step(image)
    rows, columns, depth = step.kernel.shape
    steps = []
    for channel, total in enumerate(step.sums):
        boards = (
            Board(
                name=f"channel {channel + 1}",
                numbers=image[..., channel],
                colors="gray",
                window=Window(step.row, step.column, rows, columns),
            ),
            Board(name="its part of the kernel", numbers=step.kernel[..., channel], operator="∗", colors="signed"),
            Board(name="products", numbers=step.dot_product.products[..., channel], operator="=", colors="signed"),
        )
        end = f" All sums together: {step.arithmetic}." if channel == depth - 1 else ""
        steps.append(SlideStep(f"channel {channel + 1} of {depth}", boards, f"The products add up to {total}.{end}"))
    return steps
