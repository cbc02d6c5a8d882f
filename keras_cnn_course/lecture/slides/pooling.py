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
from keras_cnn_course.lecture.stepping import Board, SlideStep, name_fraction, visit_windows

__all__ = [
    "step_through_max_pooling",
    "step_through_pooling",
    "step_through_relu",
    "work_out_max_pooling",
    "work_out_pooling",
    "work_out_relu",
]

_AFTER_RELU = "after the filter and ReLU"


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
        stack("Filter", filtered_lines(image, material.filter, edges)),
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


def step_through_relu(material: Material) -> list[SlideStep]:
    """Return one step per number: before and after ReLU."""
    before = convolve(material.image.pixels, material.filter.kernel)
    after = relu(before)
    steps = []
    for number, (row, column) in enumerate(np.ndindex(*before.shape), start=1):
        window = Window(row, column, 1, 1)
        boards = (
            Board(name="after the filter", numbers=before, colors="signed", window=window),
            Board(name="after ReLU", numbers=after, operator="→", window=window, filled=number),
        )
        old, new = format_number(before[row, column].item()), format_number(after[row, column].item())
        change = "is negative and becomes 0" if before[row, column] < 0 else "stays as it is"
        steps.append(SlideStep(f"number ({row}, {column})", boards, f"max(0, {old}) = {new}: {old} {change}."))
    return steps


def step_through_pooling(material: Material) -> list[SlideStep]:
    """Return one step per window: its largest number and its mean."""
    after = relu(convolve(material.image.pixels, material.filter.kernel))
    largest, average = max_pool(after), average_pool(after)
    steps = []
    for number, window in visit_windows(largest.shape, size=2):
        row, column = place = divmod(number - 1, largest.shape[1])
        boards = (
            Board(name=_AFTER_RELU, numbers=after, window=window),
            *(
                Board(
                    name=name,
                    numbers=pooled,
                    operator=operator,
                    largest=float(after.max()),
                    window=Window(row, column, 1, 1),
                    filled=number,
                )
                for operator, name, pooled in (("→", "max pooling", largest), ("or", "average pooling", average))
            ),
        )
        result = (
            f"Of {_list_inside(after, window)}, the largest is {format_number(largest[place].item())} and the mean is "
            f"{format_number(average[place].item())}."
        )
        steps.append(SlideStep(f"window {number} of {largest.size}", boards, result))
    return steps


def step_through_max_pooling(material: Material) -> list[SlideStep]:
    """Return the edges, ReLU, then one step per window."""
    image, kernel = material.image.pixels, material.filter
    edges = convolve(image, kernel.kernel)
    after = relu(edges)
    pooled = max_pool(after)
    negative = int((edges < 0).sum())
    found = Board(name="after the filter", numbers=edges, operator="=", colors="signed")
    weights = Board(
        name=f"filter {kernel.name}{name_fraction(kernel)}", numbers=kernel.numerators, operator="∗", colors="signed"
    )
    shown = Board(name=material.image.name, numbers=image, colors="gray")
    clipped = Board(name=_AFTER_RELU, numbers=after, operator="→")
    steps = [
        SlideStep("apply the filter", (shown, weights, found), "Each position of the filter gives one number."),
        SlideStep("apply ReLU", (found, clipped), f"{negative} of {edges.size} numbers were negative and became 0."),
    ]
    for number, window in visit_windows(pooled.shape, size=2):
        row, column = place = divmod(number - 1, pooled.shape[1])
        boards = (
            Board(name=_AFTER_RELU, numbers=after, window=window),
            Board(
                name="after max pooling",
                numbers=pooled,
                operator="→",
                largest=float(after.max()),
                window=Window(row, column, 1, 1),
                filled=number,
            ),
        )
        result = f"The largest of {_list_inside(after, window)} is {format_number(pooled[place].item())}."
        steps.append(SlideStep(f"window {number} of {pooled.size}", boards, result))
    return steps


def _list_inside(matrix: np.ndarray, window: Window) -> str:
    inside = matrix[window.top : window.top + window.height, window.left : window.left + window.width]
    return ", ".join(format_number(value) for value in inside.flat)
