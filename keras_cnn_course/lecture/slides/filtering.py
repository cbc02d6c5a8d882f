"""Slides "Convolution: blur", "Convolution: horizontal edges" and "Very commonly used for: blurring, finding edges"."""

import numpy as np

from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.material import Material, NamedImage
from keras_cnn_course.lecture.matrix_text import describe_numbers, filtered_lines, format_number, stack
from keras_cnn_course.lecture.stepping import SlideStep, list_dot_products

__all__ = ["step_through_blur", "step_through_edges", "work_out_blur", "work_out_edges", "work_out_photograph"]


def work_out_blur(material: Material) -> list[str]:
    """Return image * filter = output."""
    image = material.image.pixels
    output = convolve(image, material.filter.numerators)
    return [
        stack(
            f"{material.image.name} * {material.filter.name} ({material.filter.summary})",
            filtered_lines(image, material.filter, output),
        )
    ]


work_out_edges = work_out_blur


def step_through_blur(material: Material) -> list[SlideStep]:
    """Return one step per output pixel."""
    return list_dot_products(material.image.pixels, material.filter, name=material.image.name)


step_through_edges = step_through_blur


def work_out_photograph(material: Material) -> list[str]:
    """Return the effect of each filter on the numbers of a photograph."""
    photograph = material.photograph or material.image
    lines = [f"{photograph.name}: {describe_numbers(photograph.pixels)}"]
    for kernel in material.filters:
        output = convolve(photograph.pixels, kernel.kernel)
        lines.append(f"* {kernel.name}: {describe_numbers(output)}; {_roughness(photograph, output)}")
    return [stack(*lines, "Draw it with: kcnn lecture photograph --out photograph.png")]


def _roughness(photograph: NamedImage, output: np.ndarray) -> str:
    """Return how much vertical neighbors differ: a blur lowers this number, an edge filter raises it."""
    before, after = (np.abs(np.diff(pixels, axis=0)).mean() for pixels in (photograph.pixels, output))
    return f"vertical neighbors differ by {format_number(after)} on average (before: {format_number(before)})"
