"""Networks against each other: accuracy against parameters, and against the number of training images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MARKERS, OKABE_ITO, SMALL, TEXT, TITLE, new_figure, wrap_text

__all__ = ["LearningCurve", "plot_learning_curves"]

_WIDTH, _HEIGHT = 9.6, 4.4
_ACCURACIES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)


@dataclass(frozen=True)
class LearningCurve:
    """One network, trained several times on training sets of several sizes.

    Args:
        name: of the network.
        parameters: numbers that it learns.
        train_examples: `(sizes,)` training images, ascending.
        accuracy: `(sizes, seeds)` test accuracy below 1.
    """

    name: str
    parameters: int
    train_examples: np.ndarray
    accuracy: np.ndarray


def plot_learning_curves(curves: Sequence[LearningCurve], *, dataset: str) -> Picture:
    """Draw accuracy against parameters, at the largest training set, and against the number of training images.

    Every training is a dot; lines join the means. Accuracies are spread by their error, on a logarithmic scale: from
    90% to 99% is as far as from 99% to 99.9%.

    Args:
        curves: at least one network.
        dataset: for the title.
    """
    figure = new_figure(_WIDTH, _HEIGHT)
    by_parameters, by_images = figure.subplots(1, 2, sharey=True)
    by_parameters.margins(x=0.12)
    for number, curve in enumerate(curves):
        look = {"color": OKABE_ITO[number % len(OKABE_ITO)], "marker": MARKERS[number % len(MARKERS)]}
        _draw_dots(by_parameters, np.full(curve.accuracy[-1].shape, curve.parameters), curve.accuracy[-1], look)
        place = (curve.parameters, 1 - float(curve.accuracy[-1].max()))
        label = {"textcoords": "offset points", "ha": "center", "fontsize": SMALL + 1, "parse_math": False}
        by_parameters.annotate(curve.name, place, (0, 7), **label)
        for size, accuracy in zip(curve.train_examples, curve.accuracy, strict=True):
            _draw_dots(by_images, np.full(accuracy.shape, size), accuracy, look)
        by_images.plot(curve.train_examples, 1 - curve.accuracy.mean(axis=1), color=look["color"], linewidth=1.2)
    sizes = sorted({int(size) for curve in curves for size in curve.train_examples})
    largest = f"{sizes[-1]:,}"
    _dress(by_parameters, "parameters (logarithmic scale)", f"trained on {largest} images", curves)
    _dress(
        by_images,
        "training images (logarithmic scale)",
        "by the number of training images; lines join the means",
        curves,
    )
    by_images.xaxis.set_major_locator(FixedLocator(sizes))
    by_images.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    by_parameters.set_ylabel("test accuracy (spread by its error)", fontsize=TEXT)
    by_images.tick_params(labelleft=True)
    seeds = curves[0].accuracy.shape[1]
    title = f"Networks compared on {dataset}: every dot is one training, {seeds} seeds each"
    figure.suptitle(wrap_text(title, inches=_WIDTH - 0.4, size=TITLE), fontsize=TITLE, parse_math=False)
    _name_networks(by_images, curves)
    return Picture(figure, _describe(curves, dataset=dataset))


def _draw_dots(axes: Axes, x: np.ndarray, accuracy: np.ndarray, look: dict[str, Any]) -> None:
    axes.plot(x, 1 - accuracy, linestyle="none", markersize=5, alpha=0.75, markeredgecolor="white", **look)


def _dress(axes: Axes, label: str, title: str, curves: Sequence[LearningCurve]) -> None:
    """Label the axes; the vertical one runs down in errors and is written as accuracy."""
    errors = np.concatenate([1 - curve.accuracy.ravel() for curve in curves])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(errors.max() * 1.3, errors.min() / 1.4)
    axes.yaxis.set_major_locator(FixedLocator([1 - accuracy for accuracy in _ACCURACIES]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{100 * (1 - error):.4g}%"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(label, fontsize=TEXT)
    axes.set_title(title, fontsize=TEXT)
    axes.tick_params(labelsize=SMALL + 1)
    axes.grid(visible=True, color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _name_networks(axes: Axes, curves: Sequence[LearningCurve]) -> None:
    handles = [
        Line2D([], [], color=OKABE_ITO[number % len(OKABE_ITO)], marker=MARKERS[number % len(MARKERS)], markersize=5)
        for number in range(len(curves))
    ]
    labels = [f"{curve.name}: {curve.parameters:,} parameters" for curve in curves]
    axes.legend(handles, labels, loc="upper left", fontsize=SMALL + 1)


def _describe(curves: Sequence[LearningCurve], *, dataset: str) -> str:
    first, last = int(curves[0].train_examples[0]), int(curves[0].train_examples[-1])
    parts = "; ".join(
        f"{curve.name} with {curve.parameters:,} parameters rises from {curve.accuracy[0].mean():.1%} on {first:,} "
        f"images to {curve.accuracy[-1].mean():.1%} on {last:,}"
        for curve in curves
    )
    return f"Test accuracy on {dataset} against parameters and against training images: {parts}."
