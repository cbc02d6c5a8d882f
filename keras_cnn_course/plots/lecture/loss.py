"""Pictures of curves: picture 19, the cross entropy; and what a shift changes, step by step."""

import numpy as np

from keras_cnn_course.lecture.loss import cross_entropy
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.worked_network import EXAMPLE_PROBABILITIES
from keras_cnn_course.lecture.worked_shift import measure_steps
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MARKERS, MUTED, OKABE_ITO, SMALL, TEXT, TITLE, new_figure

__all__ = ["plot_loss", "plot_shift_changes"]


def plot_loss() -> Picture:
    """Draw picture 19: log(1/p) over p, with a batch's examples marked and their average."""
    probabilities = np.array(EXAMPLE_PROBABILITIES)
    losses = _losses(probabilities)
    curve = np.linspace(0.01, 1.0, 400)
    figure = new_figure(7.0, 4.6)
    axes = figure.subplots()
    axes.plot(curve, _losses(curve), color=OKABE_ITO[0], label="log(1 / p)")
    axes.plot(probabilities, losses, ls="none", marker="o", color=OKABE_ITO[1], label="the batch's examples")
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
    axes.axhline(average, color=OKABE_ITO[2], ls="--", label=f"their average, {average:.3f}")
    axes.axhline(np.log(10), color=MUTED, ls=":", label=f"knowing nothing of 10 digits: log 10 = {np.log(10):.3f}")
    axes.set_xlim(0, 1.12)
    axes.set_ylim(0, 4.8)
    axes.set_xlabel("p: probability given to the right label", fontsize=TEXT)
    axes.set_ylabel("error: log(1 / p)", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)
    axes.legend(fontsize=SMALL, frameon=False)
    axes.set_title("Categorical cross entropy", fontsize=TITLE)
    return Picture(
        figure,
        f"The error log(1/p) falls from {losses.max():.2f} at p={probabilities.min():g} to {losses.min():.2f} at "
        f"p={probabilities.max():g}; averaged over {len(losses)} examples it is {average:.3f}.",
    )


def plot_shift_changes(material: Material) -> Picture:
    """Draw the summary slide: how much each step's output changes in place when the object moves."""
    steps = measure_steps(material)
    figure = new_figure(7.0, 4.4)
    axes = figure.subplots()
    for number, step in enumerate(steps):
        axes.plot(
            range(len(step.changes)),
            [100 * change for change in step.changes],
            color=OKABE_ITO[number],
            marker=MARKERS[number],
            label=step.name,
        )
    axes.set_xticks(range(len(steps[0].changes)))
    axes.set_xlabel("pixels the object moves (mean of left, right, up, down)", fontsize=TEXT)
    axes.set_ylabel("change in place, %", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)
    axes.legend(fontsize=SMALL, frameon=False, title="after", title_fontsize=SMALL)
    axes.set_title("Convolution moves with the object; pooling roughly stays", fontsize=TITLE)
    first = ", ".join(f"{step.name} {step.changes[1]:.0%}" for step in steps)
    return Picture(figure, f"Change of each step's output when the object moves by one pixel: {first}.")


def _losses(probabilities: np.ndarray) -> np.ndarray:
    """Return log(1/p) of each probability, as of one example each whose label is class 0."""
    rows = np.stack([probabilities, 1 - probabilities], axis=1)
    return cross_entropy(rows, np.zeros(len(rows), dtype=int))
