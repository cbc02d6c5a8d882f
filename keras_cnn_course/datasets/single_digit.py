"""Judging whether a piece of writing can be one digit."""

from itertools import pairwise

import numpy as np

__all__ = ["AT_BORDER", "MORE_THAN_ONE", "find_problem"]

_SMALLEST = 18  # pixels of a picture of 280
_SOFT = 0.58

MORE_THAN_ONE = "The picture shows more than one piece of writing. Crop it to a single digit."
FILLED = (
    "The picture shows a filled area instead of the strokes of a digit. "
    "Use a digit written with a pen, with paper around it."
)
COVERED = "The writing covers too much of the picture. Leave some paper around the digit."
UNCLEAR = "The picture shows a pattern or shadows in which no digit can be found. Crop it to a digit on plain paper."
TINY = "The writing is too small to read. Crop the picture to the digit."
AT_BORDER = "The writing touches the border of the picture. Leave some paper around the digit."


def find_problem(
    pieces: np.ndarray, solid: np.ndarray, *, widest: int, grown: float, firm: float, covered: float, others: np.ndarray
) -> str:
    """Return why a piece of writing can't be one digit; empty if it can.

    Args:
        pieces: its connected pieces, numbered.
        solid: its strokes.
        widest: the width of the widest part of a stroke in pixels.
        grown: the share of the strokes that was too wide for the window.
        firm: the share of the strokes that is nearly full ink.
        covered: the share of the picture that the strokes cover.
        others: how much other writing the picture shows, per group, as a share of this one.
    """
    rows, columns = np.nonzero(solid)
    height, width = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    if grown > 0.25:
        return FILLED
    if max(height, width) < _SMALLEST:
        return TINY
    if solid.sum() < 2.2 * widest**2:
        return FILLED
    if others.max() > 0.07 or _are_side_by_side(pieces, height) or width > 1.8 * height:
        return MORE_THAN_ONE
    # Wide and without an edge, as a shadow or a stain. A stroke out of focus has no edge either, but is narrow.
    soft = widest > 0.2 * max(height, width) and firm < _SOFT
    if soft or others.sum() > 0.5 or (np.bincount(pieces[pieces > 0]) > 0.04 * solid.sum()).sum() > 4:
        return UNCLEAR
    return COVERED if covered > 0.45 else ""


def _are_side_by_side(pieces: np.ndarray, height: int) -> bool:
    """Return whether pieces are next to each other with a gap between them, as two digits are.

    The parts of one digit that do not touch, such as the bar of a 5, are above one another. Between two pieces that
    are both nearly as high as the writing, a small gap is enough.
    """
    least = 0.08 * np.count_nonzero(pieces)
    spans = []
    for number in np.unique(pieces[pieces > 0]):
        rows, columns = np.nonzero(pieces == number)
        if columns.size > least:
            spans.append((int(columns.min()), int(columns.max()), np.ptp(rows) > 0.6 * height))
    return any(
        after[0] - before[1] > (0.01 if before[2] and after[2] else 0.05) * height
        for before, after in pairwise(sorted(spans))
    )
