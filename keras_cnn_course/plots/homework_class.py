"""A graded class: how many students have how many points, and how hard each exercise was."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import SMALL, TEXT, TITLE, new_figure

__all__ = ["plot_class"]

_BINS = 10
_FEW = 20


def plot_class(
    scores: Sequence[float],
    shares: Sequence[tuple[str, float]],
    *,
    points: float,
    title: str = "Homework",
    part: str = "exercise",
) -> Picture:
    """Draw a histogram of the marks beside the mean share of points per part. No student is named.

    Args:
        scores: the points of each student.
        shares: names of the parts and their mean share of points, from 0 to 1.
        points: the most that can be earned.
        part: what a part is called, such as `exercise` or `question`.
    """
    figure = new_figure(9.0, max(3.6, 0.32 * len(shares) + 1.2))
    left, right = figure.subplots(1, 2)
    counts, edges = np.histogram(scores, bins=_choose_edges(scores, points))
    left.bar(edges[:-1], counts, width=np.diff(edges), align="edge", edgecolor="white")
    left.set(xlim=(edges[0], edges[-1]), xlabel="points", ylabel="students")
    left.yaxis.get_major_locator().set_params(integer=True)
    mean, median = float(np.mean(scores)), float(np.median(scores))
    left.axvline(median, color="black", linestyle="--", linewidth=1)
    left.set_title(f"{len(scores)} students: mean {mean:.1f}, median {median:.1f}", fontsize=TEXT)
    names = [name for name, _ in shares]
    right.barh(names, [100 * share for _, share in shares])
    right.invert_yaxis()
    right.set(xlim=(0, 100), xlabel="mean share of the points (%)")
    right.set_title(f"{part.capitalize()}s, in their order", fontsize=TEXT)
    for axes in (left, right):
        axes.tick_params(labelsize=SMALL)
    figure.suptitle(f"{title}: {points:g} points", fontsize=TITLE)
    hardest = min(shares, key=lambda pair: pair[1], default=("none", 0.0))
    return Picture(
        figure,
        f"Histogram of the marks of {len(scores)} students: mean {mean:.1f}, median {median:.1f} of {points:g} points. "
        f"The {part} with the smallest mean share is {hardest[0]}, with {hardest[1]:.0%}.",
    )


def _choose_edges(scores: Sequence[float], points: float) -> np.ndarray:
    """Return the edges of the bars: one bar per number of points if they are few and whole, otherwise tenths."""
    if points <= _FEW and all(float(score).is_integer() for score in scores):
        return np.arange(-0.5, points + 1)
    return np.linspace(0, points, _BINS + 1)
