"""Slides "What numbers were involved in computing this 1?" and "Applying max pooling again": what one pixel sees."""

from dataclasses import dataclass

import numpy as np

from keras_cnn_course.lecture.activation import relu
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import Window, matrix_lines, stack
from keras_cnn_course.lecture.pooling import max_pool
from keras_cnn_course.lecture.receptive_field import Stage, TracedStage, extent, measure_receptive_field, trace_stages
from keras_cnn_course.lecture.stepping import Board, SlideStep

__all__ = [
    "PixelTrace",
    "apply_slide_stages",
    "slide_stages",
    "step_through_pool_again",
    "step_through_receptive_field",
    "trace_pixel",
    "work_out_pool_again",
    "work_out_receptive_field",
]


def slide_stages(poolings: int) -> list[Stage]:
    """Return the slides' stages: a 3x3 convolution, then one or more 2x2 poolings."""
    return [Stage(3), *[Stage(2, stride=2)] * poolings]


def apply_slide_stages(images: np.ndarray, kernel: np.ndarray, *, poolings: int) -> np.ndarray:
    """Return the output of the slides' stages, ReLU included, for a batch `(batch, height, width)`."""
    feature_maps = [relu(convolve(image, kernel)) for image in images]
    for _ in range(poolings):
        feature_maps = [max_pool(feature_map) for feature_map in feature_maps]
    return np.stack(feature_maps)


@dataclass(frozen=True, eq=False)
class PixelTrace:
    """The pixel (0, 0) after the last pooling, traced back to the input.

    Args:
        maps: the input, the feature map after ReLU, and one per pooling, each with the window that the pixel sees.
        stages: the receptive field after each stage, counted.
        mask: `(height, width)`, bool: the input pixels that change the pixel, measured.
    """

    maps: list[tuple[np.ndarray, Window]]
    stages: list[TracedStage]
    mask: np.ndarray

    @property
    def size(self) -> int:
        """Height and width of the receptive field, counted."""
        return self.stages[-1].size

    @property
    def measured(self) -> str:
        """The size of the receptive field, measured, and its number of pixels."""
        found = extent(self.mask)
        return f"{found.height}x{found.width} = {int(self.mask.sum())}"


def trace_pixel(material: Material, *, poolings: int) -> PixelTrace:
    """Return the trace of the pixel (0, 0) after some poolings."""
    image, kernel = material.image.pixels, material.filter.kernel
    stages = trace_stages(slide_stages(poolings), input_size=image.shape[0])
    maps = [(image, Window(0, 0, stages[-1].size, stages[-1].size))]
    for count in range(poolings + 1):
        seen = 2 ** (poolings - count)
        maps.append((apply_slide_stages(image[np.newaxis], kernel, poolings=count)[0], Window(0, 0, seen, seen)))
    mask = measure_receptive_field(
        lambda images: apply_slide_stages(images, kernel, poolings=poolings), image_shape=image.shape, position=(0, 0)
    )
    return PixelTrace(maps, stages, mask)


def work_out_receptive_field(material: Material) -> list[str]:
    """Return the chain from one pooled pixel back to its 4x4 input pixels."""
    return [_trace_back(trace_pixel(material, poolings=1))]


def work_out_pool_again(material: Material) -> list[str]:
    """Return the chain back to 6x6 input pixels, which are 36 of the 49 and not all of them."""
    image = material.image.pixels
    trace = trace_pixel(material, poolings=2)
    unread = np.ones(image.shape, dtype=bool)
    unread[: trace.size, : trace.size] = False
    zeros = "all of them are zeros here" if not image[unread].any() else "not all of them are zeros"
    return [
        stack(
            _trace_back(trace),
            f'The slide says that it "captures info from entire input image". It sees {trace.size**2} of the '
            f"{image.size} pixels: "
            f"the {int(unread.sum())} pixels of the last row and column are never read ({zeros}), "
            "because pooling 5x5 to 2x2 drops the last row and column of the feature map.",
        )
    ]


def _trace_back(trace: PixelTrace) -> str:
    """Return the maps from the last pooling back to the input, and the pixels seen."""
    lines: list[str] = []
    for name, (matrix, window) in reversed(list(zip(_name_maps(trace), trace.maps, strict=True))):
        lines += [f"{name}:", *matrix_lines(matrix, window=window), ""]
    sizes = " -> ".join(f"{stage.size}x{stage.size}" for stage in trace.stages)
    lines += [
        f"counted, stage by stage: 1x1 -> {sizes} = {trace.size**2} input pixels",
        f"measured, by changing each pixel: {trace.measured} input pixels",
        *matrix_lines(trace.mask),
    ]
    return stack(*lines)


def step_through_receptive_field(material: Material) -> list[SlideStep]:
    """Return one step per map, from one pooled pixel back to the input."""
    return _walk_back(trace_pixel(material, poolings=1))


def step_through_pool_again(material: Material) -> list[SlideStep]:
    """Return one step per map, from one pixel after two poolings back to the input."""
    return _walk_back(trace_pixel(material, poolings=2))


def _walk_back(trace: PixelTrace) -> list[SlideStep]:
    """Return the maps with the window that the last pixel sees, one more window per step."""
    names = _name_maps(trace)
    steps = []
    for reached in reversed(range(len(names))):
        boards = [
            Board(
                name=name,
                numbers=matrix,
                operator="→" if number else "",
                colors="unsigned" if number else "gray",
                window=window if number >= reached else None,
            )
            for number, (name, (matrix, window)) in enumerate(zip(names, trace.maps, strict=True))
        ]
        size = trace.maps[reached][1].height
        last = reached == len(names) - 1
        where = names[reached] if reached else "of the input"
        found = f"The outlined number of the last map depends on {size}x{size} = {size**2} numbers {where}."
        title = f"one number {where}" if last else f"back to the numbers {where}"
        steps.append(SlideStep(title, tuple(boards), "Where does this number come from?" if last else found))
    return steps


def _name_maps(trace: PixelTrace) -> list[str]:
    return ["input", "after the filter and ReLU", *(f"after pooling {n}" for n in range(1, len(trace.maps) - 1))]
