"""Dreamed images next to real ones: what excites each filter or class most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_cnn_course.models.patches import Patch
from keras_cnn_course.plots.fonts import drawable_names
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import IMAGE
from keras_cnn_course.plots.tiles import Scale, Sheet, Tile, draw_tiles

__all__ = ["DreamSheet", "DreamedTile", "plot_dreams"]

_MOST = 40
_SIDE, _COLUMNS = 0.72, 2


@dataclass(frozen=True, eq=False)
class DreamedTile:
    """A dreamed image and the real ones that excite the same filter or class most.

    Args:
        name: of the filter or class.
        pixels: `(height, width, channels)`, from 0 to 255.
        score: that it reaches.
        first_score: of the noise that it began as.
        patches: of test images, the strongest first.
    """

    name: str
    pixels: np.ndarray
    score: float
    first_score: float
    patches: tuple[Patch, ...]


@dataclass(frozen=True)
class DreamSheet:
    """The words of a sheet.

    Args:
        run_name: of the run.
        layer: of the filters; empty for classes.
        score_name: such as `logit`; for filters `output before ReLU`.
        searched: number of test images.
    """

    run_name: str
    layer: str
    score_name: str
    searched: int


def plot_dreams(dreams: Sequence[DreamedTile], sheet: DreamSheet, class_names: tuple[str, ...]) -> Picture:
    """Draw each dreamed image with the strongest test images or patches to its right, two per line.

    Args:
        dreams: at least one; the first 40 are drawn.
        class_names: one per class.
    """
    shown = dreams[:_MOST]
    names = drawable_names(class_names)
    height, width, channels = shown[0].pixels.shape
    what = f"filters of {sheet.layer}" if sheet.layer else "classes"
    parts = "" if len(dreams) <= _MOST else f", the first {_MOST} of {len(dreams)} shown"
    note = (
        f"Left: the dreamed image, with the {sheet.score_name} that it reaches. Then the strongest "
        f"{'patches, at most one per image,' if sheet.layer else 'images'} among {sheet.searched:,} test images, with "
        "their classes and, in parentheses, what they reach. Pixels have one scale, 0 to 255."
    )
    if channels not in (1, 3):
        note += f" Only the first of the {channels} channels is drawn."
    drawn = draw_tiles(
        [_make_tile(one, names) for one in shown],
        Sheet(
            title=f"{sheet.run_name}: what excites the {what} most, {height}x{width} pixels{parts}",
            note=note,
            columns=_COLUMNS,
            side=_SIDE,
        ),
        None if channels == 3 else Scale(0, 255, IMAGE, "pixel"),
    )
    return Picture(drawn, _describe(dreams, sheet, what))


def _make_tile(one: DreamedTile, names: tuple[str, ...]) -> Tile:
    real = ", ".join(f"{_short(names[patch.label])} ({patch.activation:.2f})" for patch in one.patches)
    panes = tuple(_show(pixels) for pixels in (one.pixels, *(patch.pixels for patch in one.patches)))
    return Tile(panes, (f"{_short(one.name)}: dreamed ({one.score:.2f})", f"real: {real}"))


def _show(pixels: np.ndarray) -> np.ndarray:
    """Return pixels as they are drawn: in color if there are three channels, otherwise the first channel."""
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8) if pixels.shape[-1] == 3 else pixels[..., 0]


def _short(text: str) -> str:
    return text if len(text) <= 7 else f"{text[:6]}…"


def _describe(dreams: Sequence[DreamedTile], sheet: DreamSheet, what: str) -> str:
    above = sum(one.score > one.patches[0].activation for one in dreams)
    best = max(dreams, key=lambda one: one.score)
    return (
        f"Images dreamed for {len(dreams)} {what} in {sheet.run_name}, next to the strongest of {sheet.searched:,} "
        f"test images. {above} of them reach a larger {sheet.score_name} than every test image. The largest is "
        f"{best.score:.2f}, for {best.name}; its strongest test image reaches {best.patches[0].activation:.2f}."
    )
