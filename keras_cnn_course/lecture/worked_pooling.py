"""The worked numbers of the slides on ReLU, pooling and what a pixel sees, as text."""

import numpy as np

from keras_cnn_course.lecture.activation import relu
from keras_cnn_course.lecture.block import design_layer, run_block
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.filter_text import filtered_lines
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import (
    Window,
    beside,
    format_number,
    matrix_lines,
    readable_lines,
    size_text,
    stack,
)
from keras_cnn_course.lecture.pooling import average_pool, dropped_pixels, max_pool
from keras_cnn_course.lecture.receptive_field import Stage, extent, measure_receptive_field, trace_stages

__all__ = [
    "apply_slide_stages",
    "slide_stages",
    "work_out_block",
    "work_out_max_pooling",
    "work_out_pool_again",
    "work_out_pooling",
    "work_out_receptive_field",
    "work_out_relu",
]


def work_out_relu(material: Material) -> list[str]:
    """Return the edges before and after ReLU, and the share of zeros it made."""
    before = convolve(material.image.pixels, material.filter.kernel)
    after = relu(before)
    negative = int((before < 0).sum())
    return [
        stack(
            f"{material.image.name} * {material.filter.name}, then ReLU",
            beside(readable_lines(before), "-> ReLU ->", readable_lines(after)),
            f"{negative} of {before.size} numbers were negative and became 0 ({negative / before.size:.0%}).",
        )
    ]


def work_out_pooling(material: Material) -> list[str]:
    """Return max and average pooling of the same map, and what odd sizes lose."""
    after = relu(convolve(material.image.pixels, material.filter.kernel))
    rows, columns = (dropped_pixels(size) for size in after.shape)
    blocks = [
        "After the filter and ReLU:",
        readable_lines(after),
        "",
        beside("largest of each 2x2 window: ", readable_lines(max_pool(after))),
        "",
        beside("average of each 2x2 window: ", readable_lines(average_pool(after))),
        "",
        f"{size_text(after)} -> {size_text(max_pool(after))}; "
        f"dropped at the end: {rows} row{'s' * (rows != 1)}, {columns} column{'s' * (columns != 1)}.",
    ]
    if rows or columns:
        blocks += [
            "With padding='same' they get windows of their own:",
            readable_lines(max_pool(after, padding="same")),
        ]
    return [stack(*blocks)]


def work_out_max_pooling(material: Material) -> list[str]:
    """Return slide "Max Pooling" step by step: edges, ReLU, then a frame a window."""
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


def slide_stages(poolings: int) -> list[Stage]:
    """Return the slides' stages: a 3x3 convolution, then one or more 2x2 poolings."""
    return [Stage(3), *[Stage(2, stride=2)] * poolings]


def apply_slide_stages(images: np.ndarray, kernel: np.ndarray, *, poolings: int) -> np.ndarray:
    """Return what the slides' stages make of a batch `(batch, height, width)`, ReLU included."""
    maps = [relu(convolve(image, kernel)) for image in images]
    for _ in range(poolings):
        maps = [max_pool(feature_map) for feature_map in maps]
    return np.stack(maps)


def work_out_receptive_field(material: Material) -> list[str]:
    """Return slide "What numbers were involved in computing this 1?": the chain back to 4x4 input pixels."""
    return [_trace_back(material, poolings=1)]


def work_out_pool_again(material: Material) -> list[str]:
    """Return slide "Applying max pooling again": 6x6, so 36 of the 49 pixels, and not all of them."""
    image = material.image.pixels
    text = _trace_back(material, poolings=2)
    unread = np.ones(image.shape, dtype=bool)
    size = trace_stages(slide_stages(2), input_size=image.shape[0])[-1].size
    unread[:size, :size] = False
    zeros = "all of them zeros here" if not image[unread].any() else "not all of them zeros"
    return [
        stack(
            text,
            f'The slide says it "captures info from entire input image". It sees {size * size} of {image.size} pixels:',
            f"the last row and column, {int(unread.sum())} pixels, are never read ({zeros}),",
            "because pooling 5x5 to 2x2 dropped the last row and column of the edges.",
        )
    ]


def _trace_back(material: Material, *, poolings: int) -> str:
    """Return the maps from the image to the pixel (0, 0) after the last pooling, and the pixels that it sees."""
    image, kernel = material.image.pixels, material.filter.kernel
    traced = trace_stages(slide_stages(poolings), input_size=image.shape[0])
    lines: list[str] = []
    window = Window(0, 0, 1, 1)
    for count in range(poolings, 0, -1):
        pooled = apply_slide_stages(image[np.newaxis], kernel, poolings=count)[0]
        lines += [f"after pooling {count}:", *matrix_lines(pooled, window=window), ""]
        window = Window(0, 0, 2 * window.height, 2 * window.width)
    lines += ["after the filter and ReLU:", *matrix_lines(relu(convolve(image, kernel)), window=window), ""]
    seen = Window(0, 0, traced[-1].size, traced[-1].size)
    lines += ["input:", *matrix_lines(image, window=seen), ""]
    mask = measure_receptive_field(
        lambda images: apply_slide_stages(images, kernel, poolings=poolings),
        image_shape=image.shape,
        position=(0, 0),
    )
    found = extent(mask)
    sizes = " -> ".join(f"{stage.size}x{stage.size}" for stage in traced)
    lines += [
        f"counted, stage by stage: 1x1 -> {sizes} = {traced[-1].size ** 2} input pixels",
        f"measured, by changing each pixel: {found.height}x{found.width} = {int(mask.sum())} input pixels",
        *matrix_lines(mask),
    ]
    return stack(*lines)


def work_out_block(material: Material) -> list[str]:
    """Return slide "Basic Building Block": shapes and numbers of each channel through one block."""
    image = material.image.pixels
    layer = design_layer(image)
    maps = run_block(image[..., np.newaxis], layer.kernels, layer.bias)
    steps = (("convolution", maps.convolved), ("ReLU", maps.activated), ("max pooling", maps.pooled))
    lines = [f"{'step':<14}{'shape':<12}{'zeros':>6}   range of each channel"]
    for name, channels in (("input", image[..., np.newaxis]), *steps):
        ranges = "  ".join(
            f"{format_number(channels[..., number].min())}..{format_number(channels[..., number].max())}"
            for number in range(channels.shape[2])
        )
        lines.append(f"{name:<14}{size_text(channels):<12}{(channels == 0).mean():>6.0%}   {ranges}")
    dead = [name for name, is_dead in zip(layer.names, maps.dead, strict=True) if is_dead]
    return [
        stack(
            f"One block on {material.image.name}; channels: {', '.join(layer.names)}",
            lines,
            f"dead after ReLU: {', '.join(dead) or 'none'}",
        )
    ]
