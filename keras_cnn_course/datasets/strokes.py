"""Finding strokes of one width: what a closing fills with the tone of the paper beside it.

A closing with a window that is wider than the strokes fills them, and leaves shadows and tables as they are.
"""

from dataclasses import dataclass

import numpy as np

from keras_cnn_course.datasets.morphology import close, dilate, erode, label_components, measure_width
from keras_cnn_course.datasets.single_digit import AT_BORDER, MORE_THAN_ONE, find_problem

__all__ = ["Writing", "find_strokes", "measure_grain"]

_LEAST_CONTRAST = 14.0  # gray levels between paper and ink
_DARKEST_PAPER = 40.0  # contrast is relative to the paper's tone, but for paper so dark that the ratio is noise
_PALE = 0.25  # of the contrast of full ink: less is what shows through the paper
_MARGIN = 30  # pixels of paper around the writing that are looked at with it


@dataclass(frozen=True)
class Writing:
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


def find_strokes(tones: np.ndarray, window: int, *, least: float) -> Writing | None:
    """Return the dark writing whose strokes are narrower than a window; None if its contrast adds up to less."""
    contrast, depth, floor = _measure_contrast(tones, window)
    tone = _ink_tone(contrast, depth > floor)
    if tone is None:
        return None
    labels, mass, inner = _weigh_components((contrast > 0.5 * tone) & (depth > _LEAST_CONTRAST / 2), contrast)
    # Faint pieces are shadows and what shows through the paper.
    full = np.bincount(labels.ravel(), weights=(contrast > 0.65 * tone).ravel()) > 0.5 * np.bincount(labels.ravel())
    wanted = inner & full
    if not wanted.any() or mass[wanted].sum() < least:
        return None
    groups, group = _join_near(wanted[labels], labels == int(np.argmax(mass * wanted)))
    others = np.bincount(groups.ravel(), weights=(contrast * ~group * (groups > 0)).ravel())
    place = _surround(group)
    solid, grown = _grow(tones[place], group[place], float(np.median(depth[group])))
    widest = measure_width(solid)
    ink = np.zeros_like(tones)
    ink[place] = np.clip(contrast[place] / tone, 0, 1) * dilate(solid, 2 * max(5, widest // 2) + 1)
    ink[place][grown] = 1
    weight = contrast[group].sum()
    group[place] = solid
    share = float(grown.mean() / solid.mean())
    problem = find_problem(
        labels[place] * (solid & ~grown),
        solid,
        widest=widest,
        grown=share,
        firm=float((ink[group] > 0.8).mean()),
        covered=float(group.mean()),
        others=others / weight,
    )
    if not problem and _has_paler_strokes((contrast > _PALE * tone) & (depth > _LEAST_CONTRAST), contrast, group):
        problem = MORE_THAN_ONE
    if not problem and _is_cut_off(labels, full & ~inner & (mass > 0.25 * weight), widest):
        problem = AT_BORDER
    return Writing(
        ink=ink, solid=group, mass=float(ink[group].sum()) * tone, widest=widest, grown=share, problem=problem
    )


def measure_grain(depth: np.ndarray) -> float:
    """Return a contrast that the grain of the paper does not reach: three times its spread."""
    depth = depth[::2, ::2]
    usual = float(np.median(depth))
    return max(_LEAST_CONTRAST, 3 * 1.4826 * float(np.median(np.abs(depth - usual))))


def _measure_contrast(tones: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the contrast to the paper as a share of its tone, in gray levels, and the levels that grain reaches."""
    paper = close(tones, window)
    depth = paper - tones
    floor = measure_grain(depth)
    depth = np.clip(depth - float(np.median(depth[::2, ::2])) - 0.6 * (floor - _LEAST_CONTRAST), 0, None)
    return depth / np.maximum(paper, _DARKEST_PAPER), depth, floor


def _is_cut_off(labels: np.ndarray, pieces: np.ndarray, widest: int) -> bool:
    """Return whether one of the pieces at the border crosses it, as a stroke does; a table lies along it."""
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    length = np.bincount(border, minlength=len(pieces))
    return bool((pieces & (length > 0) & (length <= 3 * widest)).any())


def _has_paler_strokes(mask: np.ndarray, contrast: np.ndarray, group: np.ndarray) -> bool:
    """Return whether other writing, at least half as high, is in the picture in paler ink.

    Shadows are paler than ink, too, but have soft edges.
    """
    extent = max(int(np.ptp(axis)) + 1 for axis in np.nonzero(group))
    labels, mass, inner = _weigh_components(mask, contrast)
    inner[np.unique(labels[dilate(group, 2 * max(2, round(0.05 * extent)) + 1)])] = False
    for number in np.flatnonzero(inner & (mass > 0.1 * contrast[group].sum())):
        piece = labels == number
        height = int(np.ptp(np.nonzero(piece)[0])) + 1
        if height < 0.5 * extent or measure_width(piece) > 0.35 * height:
            continue
        ink = contrast[piece]
        if (ink > 0.75 * np.percentile(ink, 88)).mean() > 0.6:
            return True
    return False


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
