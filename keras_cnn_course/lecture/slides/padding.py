"""Slide "Convolution: pad 0's": the size of the output without and with zeros around the input."""

import numpy as np

from keras_cnn_course.lecture.convolution import convolve, pad_zeros
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import filtered_lines, size_text, stack
from keras_cnn_course.lecture.stepping import SlideStep, list_dot_products

__all__ = ["step_through_padding", "work_out_padding"]


def work_out_padding(material: Material) -> list[str]:
    """Return both outputs with the arithmetic of their sizes."""
    image, kernel = material.image.pixels, material.filter.numerators
    valid = convolve(image, kernel)
    padded, same = pad_zeros(image, kernel.shape), convolve(image, kernel, padding="same")
    equal = np.array_equal(same, image * material.filter.denominator)
    return [
        stack(
            f"padding='valid': the output is smaller, {_size_arithmetic(image, kernel)}.",
            filtered_lines(image, material.filter, valid),
            "",
            f"padding='same': with zeros around it the input is {size_text(padded)}, and the output is as large as "
            f"the image, {_size_arithmetic(padded, kernel)}.",
            filtered_lines(padded, material.filter, same),
            *(["", "This output equals the input."] if equal else []),
        )
    ]


def step_through_padding(material: Material) -> list[SlideStep]:
    """Return one step per output pixel, with zeros around the input."""
    padded = pad_zeros(material.image.pixels, material.filter.numerators.shape)
    return list_dot_products(padded, material.filter, name=f"{material.image.name} with zeros around it")


def _size_arithmetic(image: np.ndarray, kernel: np.ndarray) -> str:
    sizes = zip(image.shape, kernel.shape, strict=True)
    return " and ".join(dict.fromkeys(f"{size}-{taps}+1 = {size - taps + 1}" for size, taps in sizes))
