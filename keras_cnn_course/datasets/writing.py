"""Finding the writing in a picture of paper: one digit in dark or light ink, under any light, next to other things.

Writing is made of strokes, and a stroke is narrow. A closing with a window wider than the stroke fills it with the tone
of the paper beside it; what it fills is the ink. The border of a shadow, the edge of a table and a finger are not
narrow, so the closing leaves them as they are. How wide the strokes are is not known, so windows of several sizes are
tried, the smallest first: a larger one also fills the corners between a stroke and the border of a shadow.
"""

import numpy as np
from PIL import Image

from keras_cnn_course.datasets.morphology import close, dilate
from keras_cnn_course.datasets.ruling import erase_ruled_lines
from keras_cnn_course.datasets.single_digit import AT_BORDER, MORE_THAN_ONE
from keras_cnn_course.datasets.strokes import Writing, find_strokes, measure_grain
from keras_cnn_course.errors import ImageError

__all__ = ["find_writing"]

_SIDE = 280  # pixels of the longer side of the picture in which writing is looked for
_WINDOWS = (7, 11, 15, 21, 29, 41, 57, 77, 97)
_RIM = 2.2  # width of a stroke with its rim, compared to the width of its core
_WIDER = 4  # how much wider the strokes of other writing may be that is looked for beside the digit
_WELL_FILLED = 0.01  # share of the strokes that may be too wide for the window
_BORDER = 30  # pixels of paper to add around the picture
_NEAR = 3  # pixels that count as the border of a picture
_MUCH = 2.5  # how much more ink is not merely a wider rim
_THICKEST = 40  # pixels of a stroke that may enclose paper
_LIKE = 0.2  # difference between two places of paper, compared to that between paper and ink
_GRAINY = 2.5  # gray levels between neighboring pixels


def find_writing(gray: np.ndarray) -> np.ndarray:
    """Return the ink of the digit that a picture shows, from 0 for paper to 1, cropped to the digit.

    Args:
        gray: `(height, width)`, floating point from 0 to 255.

    Raises:
        ImageError: the picture shows no ink, or it isn't clear which of it is a digit.
    """
    working, times = _resize(gray)
    found = _find_ink(working)
    if (found is None or found.problem) and _touches_border(working):
        raise ImageError(AT_BORDER)
    if found is None:
        raise ImageError(
            f"The picture shows no ink, only gray levels from {gray.min():.0f} to {gray.max():.0f}. "
            "Use a picture of a digit in ink on paper of another tone."
        )
    if found.problem:
        raise ImageError(found.problem)
    ink = _average(found.ink, times)
    solid = ink > 0.3
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    return np.ascontiguousarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], dtype=np.float32)


def _resize(gray: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the picture with about 280 pixels on its longer side, and how often each pixel is repeated."""
    height, width = gray.shape
    longest = max(height, width)
    if longest <= _SIDE:
        times = max(1, _SIDE // longest)
        return np.kron(gray, np.ones((times, times), dtype=np.float32)), times
    size = max(1, round(width * _SIDE / longest)), max(1, round(height * _SIDE / longest))
    small = np.asarray(Image.fromarray(gray).resize(size, Image.Resampling.BOX))
    # A median would erase a hairline, so it is used on grainy pictures only.
    grainy = float(np.median(np.abs(np.diff(small, axis=1)))) > _GRAINY if small.shape[1] > 1 else False
    return _median(small) if grainy else small, 1


def _median(gray: np.ndarray) -> np.ndarray:
    """Return the median of 3x3 pixels, which removes single pixels of noise and keeps edges."""
    padded = np.pad(gray, 1, mode="edge")
    height, width = gray.shape
    return np.median([padded[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0)


def _average(ink: np.ndarray, times: int) -> np.ndarray:
    height, width = (side // times for side in ink.shape)
    return ink.reshape(height, times, width, times).mean(axis=(1, 3))


def _find_ink(working: np.ndarray) -> Writing | None:
    """Return the dark or the light writing of a picture, whichever is ink."""
    found = [writing for writing in (_find_dark(working), _find_dark(255 - working)) if writing is not None]
    return _choose_ink(working, found[0], found[1]) if len(found) == 2 else next(iter(found), None)


def _touches_border(working: np.ndarray) -> bool:
    """Return whether a digit is found once there is more paper around the picture, and touches the picture's border."""
    border = np.concatenate([working[0], working[-1], working[:, 0], working[:, -1]])
    found = _find_ink(np.pad(working, _BORDER, constant_values=float(np.median(border))))
    if found is None or found.problem:
        return False
    solid = found.solid[_BORDER:-_BORDER, _BORDER:-_BORDER]
    ends = (solid[:_NEAR].any(axis=0), solid[-_NEAR:].any(axis=0))
    sides = (*ends, solid[:, :_NEAR].any(axis=1), solid[:, -_NEAR:].any(axis=1))
    # The side of a table and a shadow lie along the border of the picture.
    return any(side.any() for side in sides) and not any(float(side.mean()) > 0.7 for side in sides)


def _find_dark(tones: np.ndarray) -> Writing | None:
    """Return the dark writing of a picture: the digit, or else the largest piece that can't be one; None if none."""
    tones = erase_ruled_lines(tones, measure_grain(close(tones, _WINDOWS[2]) - tones))
    usable: Writing | None = None
    refused: Writing | None = None
    for window in _WINDOWS:
        if window >= min(tones.shape):
            break
        least = 0.0
        if usable is not None:
            # A window needs to be wider than the blurred rim of the strokes, too, to see all of their gray.
            narrow = window <= _RIM * usable.widest
            if window > _WIDER * usable.widest and usable.grown < _WELL_FILLED and _is_large(usable):
                break
            least = (0.7 if narrow or usable.grown >= _WELL_FILLED else 1.0) * usable.mass
        writing = find_strokes(tones, window, least=least)
        if writing is None:
            continue
        if writing.problem:
            refused = writing if refused is None or writing.mass > refused.mass else refused
        # A still larger window finds strokes that were too wide, where a smaller one found marks.
        elif usable is None or least < usable.mass or writing.mass > _MUCH * usable.mass:
            usable = writing
    if usable is None or refused is None:
        return usable or refused
    # The wider strokes of a second digit beside the first, or a digit that a smaller window saw only a part of.
    share = _MUCH if (usable.solid & refused.solid).any() else 1.0
    return refused if refused.problem == MORE_THAN_ONE and refused.mass > share * usable.mass else usable


def _is_large(writing: Writing) -> bool:
    """Return whether the writing is so large that it is hardly a mark beside larger writing."""
    first, last, _ = _box(writing)
    return bool((last - first).max() > 0.3 * min(writing.solid.shape))


def _choose_ink(gray: np.ndarray, dark: Writing, light: Writing) -> Writing:
    """Return the one of dark and light writing that is ink.

    The other may be the paper in a loop of ink, which looks like the paper around it. It may also be the paper itself,
    or a part of it between ink and a shadow.
    """
    inner, outer = sorted((dark, light), key=lambda writing: _box(writing)[2])
    if outer.problem == MORE_THAN_ONE and (inner.problem or _is_inside(inner, outer)):
        return outer
    if inner.problem == MORE_THAN_ONE and outer.problem:
        return inner
    if bool(dark.problem) != bool(light.problem):
        usable, refused = (light, dark) if dark.problem else (dark, light)
        return refused if _is_paper_in_loop(gray, usable, refused) else usable
    if not dark.problem and _is_inside(inner, outer):
        around = dilate(outer.solid, 13) & ~dilate(outer.solid, 7)
        surroundings, enclosed, strokes = (
            float(np.median(gray[place])) for place in (around, inner.solid, outer.solid)
        )
        likeness = abs(surroundings - enclosed) / max(1.0, abs(enclosed - strokes))
        if likeness < 0.1 or (likeness < 0.4 and outer.widest < 1.5 * inner.widest):
            return outer
    return max((dark, light), key=lambda writing: writing.mass / writing.widest**1.5)


def _is_paper_in_loop(gray: np.ndarray, found: Writing, other: Writing) -> bool:
    """Return whether what was found is the paper in a loop of other writing: it looks like the paper beyond the loop.

    Ink never looks like what is around it, a stroke's width away.
    """
    width = min(other.widest, _THICKEST)
    around = dilate(found.solid, 2 * width + 13) & ~dilate(found.solid, 2 * width + 7)
    between = dilate(found.solid, 7) & ~dilate(found.solid, 3)
    if not around.any():
        return False
    beyond, enclosed, strokes = (float(np.median(gray[place])) for place in (around, found.solid, between))
    return abs(beyond - enclosed) < _LIKE * abs(enclosed - strokes)


def _box(writing: Writing) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the first row and column of the writing, the last ones, and the area of its box."""
    places = np.argwhere(writing.solid)
    first, last = places.min(axis=0), places.max(axis=0)
    return first, last, int(np.prod(last - first + 1))


def _is_inside(inner: Writing, outer: Writing) -> bool:
    (first, last, _), (outer_first, outer_last, _) = _box(inner), _box(outer)
    return bool((first >= outer_first - 3).all() and (last <= outer_last + 3).all())
