"""The worked numbers of the slides on convolution, as text: each function returns one or more frames."""

import numpy as np

from keras_cnn_course.lecture.block import design_layer
from keras_cnn_course.lecture.convolution import convolve, flip, output_shape, pad_zeros, take_dot_product
from keras_cnn_course.lecture.filter_text import filtered_lines, flipped, scaled_lines, total_text
from keras_cnn_course.lecture.filters import FILTERS
from keras_cnn_course.lecture.material import Material, NamedImage
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

__all__ = [
    "work_out_convolution",
    "work_out_cross_correlation",
    "work_out_depth",
    "work_out_filter",
    "work_out_layer",
    "work_out_padding",
    "work_out_photograph",
]


def work_out_convolution(material: Material) -> list[str]:
    """Return a frame for each output pixel of slide "Take dot product!"."""
    material.check_small()
    image, kernel = material.image.pixels, material.filter.numerators
    height, width = output_shape(image.shape, kernel.shape)
    output = convolve(image, kernel)
    frames = []
    for number, (row, column) in enumerate(np.ndindex(height, width), start=1):
        step = take_dot_product(image, kernel, row=row, column=column)
        window = Window(row, column, *kernel.shape)
        frames.append(
            stack(
                f"Step {number} of {height * width}: output pixel ({row}, {column})",
                "",
                beside(
                    ["input", *matrix_lines(image, window=window)],
                    ["output so far", *scaled_lines(material.filter, matrix_lines(output, filled=number))],
                    align="top",
                ),
                "",
                beside(matrix_lines(step.window), "*", matrix_lines(kernel), "=", matrix_lines(step.products)),
                f"sum of the products: {total_text(material.filter, step.total)}",
            )
        )
    return frames


def work_out_padding(material: Material) -> list[str]:
    """Return slide "pad 0's": the output's size without and with zeros around the input."""
    image, kernel = material.image.pixels, material.filter.numerators
    valid = convolve(image, kernel)
    padded, same = pad_zeros(image, kernel.shape), convolve(image, kernel, padding="same")
    return [
        stack(
            f"valid: {_size_arithmetic(image, kernel)}; the output is smaller",
            filtered_lines(image, material.filter, valid),
            "",
            f"same: zeros around the input make it {size_text(padded)}, "
            f"and {_size_arithmetic(padded, kernel)}; the output is as large as the input",
            filtered_lines(padded, material.filter, same),
            *(
                ["", "This output equals the input."]
                if np.array_equal(same, image * material.filter.denominator)
                else []
            ),
        )
    ]


def work_out_filter(material: Material) -> list[str]:
    """Return slides "blur" and "horizontal edges": image * filter = output."""
    image = material.image.pixels
    output = convolve(image, material.filter.numerators)
    return [
        stack(
            f"{material.image.name} * {material.filter.name} ({material.filter.summary})",
            filtered_lines(image, material.filter, output),
        )
    ]


def work_out_photograph(material: Material) -> list[str]:
    """Return slide "Very commonly used for": what blur and edges (or the given filter) do to a photograph."""
    photograph = material.photograph or material.image
    lines = [f"{photograph.name}: {describe_numbers(photograph.pixels)}"]
    for kernel in material.filters:
        output = convolve(photograph.pixels, kernel.kernel)
        lines.append(f"* {kernel.name}: {describe_numbers(output)}; {_roughness(photograph, output)}")
    return [stack(*lines, "Draw it with --out FILE.png")]


def work_out_cross_correlation(material: Material) -> list[str]:
    """Return the footnote: the same kernel as it is and flipped, and where the outputs differ."""
    image, kernel = material.image.pixels, material.filter.numerators
    correlated, convolved = convolve(image, kernel), convolve(image, flip(kernel))
    differences = ", ".join(
        f"{name} {format_number(np.abs(convolve(image, named.numerators - flip(named.numerators))).max())}"
        for name, named in FILTERS.items()
    )
    return [
        stack(
            "Cross-correlation, as on the slides and in Keras: the kernel as it is",
            filtered_lines(image, material.filter, correlated),
            "",
            "Convolution in mathematics: the kernel turned by 180 degrees",
            filtered_lines(image, flipped(material.filter), convolved),
            "",
            f"Largest difference: {total_text(material.filter, int(np.abs(correlated - convolved).max()))}",
            "A kernel that looks the same when turned gives the same output either way. On this image:",
            f"  {differences}",
        )
    ]


def work_out_layer(material: Material) -> list[str]:
    """Return slide "Convolution Layer": k filters, bias, ReLU, outputs stacked into one feature map."""
    image = material.image.pixels
    layer = design_layer(image)
    stacked = convolve(image[..., np.newaxis], layer.kernels, layer.bias)
    lines = [
        "Filters designed by hand here; a network learns its own.",
        f"(H, W) -> (H-2, W-2, k): {size_text(image)} -> {size_text(stacked)}",
    ]
    for number, name in enumerate(layer.names):
        before = stacked[..., number]
        after = np.maximum(before, 0)
        lines += ["", f"kernel {number + 1}, {name}, bias {format_number(layer.bias[number])}"]
        if material.image.is_small:
            lines += beside(readable_lines(before), "-> ReLU ->", readable_lines(after))
        else:
            lines += [f"before ReLU: {describe_numbers(before)}", f"after ReLU:  {describe_numbers(after)}"]
        if not after.any():
            lines.append("All zero after ReLU: on this image the channel is dead.")
    return [stack(*lines)]


def work_out_depth(material: Material) -> list[str]:
    """Return slide "Convolution Layer, depth d": one output pixel from d channels, and the number of parameters."""
    image = material.image.channels
    depth = image.shape[2]
    kernel = np.repeat(FILTERS["horizontal-edges"].numerators[..., np.newaxis], depth, axis=2)
    row, column = (image.shape[0] - 3) // 2, (image.shape[1] - 2) // 2
    step = take_dot_product(image, kernel, row=row, column=column, bias=1)
    lines = [f"One kernel of 3x3x{depth} on an image of depth {depth}; output pixel ({row}, {column}), bias 1", ""]
    for channel in range(depth):
        products = matrix_lines(step.products[..., channel])
        lines += [f"channel {channel + 1}"]
        lines += beside(
            matrix_lines(step.window[..., channel]), "*", matrix_lines(kernel[..., channel]), "=", products,
            f"sum {step.products[..., channel].sum()}",
        )  # fmt: skip
    sums = " + ".join(f"({step.products[..., channel].sum()})" for channel in range(depth))
    parameters = "; ".join(f"k={k}: {k * (9 * depth + 1):,}" for k in (1, 32, 64))
    return [
        stack(
            *lines,
            "",
            f"{sums} + bias 1 = {step.total}",
            f"k kernels: (H, W, {depth}) -> (H-2, W-2, k), with k*(9*{depth}+1) parameters. {parameters}",
        )
    ]


def _size_arithmetic(image: np.ndarray, kernel: np.ndarray) -> str:
    sizes = zip(image.shape, kernel.shape, strict=True)
    return " and ".join(dict.fromkeys(f"{size}-{taps}+1 = {size - taps + 1}" for size, taps in sizes))


def _roughness(photograph: NamedImage, output: np.ndarray) -> str:
    """Return how much neighbouring pixels differ: what a blur lowers and an edge filter raises."""
    before, after = (np.abs(np.diff(pixels, axis=0)).mean() for pixels in (photograph.pixels, output))
    return f"neighbours above each other differ by {format_number(after)} instead of {format_number(before)}"
