"""Pictures of max pooling, and of the input pixels behind one pooled pixel."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from keras_cnn_course.lecture.activation import relu
from keras_cnn_course.lecture.convolution import convolve
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import Window
from keras_cnn_course.lecture.pooling import find_winners, max_pool
from keras_cnn_course.lecture.receptive_field import extent, measure_receptive_field, trace_stages
from keras_cnn_course.lecture.worked_pooling import apply_slide_stages, slide_stages
from keras_cnn_course.plots.lecture.matrix import (
    add_bar,
    colour_limit,
    draw_matrix,
    hatch,
    matrix_figure,
    outline,
    scale_note,
)
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import OKABE_ITO, TEXT, TITLE

__all__ = ["count_windows", "plot_ladder", "plot_max_pooling"]


def count_windows(material: Material) -> int:
    """Return the number of pooling windows: as many steps has slide "Max Pooling"."""
    return max_pool(convolve(material.image.pixels, material.filter.kernel)).size


def plot_max_pooling(material: Material, *, step: int | None = None) -> Picture:
    """Draw picture 8: the filtered map, ReLU with the 2x2 grid over it and the winners circled, and the pooled map.

    Args:
        material: the image and the filter.
        step: windows done so far; all when None.
    """
    image = material.image.pixels
    edges = convolve(image, material.filter.kernel)
    after = relu(edges)
    pooled, winners = max_pool(after), find_winners(after)
    done = pooled.size if step is None else step
    figure, axes = matrix_figure([image.shape[1], edges.shape[1], after.shape[1], pooled.shape[1]], rows=len(image))
    drawn = (
        draw_matrix(axes[0], image, material.image.name),
        draw_matrix(axes[1], edges, f"filter {material.filter.name}"),
        draw_matrix(axes[2], after, "after ReLU, 2x2 windows"),
        draw_matrix(axes[3], pooled, "after max pooling", limit=colour_limit(after, signed=False), filled=done),
    )
    for picture, axis in zip(drawn, axes, strict=True):
        add_bar(figure, picture, axis)
    if material.image.is_small:
        _mark_windows(axes[2], winners, done=done, all_done=step is None)
    unread = _unread(after.shape, pooled.shape)
    hatch(axes[2], unread)
    if step is not None:
        row, column = divmod(step - 1, pooled.shape[1])
        outline(axes[2], Window(2 * row, 2 * column, 2, 2))
        outline(axes[3], Window(row, column, 1, 1))
    dropped = f"hatched: never read, {int(unread.sum())} pixels" if unread.any() else "every pixel is read"
    which = f"all {pooled.size} windows" if step is None else f"window {step} of {pooled.size}"
    circled = "circled: the largest of its window;  " if material.image.is_small else ""
    figure.suptitle(f"Max pooling: {which}", fontsize=TITLE)
    figure.supxlabel(f"{circled}{dropped}      ({scale_note(image)})", fontsize=TEXT)
    return Picture(
        figure,
        f"Max pooling of {material.image.name} after the filter {material.filter.name} and ReLU: "
        f"{after.shape[0]}x{after.shape[1]} becomes {pooled.shape[0]}x{pooled.shape[1]}; {dropped}.",
    )


def _unread(shape: tuple[int, ...], pooled_shape: tuple[int, ...]) -> np.ndarray:
    """Return which pixels no window reads."""
    unread = np.ones(shape, dtype=bool)
    unread[: 2 * pooled_shape[0], : 2 * pooled_shape[1]] = False
    return unread


def _mark_windows(axes: Axes, winners: np.ndarray, *, done: int, all_done: bool) -> None:
    """Draw the grid of windows, and a circle around each winner so far; the latest one stands out."""
    for row, column in np.ndindex(*winners.shape[:2]):
        outline(axes, Window(2 * row, 2 * column, 2, 2), colour="white", width=1.2)
    for number, (row, column) in enumerate(winners.reshape(-1, 2)[:done], start=1):
        colour = OKABE_ITO[1] if number == done or all_done else OKABE_ITO[4]
        axes.add_patch(Circle((column, row), 0.4, fill=False, edgecolor=colour, lw=2))


def plot_ladder(material: Material, *, poolings: int) -> Picture:
    """Draw picture 9: one pooled pixel traced back, a box on each layer; counted and measured sizes beside each other.

    Args:
        material: the image and the filter.
        poolings: 2x2 poolings behind the convolution, 1 or 2.
    """
    image, kernel = material.image.pixels, material.filter.kernel
    after = relu(convolve(image, kernel))
    maps = [apply_slide_stages(image[np.newaxis], kernel, poolings=count)[0] for count in range(1, poolings + 1)]
    traced = trace_stages(slide_stages(poolings), input_size=image.shape[0])
    mask = measure_receptive_field(
        lambda images: apply_slide_stages(images, kernel, poolings=poolings), image_shape=image.shape, position=(0, 0)
    )
    panels = [
        (image, material.image.name, traced[-1].size),
        (after, "filter and ReLU", 2**poolings),
        *((pooled, f"pooled {count}", 2 ** (poolings - count)) for count, pooled in enumerate(maps, start=1)),
    ]
    figure, axes = matrix_figure([len(matrix) for matrix, _, _ in panels], rows=len(image), lines=4)
    for axis, (matrix, title, seen) in zip(axes, panels, strict=True):
        add_bar(figure, draw_matrix(axis, matrix, title), axis)
        outline(axis, Window(0, 0, seen, seen))
    rows, columns = np.nonzero(mask)
    axes[0].plot(columns + 0.33, rows - 0.33, ls="none", marker="o", ms=3.5, color=OKABE_ITO[3])
    found, counted = extent(mask), traced[-1].size
    figure.suptitle(
        f"One pixel after {poolings} pooling{'s' * (poolings > 1)}, traced back to the input", fontsize=TITLE
    )
    figure.supxlabel(
        f"box: counted, {counted}x{counted} = {counted**2} of {image.size} pixels      "
        f"dots: measured by changing each pixel, {found.height}x{found.width} = {int(mask.sum())}\n"
        f"({scale_note(image)})",
        fontsize=TEXT,
    )
    return Picture(
        figure,
        f"The pixel (0, 0) after {poolings} pooling(s) sees {counted}x{counted} of the {image.shape[0]}x"
        f"{image.shape[1]} input pixels; measured by changing each pixel: {int(mask.sum())}.",
    )
