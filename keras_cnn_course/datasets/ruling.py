"""Erasing ruled lines from a picture of paper, and keeping the strokes that cross them."""

import numpy as np

from keras_cnn_course.datasets.morphology import close

__all__ = ["erase_ruled_lines"]

_THICKEST = 12  # pixels of a picture of 280
_REACH = 16
_STEEPEST = 0.14  # 8 degrees
_SHARE = 0.7  # of the width that a line must cover
_APART = 6  # rows between two lines
_GROUP = 4  # columns that are looked at together


def erase_ruled_lines(gray: np.ndarray, floor: float) -> np.ndarray:
    """Return the picture without the dark straight lines that cross it from side to side.

    Args:
        gray: `(height, width)`, dark writing on light paper.
        floor: contrast in gray levels that noise does not reach.
    """
    cleaned = gray.copy()
    for turned in (cleaned, cleaned.T):
        mask = close(turned, _REACH) - turned > floor
        for row, slope in _find_lines(mask):
            _erase_line(turned, mask, row, slope)
    return cleaned


def _find_lines(mask: np.ndarray) -> list[tuple[int, float]]:
    """Return the row at the middle of the picture and the slope of each line, the most complete first."""
    height, width = mask.shape
    groups = width // _GROUP
    if groups < 8:
        return []
    coarse = mask[:, : groups * _GROUP].reshape(height, groups, _GROUP).sum(axis=2) * 2 > _GROUP
    if coarse.any(axis=0).sum() <= _SHARE * (groups // 2):
        return []
    column = (np.arange(groups) + 0.5) * _GROUP - width / 2
    slopes = np.linspace(-_STEEPEST, _STEEPEST, 57)
    found = []
    for slope in slopes:
        rows = np.arange(height)[:, np.newaxis] + np.round(column * slope).astype(int)
        seen = (rows >= 0) & (rows < height)
        on_line = coarse[np.clip(rows, 0, height - 1), np.arange(groups)] & seen
        share = on_line.sum(axis=1) / np.maximum(seen.sum(axis=1), groups // 2)
        found += [(float(share[row]), int(row), float(slope)) for row in np.flatnonzero(share > _SHARE)]
    lines: list[tuple[int, float]] = []
    for _, row, slope in sorted(found, key=lambda line: (-line[0], abs(line[2]))):
        if all(abs(row - other) > _APART for other, _ in lines):
            lines.append((row, slope))
    return lines


def _erase_line(gray: np.ndarray, mask: np.ndarray, row: int, slope: float) -> None:
    """Fill a line with the tone beside it, in place; where it is thicker than elsewhere, a stroke crosses it."""
    height, width = mask.shape
    columns = np.arange(width)
    middle = row + np.round((columns - width / 2) * slope).astype(int)
    offsets = np.arange(-_REACH, _REACH + 1)[:, np.newaxis]
    rows = middle + offsets
    inside = (rows >= 0) & (rows < height)
    rows = np.clip(rows, 0, height - 1)
    band = mask[rows, columns] & inside
    on_line = band[_REACH]
    seen = inside[_REACH]
    if on_line.sum() < _SHARE * max(seen.sum(), width // 2) or not _reaches_both_ends(on_line[seen]):
        return
    up = np.logical_and.accumulate(band[_REACH::-1]).sum(axis=0)
    down = np.logical_and.accumulate(band[_REACH:]).sum(axis=0)
    thickness = np.where(on_line, up + down - 1, 0)
    usual = float(np.median(thickness[on_line]))
    if usual > _THICKEST:
        return
    erased = on_line & (thickness <= usual + 2)
    # The line's blurred rim is erased with it.
    top, bottom = middle - up - 1, middle + down + 1
    above = gray[np.clip(top, 0, height - 1), columns]
    below = gray[np.clip(bottom, 0, height - 1), columns]
    above, below = np.where(top < 0, below, above), np.where(bottom >= height, above, below)
    position = np.clip((middle + offsets - top) / np.maximum(bottom - top, 1), 0, 1)
    filling = above + (below - above) * position
    filled = inside & erased & (middle + offsets > top) & (middle + offsets < bottom)
    where = rows[filled], np.broadcast_to(columns, rows.shape)[filled]
    gray[where] = filling[filled]
    mask[where] = False


def _reaches_both_ends(on_line: np.ndarray) -> bool:
    eighth = max(1, len(on_line) // 8)
    return bool(on_line[:eighth].mean() > 0.5 and on_line[-eighth:].mean() > 0.5)
