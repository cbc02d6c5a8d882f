"""Slide "Convolution (a footnote)": the same kernel as it is and flipped."""

import numpy as np

from keras_cnn_course.lecture.convolution import convolve, flip
from keras_cnn_course.lecture.filters import FILTERS, Filter
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import filtered_lines, format_number, stack, total_text

__all__ = ["work_out_cross_correlation"]


def work_out_cross_correlation(material: Material) -> list[str]:
    """Return both outputs and their largest difference, which is 0 for a symmetric kernel."""
    image, kernel = material.image.pixels, material.filter.numerators
    flipped = Filter(material.filter.name, flip(kernel), material.filter.denominator)
    correlated, convolved = convolve(image, kernel), convolve(image, flipped.numerators)
    differences = ", ".join(
        f"{name} {format_number(np.abs(convolve(image, named.numerators - flip(named.numerators))).max())}"
        for name, named in FILTERS.items()
    )
    return [
        stack(
            "Cross-correlation, as on the slides and in Keras: the kernel as it is",
            filtered_lines(image, material.filter, correlated),
            "",
            "Convolution, as in mathematics: the kernel turned by 180 degrees",
            filtered_lines(image, flipped, convolved),
            "",
            f"Largest difference: {total_text(material.filter, int(np.abs(correlated - convolved).max()))}",
            "A kernel that looks the same after the turn gives the same output. Differences on this image:",
            f"  {differences}",
        )
    ]
