"""The shift test as a picture (slide "CNN's"): accuracy over (dx, dy), with one scale for all runs."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from keras_cnn_course.models.equivariance import ConvolutionShift
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MUTED, SMALL, TEXT, TITLE, UNSIGNED, new_figure, wrap_text
from keras_cnn_course.results.shift import ShiftTest, format_share

__all__ = ["plot_shift"]

_COLUMNS, _SIDE = 3, 3.0
_LEFT, _ABOVE, _BELOW, _LINE, _BAR = 0.75, 0.45, 0.6, 0.14, 0.95
_NUMBERS_UP_TO = 6


def plot_shift(tests: Sequence[ShiftTest]) -> Picture:
    """Draw the accuracy of each run at every shift in percent, on one scale from the smallest to the largest.

    A caption below each run describes the effect of a shift on its first convolution and its first pooling.

    Args:
        tests: at least one, all with the same radius.
    """
    columns = min(_COLUMNS, len(tests))
    lines = max(_caption(test.convolution).count("\n") + 1 for test in tests)
    step = (_LEFT + _SIDE, _ABOVE + _SIDE + _BELOW + lines * _LINE)
    width = columns * step[0] + _BAR
    title = f"Accuracy on test images that are all shifted by dx, dy pixels ({_datasets(tests)})"
    title = wrap_text(title, inches=width - 0.4, size=TITLE)
    top = 0.15 + 0.2 * (title.count("\n") + 1)
    height = top + math.ceil(len(tests) / columns) * step[1]
    figure = new_figure(width, height, constrained=False)
    figure.text(0.1 / width, 1 - 0.1 / height, title, fontsize=TITLE, va="top", parse_math=False)
    limits = (
        min(float(test.accuracy.accuracy.min()) for test in tests),
        max(float(test.accuracy.accuracy.max()) for test in tests),
    )
    for number, test in enumerate(tests):
        left = number % columns * step[0] + _LEFT
        bottom = height - top - number // columns * step[1] - _ABOVE - _SIDE
        axes = figure.add_axes((left / width, bottom / height, _SIDE / width, _SIDE / height))
        image = _draw_accuracy(axes, test, limits)
    place = ((width - _BAR + 0.2) / width, (height - top - _ABOVE - _SIDE) / height, 0.13 / width, _SIDE / height)
    bar = figure.colorbar(image, cax=figure.add_axes(place), format=lambda value, _: f"{value:.0%}")
    bar.set_label("test accuracy (one scale for all)", fontsize=SMALL + 1)
    bar.ax.tick_params(labelsize=SMALL)
    return Picture(figure, _describe(tests))


def _draw_accuracy(axes: Axes, test: ShiftTest, limits: tuple[float, float]) -> AxesImage:
    accuracy, radius = test.accuracy.accuracy, test.accuracy.radius
    reach = radius + 0.5
    image = axes.imshow(
        accuracy,
        extent=(-reach, reach, reach, -reach),
        cmap=UNSIGNED,
        vmin=limits[0],
        vmax=limits[1] if limits[1] > limits[0] else limits[0] + 1e-9,
        interpolation="none",
        aspect="equal",
    )
    if radius <= _NUMBERS_UP_TO:
        _write_numbers(axes, accuracy, limits)
    ticks = range(-radius, radius + 1, 1 if radius <= _NUMBERS_UP_TO else 2)
    axes.set_xticks(ticks, [f"{tick:+d}" if tick else "0" for tick in ticks], fontsize=SMALL)
    axes.set_yticks(ticks, [f"{tick:+d}" if tick else "0" for tick in ticks], fontsize=SMALL)
    axes.set_ylabel("dy, pixels down", fontsize=TEXT)
    axes.set_xlabel("dx, pixels to the right", fontsize=TEXT)
    title = f"{test.name}: {format_share(test.accuracy.center)} without shift"
    axes.set_title(wrap_text(title, inches=_SIDE - 0.1, size=TEXT + 1), fontsize=TEXT + 1, parse_math=False)
    axes.annotate(
        _caption(test.convolution),
        (0, 0),
        (0, -34),
        xycoords="axes fraction",
        textcoords="offset points",
        va="top",
        fontsize=SMALL + 0.5,
        color=MUTED,
        parse_math=False,
    )
    return image


def _write_numbers(axes: Axes, accuracy: np.ndarray, limits: tuple[float, float]) -> None:
    """Print every accuracy in whole percent, dark on light and light on dark; 100 only if all are correct."""
    radius = len(accuracy) // 2
    for (row, column), value in np.ndenumerate(accuracy):
        light = (value - limits[0]) > 0.5 * (limits[1] - limits[0])
        axes.text(
            column - radius,
            row - radius,
            "100" if value == 1 else f"{min(99, round(100 * value))}",
            ha="center",
            va="center",
            fontsize=SMALL + 1 if radius <= 4 else SMALL - 1,
            color="black" if light else "white",
        )


def _caption(convolution: ConvolutionShift | None) -> str:
    """Describe the effect of a shift on the convolution and the pooling, in lines that fit below a panel."""
    if convolution is None:
        sentences = ["This model has no convolution on the image: none of its layers is equivariant."]
    else:
        same = convolution.difference == 0
        gap = "are equal" if same else f"differ by up to {convolution.difference:.1e}"
        verdict = "is equivariant" if convolution.is_equivariant else "is not equivariant"
        sentences = [f"{convolution.layer} {verdict}: conv(shift(x)) and shift(conv(x)) {gap}."]
        if convolution.pooling is not None:
            near = convolution.pooling.steps[0]
            sentences.append(
                f"{convolution.pooling.layer} is only approximately invariant: a shift of 1 pixel changes its output "
                f"in place by {near.change_after:.0%}, compared with {near.change_before:.0%} before pooling."
            )
    return "\n".join(wrap_text(sentence, inches=_SIDE + 0.2, size=SMALL + 0.5) for sentence in sentences)


def _datasets(tests: Sequence[ShiftTest]) -> str:
    """Return the names of the data sets with their numbers of images."""
    return ", ".join(dict.fromkeys(f"{test.accuracy.examples:,} of {test.dataset}" for test in tests))


def _describe(tests: Sequence[ShiftTest]) -> str:
    radius = max(test.accuracy.radius for test in tests)
    runs = "; ".join(
        f"{test.name} falls from {format_share(test.accuracy.center)} without shift to "
        f"{format_share(test.accuracy.at_distance(test.accuracy.radius).mean())} on average at the largest shift"
        for test in tests
    )
    return f"Test accuracy for every shift of up to {radius} pixels: {runs}."
