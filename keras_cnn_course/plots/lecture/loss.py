"""Slide 'Loss/"error"': the cross entropy as a curve."""

import numpy as np

from keras_cnn_course.lecture.loss import cross_entropy
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.slides.loss import EXAMPLE_PROBABILITIES
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MUTED, OKABE_ITO, SMALL, TEXT, TITLE, new_figure

__all__ = ["plot_loss"]


def plot_loss(_: Material) -> Picture:
    """Draw log(1/p) over p, with the examples of a batch and their average."""
    probabilities = np.array(EXAMPLE_PROBABILITIES)
    losses = _losses(probabilities)
    curve = np.linspace(0.01, 1.0, 400)
    figure = new_figure(7.0, 4.6)
    axes = figure.subplots()
    axes.plot(curve, _losses(curve), color=OKABE_ITO[0], label="log(1 / p)")
    axes.plot(probabilities, losses, ls="none", marker="o", color=OKABE_ITO[1], label="examples of a batch")
    for probability, loss in zip(probabilities, losses, strict=True):
        axes.annotate(
            f"p={probability:g}: {loss:.2f}",
            (probability, loss),
            (6, 7),
            textcoords="offset points",
            fontsize=SMALL,
            rotation=20,
        )
    average = float(losses.mean())
    axes.axhline(average, color=OKABE_ITO[2], ls="--", label=f"average of the examples: {average:.3f}")
    axes.axhline(np.log(10), color=MUTED, ls=":", label=f"a network that knows nothing: log 10 = {np.log(10):.3f}")
    axes.set_xlim(0, 1.12)
    axes.set_ylim(0, 4.8)
    axes.set_xlabel("p: probability of the correct label", fontsize=TEXT)
    axes.set_ylabel("loss: log(1 / p)", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)
    axes.legend(fontsize=SMALL, frameon=False)
    axes.set_title("Categorical cross entropy", fontsize=TITLE)
    return Picture(
        figure,
        f"The loss log(1/p) falls from {losses.max():.2f} at p={probabilities.min():g} to {losses.min():.2f} at "
        f"p={probabilities.max():g}; the average of the {len(losses)} examples is {average:.3f}.",
    )


def _losses(probabilities: np.ndarray) -> np.ndarray:
    """Return log(1/p) of each probability, as the loss of one example with label 0."""
    rows = np.stack([probabilities, 1 - probabilities], axis=1)
    return cross_entropy(rows, np.zeros(len(rows), dtype=int))
