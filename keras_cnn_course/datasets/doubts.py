"""Doubting that writing is one plain digit, by its shape. A model answers whatever it sees; here a person is asked.

The limits are such that fewer than 1% of MNIST's digits are doubted.
"""

import numpy as np

from keras_cnn_course.datasets.morphology import dilate, label_components

__all__ = ["find_doubt"]

_SOLID = 0.5  # of full ink
_WIDEST = 1.7  # width of a digit, compared to its height
_LOOPS = 2  # an 8 has two
_SMALL = 0.005  # share of the box that an accidental loop encloses
_PIECE = 0.05  # share of the ink that is more than a speck
_FLAT, _LONG = 0.25, 0.6  # height of a line to its width, and its width to that of the writing
_SLANTS = np.linspace(-0.5, 0.5, 11)  # columns per row
_HIGH, _SHARE, _LINK = 0.9, 0.25, 0.11  # of each of two digits: its height and its ink; and ink between them to height
_SLIM = 0.4  # width to height of writing that is not merely a thick 1
_CROSSED = 0.9  # share of a line that is ink
_ASIDE = 0.2  # share of the ink on each side of a line that crosses a digit
_BEYOND = 0.1  # share of its length by which it is longer than the digit at each end

TOUCHING = "The writing is wider than a digit usually is. Are these two digits that touch?"
RINGED = "A closed line surrounds the digit. The model takes it for a part of the digit."
UNDERLINED = "There is a line below the digit. The model takes it for a part of the digit."
CROSSED_OUT = "A straight line crosses the writing from end to end. Is the digit crossed out?"
MANY_LOOPS = "The writing has more loops than a digit. Is it crossed out, or more than one digit?"


def find_doubt(ink: np.ndarray) -> str:
    """Return why writing may not be one plain digit, as a sentence or two; empty if nothing speaks against it.

    Args:
        ink: `(height, width)` from 0 for paper to 1 for full ink, cropped to the writing.
    """
    solid = ink > _SOLID
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    if not rows.size:
        return ""
    solid = solid[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    paper = label_components(~np.pad(solid, 1))
    outside = paper == paper[0, 0]
    pieces = np.pad(label_components(solid), 1)
    if _surrounds(pieces, outside):
        return RINGED
    if _is_underlined(pieces[1:-1, 1:-1]):
        return UNDERLINED
    if _is_crossed(solid) or _is_struck(solid) or _is_struck(solid.T):
        return CROSSED_OUT
    loops = np.bincount(paper[~outside & (paper > 0)])
    if (loops > _SMALL * solid.size).sum() > _LOOPS:
        return MANY_LOOPS
    height, width = solid.shape
    return TOUCHING if width > _WIDEST * height or (width > height and _divides(solid)) else ""


def _surrounds(pieces: np.ndarray, outside: np.ndarray) -> bool:
    """Return whether a piece of the writing lies in a loop of another."""
    mass = np.bincount(pieces.ravel())
    mass[np.unique(pieces[dilate(outside, 3)])] = 0
    return bool(mass.max() > _PIECE * np.count_nonzero(pieces))


def _is_underlined(pieces: np.ndarray) -> bool:
    """Return whether a piece of its own is a long flat line below the rest."""
    width = pieces.shape[1]
    for number in range(1, pieces.max() + 1):
        rows, columns = np.nonzero(pieces == number)
        others = np.flatnonzero(((pieces > 0) & (pieces != number)).any(axis=1))
        long = np.ptp(columns) + 1 > _LONG * width and np.ptp(rows) + 1 < _FLAT * (np.ptp(columns) + 1)
        if long and others.size and rows.min() > others.max():
            return True
    return False


def _is_crossed(solid: np.ndarray) -> bool:
    """Return whether both diagonals of the writing's box are strokes."""
    height, width = solid.shape
    down = np.linspace(0, height - 1, max(height, width)).round().astype(int)
    right = np.linspace(0, width - 1, max(height, width)).round().astype(int)
    inked = min(float(solid[down, right].mean()), float(solid[down[::-1], right].mean()))
    return inked > _CROSSED and width > _SLIM * height


def _is_struck(solid: np.ndarray) -> bool:
    """Return whether a straight line from the left to the right side crosses the rest, and is longer at both ends."""
    height, width = solid.shape
    if not _SLIM < width / height < 1 / _SLIM:
        return False
    rows, columns = np.nonzero(solid)
    across = np.linspace(0, width - 1, 50)
    ends = np.linspace(0, height - 1, 24)
    lines = ends[:, np.newaxis, np.newaxis] + (ends[:, np.newaxis] - ends[:, np.newaxis, np.newaxis]) * across / width
    inked = solid[lines.round().astype(int), across.round().astype(int)].mean(axis=2)
    for first, last in np.argwhere(inked > _CROSSED):
        distance = rows - ends[first] - (ends[last] - ends[first]) * columns / width
        aside = np.abs(distance) > 0.08 * height
        if min((distance[aside] > 0).sum(), (distance[aside] < 0).sum()) < _ASIDE * rows.size:
            continue
        start, end = columns[aside].min(), width - 1 - columns[aside].max()
        if min(start, end) > _BEYOND * width:
            return True
    return False


def _divides(solid: np.ndarray) -> bool:
    """Return whether a straight cut through little ink divides the writing into two parts as high as it is."""
    height = len(solid)
    rows, columns = np.nonzero(solid)
    for slant in _SLANTS:
        moved = np.round(columns + slant * (rows - height / 2)).astype(int)
        sheared = np.zeros((height, np.ptp(moved) + 1), dtype=bool)
        sheared[rows, moved - moved.min()] = True
        filled = sheared.sum(axis=0)
        share = np.cumsum(filled) / rows.size
        left = np.logical_or.accumulate(sheared, axis=1).sum(axis=0)
        right = np.logical_or.accumulate(sheared[:, ::-1], axis=1).sum(axis=0)[::-1]
        both_high = np.minimum(left[:-2], right[2:]) > _HIGH * height
        both_heavy = np.minimum(share[:-2], 1 - share[1:-1]) > _SHARE
        if (both_high & both_heavy & (filled[1:-1] < _LINK * height)).any():
            return True
    return False
