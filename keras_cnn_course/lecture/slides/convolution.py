"""Slide "Convolution: Take dot product!": one output pixel after the other."""

import numpy as np

from keras_cnn_course.lecture.convolution import convolve, output_shape, take_dot_product
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import Window, beside, matrix_lines, scaled_lines, stack, total_text
from keras_cnn_course.lecture.stepping import SlideStep, list_dot_products

__all__ = ["step_through_convolution", "work_out_convolution"]


def work_out_convolution(material: Material) -> list[str]:
    """Return one frame per output pixel: the window, the products and their sum."""
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


def step_through_convolution(material: Material) -> list[SlideStep]:
    """Return one step per output pixel."""
    return list_dot_products(material.image.pixels, material.filter, name=material.image.name)
