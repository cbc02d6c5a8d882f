"""Slides "Convolution: blur", "Convolution: horizontal edges" and "Very commonly used for: blurring, finding edges"."""

import numpy as np
from matplotlib.figure import Figure

from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.filters import Filter
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import Window
from keras_cnn_course.plots.matrix import add_bar, add_margin, draw_matrix, outline, scale_note
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import TEXT, TITLE, new_figure

__all__ = ["plot_blur", "plot_edges", "plot_photograph"]

_DETAIL = 48
_PANEL = 2.4


def plot_blur(material: Material) -> Picture:
    """Draw the filter's output on the lecture's image and on a photograph."""
    return _plot_filtered(material, with_lecture_image=True)


plot_edges = plot_blur


def plot_photograph(material: Material) -> Picture:
    """Draw the filters' outputs on a photograph."""
    return _plot_filtered(material, with_lecture_image=False)


def _plot_filtered(material: Material, *, with_lecture_image: bool) -> Picture:
    """Draw one image per row, then its outputs; of a photograph also a detail, in which a 3x3 filter can be seen.

    Args:
        with_lecture_image: draw the material's image first, unless it is the photograph itself.
    """
    images = [(material.image, material.image.pixels)] if with_lecture_image else []
    if material.photograph is not None and (material.photograph is not material.image or not images):
        images.append((material.photograph, material.photograph.pixels))
    details = [(image, _detail(pixels)) for image, pixels in images if _has_detail(pixels)]
    rows = len(images) + len(details)
    columns = 1 + len(material.filters)
    # Landscape: images are rows, or columns if there are more of them than outputs.
    across, down = max(rows, columns), min(rows, columns)
    figure = new_figure(3.2 * across + 0.3, 3.25 * down + 0.9)
    add_margin(figure)
    axes = figure.subplots(down, across, squeeze=False)
    if rows > columns:
        axes = axes.T
    for row, (image, pixels) in zip(axes, images, strict=False):
        _draw_row(figure, row, image.name, pixels, material.filters)
    for row, (image, window) in zip(axes[len(images) :], details, strict=True):
        cut = image.pixels[window.top : window.top + _DETAIL, window.left : window.left + _DETAIL]
        _draw_row(figure, row, "detail (box)", cut, material.filters)
        whole = axes[[other is image for other, _ in images].index(True), 0]
        outline(whole, window)
    names = [kernel.name for kernel in material.filters]
    figure.suptitle(f"Filtered: {' and '.join(names)}", fontsize=TITLE)
    figure.supxlabel(scale_note(images[-1][1]), fontsize=TEXT)
    shown = " and ".join(f"{image.name} ({image.size})" for image, _ in images)
    return Picture(figure, f"Before and after the filter{'s' * (len(names) > 1)} {' and '.join(names)}: {shown}.")


def _draw_row(figure: Figure, row: np.ndarray, name: str, pixels: np.ndarray, filters: tuple[Filter, ...]) -> None:
    """Draw one image and the output of each filter for it."""
    add_bar(figure, draw_matrix(row[0], pixels, name, is_image=True, inches=_PANEL), row[0])
    for axis, kernel in zip(row[1:], filters, strict=True):
        # The output of a filter without negative weights is an image again.
        output = convolve(pixels, kernel.kernel)
        add_bar(figure, draw_matrix(axis, output, kernel.name, is_image=True, inches=_PANEL), axis)


def _has_detail(pixels: np.ndarray) -> bool:
    """Return whether an image is so large that one cannot see its pixels, and the square of a detail fits into it."""
    return max(pixels.shape) > 2 * _DETAIL and min(pixels.shape) >= _DETAIL


def _detail(pixels: np.ndarray) -> Window:
    """Return the square of the image in which neighboring pixels differ most: there a filter has the most effect."""
    strength = np.abs(np.diff(pixels, axis=0))[:, :-1] + np.abs(np.diff(pixels, axis=1))[:-1]
    sums = np.pad(strength, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    side = _DETAIL - 1
    boxes = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(int(boxes.argmax()), boxes.shape)
    return Window(int(top), int(left), _DETAIL, _DETAIL)
