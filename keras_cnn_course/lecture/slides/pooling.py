"""Slides "Max Pooling: after ReLU", "Pooling" and "Max Pooling": edges, ReLU, then one number per window."""

import numpy as np

from keras_cnn_course.lecture.activation import relu
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import (
    Window,
    beside,
    filtered_lines,
    format_number,
    matrix_lines,
    readable_lines,
    size_text,
    stack,
)
from keras_cnn_course.lecture.pooling import average_pool, dropped_pixels, max_pool

__all__ = ["work_out_max_pooling", "work_out_pooling", "work_out_relu"]


def work_out_relu(material: Material) -> list[str]:
    """Return the edges before and after ReLU, and the share of zeros it makes."""
    before = convolve(material.image.pixels, material.filter.kernel)
    negative = int((before < 0).sum())
    return [
        stack(
            f"{material.image.name} * {material.filter.name}, then ReLU",
            beside(readable_lines(before), "-> ReLU ->", readable_lines(relu(before))),
            f"{negative} of {before.size} numbers ({negative / before.size:.0%}) were negative and became 0.",
        )
    ]


def work_out_pooling(material: Material) -> list[str]:
    """Return max and average pooling of the same feature map, and what is lost if its size is odd."""
    after = relu(convolve(material.image.pixels, material.filter.kernel))
    rows, columns = (dropped_pixels(size) for size in after.shape)
    blocks = [
        "After the filter and ReLU:",
        readable_lines(after),
        "",
        beside("largest number of each 2x2 window: ", readable_lines(max_pool(after))),
        "",
        beside("average of each 2x2 window:        ", readable_lines(average_pool(after))),
        "",
        f"{size_text(after)} -> {size_text(max_pool(after))}; "
        f"dropped at the end: {rows} row{'s' * (rows != 1)}, {columns} column{'s' * (columns != 1)}.",
    ]
    if rows or columns:
        blocks += ["With padding='same' they get their own windows:", readable_lines(max_pool(after, padding="same"))]
    return [stack(*blocks)]


def work_out_max_pooling(material: Material) -> list[str]:
    """Return the edges, ReLU, then one frame per window."""
    material.check_small()
    image = material.image.pixels
    edges = convolve(image, material.filter.numerators)
    after = relu(convolve(image, material.filter.kernel))
    pooled = max_pool(after)
    frames = [
        stack("Edges", filtered_lines(image, material.filter, edges)),
        stack("ReLU", beside(matrix_lines(edges / material.filter.denominator), "-> ReLU ->", matrix_lines(after))),
    ]
    for number, (row, column) in enumerate(np.ndindex(*pooled.shape), start=1):
        window = Window(2 * row, 2 * column, 2, 2)
        inside = after[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        numbers = ", ".join(format_number(value) for value in inside.flat)
        largest = format_number(pooled[row, column].item())
        frames.append(
            stack(
                f"Window {number} of {pooled.size}: the largest of {numbers} is {largest}",
                beside(matrix_lines(after, window=window), "->", matrix_lines(pooled, filled=number)),
            )
        )
    return frames
