"""Finding the writing in a picture of paper: one digit in dark or light ink, under any light, next to other things.

Writing is made of strokes, and a stroke is narrow. A closing with a window wider than the stroke fills it with the tone
of the paper beside it; what it fills is the ink. The border of a shadow, the edge of a table and a finger are not
narrow, so the closing leaves them as they are. How wide the strokes are is not known, so windows of several sizes are
tried, the smallest first: a larger one also fills the corners between a stroke and the border of a shadow.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image

from keras_cnn_course.datasets.morphology import close, dilate, erode, label_components
from keras_cnn_course.datasets.ruling import erase_ruled_lines
from keras_cnn_course.errors import ImageError

__all__ = ["find_writing"]

_SIDE = 280  # pixels of the longer side of the picture in which writing is looked for
_WINDOWS = (7, 11, 15, 21, 29, 41, 57, 77, 97)
_LEAST_CONTRAST = 14.0  # gray levels between paper and ink
_MARGIN = 30  # pixels of paper around the writing that are looked at with it
_RIM = 2.2  # width of a stroke with its rim, compared to the width of its core
_WELL_FILLED = 0.01  # share of the strokes that may be too wide for the window
_GRAINY = 2.5  # gray levels between neighboring pixels
_DARKEST_PAPER = 40.0  # contrast is relative to the paper's tone, but for paper so dark that the ratio is noise

MORE_THAN_ONE = "The picture shows more than one piece of writing. Crop it to a single digit."
FILLED = (
    "The picture shows a filled area instead of the strokes of a digit. "
    "Use a digit written with a pen, with paper around it."
)
COVERED = "The writing covers too much of the picture. Leave some paper around the digit."
UNCLEAR = "The picture shows a pattern or shadows in which no digit can be found. Crop it to a digit on plain paper."
TINY = "The writing is too small to read. Crop the picture to the digit."
AT_BORDER = "The writing touches the border of the picture. Leave some paper around the digit."


@dataclass(frozen=True)
class _Writing:
    """Writing that was found with one window.

    Args:
        ink: from 0 for paper to 1 for full ink.
        solid: the strokes, which is where there is more ink than not.
        mass: the sum of its contrast.
        widest: the width of the widest part of a stroke in pixels.
        grown: the share of the strokes that was too wide for the window.
        problem: why it can't be a digit; empty if it can.
    """

    ink: np.ndarray
    solid: np.ndarray
    mass: float
    widest: int
    grown: float
    problem: str


def find_writing(gray: np.ndarray) -> np.ndarray:
    """Return the ink of the digit that a picture shows, from 0 for paper to 1, cropped to the digit.

    Args:
        gray: `(height, width)`, floating point from 0 to 255.

    Raises:
        ImageError: the picture shows no ink, or it isn't clear which of it is a digit.
    """
    working, times = _resize(gray)
    found = [writing for writing in (_find_dark(working), _find_dark(255 - working)) if writing is not None]
    if not found:
        raise ImageError(
            f"The picture shows no ink, only gray levels from {gray.min():.0f} to {gray.max():.0f}. "
            "Use a picture of a digit in ink on paper of another tone."
        )
    chosen = found[0] if len(found) == 1 else _choose_ink(working, found[0], found[1])
    if chosen.problem:
        raise ImageError(chosen.problem)
    ink = _average(chosen.ink, times)
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


def _find_dark(tones: np.ndarray) -> _Writing | None:
    """Return the dark writing of a picture: the digit, or else the largest piece that can't be one; None if none."""
    tones = erase_ruled_lines(tones, _measure_grain(close(tones, _WINDOWS[2]) - tones))
    usable: _Writing | None = None
    refused: _Writing | None = None
    for window in _WINDOWS:
        if window >= min(tones.shape):
            break
        least = 0.0
        if usable is not None:
            # A window needs to be wider than the blurred rim of the strokes, too, to see all of their gray.
            narrow = window <= _RIM * usable.widest
            if not narrow and usable.grown < _WELL_FILLED and _is_large(usable):
                break
            # A still larger window finds strokes that were too wide, where a smaller one found marks.
            least = (0.7 if narrow or usable.grown >= _WELL_FILLED else 2.5) * usable.mass
        writing = _look(tones, window, least=least)
        if writing is None:
            continue
        if not writing.problem:
            usable = writing
        elif refused is None or writing.mass > refused.mass:
            refused = writing
    if usable is None or (
        refused is not None and refused.problem == MORE_THAN_ONE and refused.mass > 2.5 * usable.mass
    ):
        return refused
    return usable


def _is_large(writing: _Writing) -> bool:
    """Return whether the writing is so large that it is hardly a mark beside larger writing."""
    first, last, _ = _box(writing)
    return bool((last - first).max() > 0.3 * min(writing.solid.shape))


def _measure_grain(depth: np.ndarray) -> float:
    """Return a contrast that the grain of the paper does not reach: three times its spread."""
    usual = float(np.median(depth))
    return max(_LEAST_CONTRAST, 3 * 1.4826 * float(np.median(np.abs(depth - usual))))


def _look(tones: np.ndarray, window: int, *, least: float) -> _Writing | None:
    """Return the writing whose strokes are narrower than a window; None if there is less than `least` of it."""
    paper = close(tones, window)
    depth = paper - tones
    floor = _measure_grain(depth)
    depth = np.clip(depth - float(np.median(depth)) - 0.6 * (floor - _LEAST_CONTRAST), 0, None)
    contrast = depth / np.maximum(paper, _DARKEST_PAPER)
    tone = _ink_tone(contrast, depth > floor)
    if tone is None:
        return None
    labels, mass, inner = _weigh_components((contrast > 0.5 * tone) & (depth > _LEAST_CONTRAST / 2), contrast)
    # Faint pieces are shadows and what shows through the paper.
    full = np.bincount(labels.ravel(), weights=(contrast > 0.65 * tone).ravel()) > 0.5 * np.bincount(labels.ravel())
    wanted = inner & full
    if not wanted.any() or mass[wanted].sum() < least:
        return None
    main = int(np.argmax(mass * wanted))
    groups, group = _join_near(wanted[labels], labels == main)
    others = np.bincount(groups.ravel(), weights=(contrast * ~group * (groups > 0)).ravel())
    others = others / contrast[group].sum()
    place = _surround(group)
    solid, grown = _grow(tones[place], group[place], float(np.median(depth[group])))
    widest = _widest(solid)
    ink = np.zeros_like(tones)
    ink[place] = np.clip(contrast[place] / tone, 0, 1) * dilate(solid, 2 * max(5, widest // 2) + 1)
    ink[place][grown] = 1
    group[place] = solid
    problem = _find_problem(labels[place] * (solid & ~grown), solid, grown, widest, others)
    if group.mean() > 0.45:
        problem = problem or COVERED
    return _Writing(
        ink=ink,
        solid=group,
        mass=float(ink[group].sum()) * tone,
        widest=widest,
        grown=float(grown.mean() / solid.mean()),
        problem=problem,
    )


def _surround(mask: np.ndarray) -> tuple[slice, slice]:
    """Return the part of the picture with what is inside a mask and some paper around it."""
    rows, columns = np.nonzero(mask)
    top, left = max(0, int(rows.min()) - _MARGIN), max(0, int(columns.min()) - _MARGIN)
    return slice(top, int(rows.max()) + _MARGIN + 1), slice(left, int(columns.max()) + _MARGIN + 1)


def _ink_tone(contrast: np.ndarray, mask: np.ndarray) -> float | None:
    """Return the contrast of full ink: that of the largest piece that does not touch the border of the picture.

    Where something dark touches the border, it may be linked to the writing by faint traces. Higher thresholds
    separate them.
    """
    best, tone = 0.0, None
    seen = contrast[mask]
    if not seen.size:
        return None
    typical = float((seen**3).sum() / (seen**2).sum())
    for level in (0.0, 0.25 * typical, 0.5 * typical):
        labels, mass, inner = _weigh_components(mask & (contrast > level), contrast)
        if inner.any():
            main = int(np.argmax(mass * inner))
            if mass[main] > 1.2 * best:
                best, tone = float(mass[main]), float(np.percentile(contrast[labels == main], 88))
        if mass[1:][~inner[1:]].sum() < 0.1 * mass.sum():
            break
    return tone if best > 1.5 else None


def _weigh_components(mask: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the components of a mask, the weight of each, and which of them keep clear of the picture's border."""
    labels = label_components(mask)
    mass = np.bincount(labels.ravel(), weights=weight.ravel())
    mass[0] = 0
    inner = np.ones(len(mass), dtype=bool)
    for edge in (labels[:2], labels[-2:], labels[:, :2], labels[:, -2:]):
        inner[edge] = False
    inner[0] = False
    return labels, mass, inner


def _join_near(kept: np.ndarray, main: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the groups of pieces that are near each other, numbered, and the group of the main piece as a mask."""
    extent = max(np.ptp(axis) + 1 for axis in np.nonzero(main))
    labels = label_components(dilate(kept, 2 * max(2, round(0.12 * extent)) + 1)) * kept
    return labels, labels == labels[main][0]


def _grow(tones: np.ndarray, group: np.ndarray, depth: float) -> tuple[np.ndarray, np.ndarray]:
    """Add the pixels next to strokes that are as dark as they are.

    Where strokes cross, they are wider than elsewhere and may be wider than the window.

    Returns:
        the strokes, and what was added to them.
    """
    core = erode(np.where(group, tones, np.inf), 9)
    core = np.where(group, core, np.inf)
    grown = group
    for _ in range(24):
        core = np.minimum(core, erode(core, 3))
        more = grown | ((tones <= core + 0.25 * depth) & dilate(grown, 3))
        if more.sum() == grown.sum():
            break
        grown = more
        core = np.where(grown, core, np.inf)
    return grown, grown & ~group


def _find_problem(pieces: np.ndarray, solid: np.ndarray, grown: np.ndarray, widest: int, others: np.ndarray) -> str:
    """Return why a piece of writing can't be one digit; empty if it can.

    Args:
        pieces: its connected pieces, numbered.
        solid: its strokes.
        grown: the part of them that the window did not fill.
        others: how much other writing the picture shows, per group, as a share of this one.
    """
    rows, columns = np.nonzero(solid)
    height, width = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    if grown.sum() > 0.25 * solid.sum():
        return FILLED
    if max(height, width) < 0.065 * _SIDE:
        return TINY
    if solid.sum() < 2.2 * widest**2:
        return FILLED
    if others.max() > 0.07 or _are_side_by_side(pieces, height) or width > 1.8 * height:
        return MORE_THAN_ONE
    if others.sum() > 0.5 or (np.bincount(pieces[pieces > 0]) > 0.04 * solid.sum()).sum() > 4:
        return UNCLEAR
    return ""


def _widest(mask: np.ndarray) -> int:
    """Return the width in pixels of the widest square that fits into a mask."""
    left, width = np.pad(mask, 1), 0
    while left.any():
        left = erode(left, 3)
        width += 2
    return width


def _are_side_by_side(pieces: np.ndarray, height: int) -> bool:
    """Return whether pieces are next to each other with a gap between them, as two digits are.

    The parts of one digit that do not touch, such as the bar of a 5, are above one another.
    """
    least = 0.08 * np.count_nonzero(pieces)
    columns = [np.nonzero(pieces == number)[1] for number in np.unique(pieces[pieces > 0])]
    spans = sorted((int(column.min()), int(column.max())) for column in columns if column.size > least)
    return any(right[0] - left[1] > 0.05 * height for left, right in pairwise(spans))


def _choose_ink(gray: np.ndarray, dark: _Writing, light: _Writing) -> _Writing:
    """Return the one of dark and light writing that is ink.

    The other may be the paper in a loop of ink, which looks like the paper around it. It may also be the paper itself,
    or a part of it between ink and a shadow.
    """
    inner, outer = sorted((dark, light), key=lambda writing: _box(writing)[2])
    if outer.problem == MORE_THAN_ONE and (inner.problem or _is_inside(inner, outer)):
        return outer
    if inner.problem == MORE_THAN_ONE and outer.problem:
        return inner
    if not dark.problem and not light.problem and _is_inside(inner, outer):
        around = dilate(outer.solid, 13) & ~dilate(outer.solid, 7)
        surroundings, enclosed, strokes = (
            float(np.median(gray[place])) for place in (around, inner.solid, outer.solid)
        )
        likeness = abs(surroundings - enclosed) / max(1.0, abs(enclosed - strokes))
        if likeness < 0.1 or (likeness < 0.4 and outer.widest < 1.5 * inner.widest):
            return outer
    return max((dark, light), key=lambda writing: (not writing.problem, writing.mass / writing.widest**1.5))


def _box(writing: _Writing) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the first row and column of the writing, the last ones, and the area of its box."""
    places = np.argwhere(writing.solid)
    first, last = places.min(axis=0), places.max(axis=0)
    return first, last, int(np.prod(last - first + 1))


def _is_inside(inner: _Writing, outer: _Writing) -> bool:
    (first, last, _), (outer_first, outer_last, _) = _box(inner), _box(outer)
    return bool((first >= outer_first - 3).all() and (last <= outer_last + 3).all())
