"""The findings of an audit as sheets of images: doubtful labels, copies, images unlike all others, mean images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_cnn_course.plots.fonts import drawable_names
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import IMAGE
from keras_cnn_course.plots.tiles import Scale, Sheet, Tile, draw_tiles

__all__ = ["FoundImages", "plot_found"]

_COLUMNS, _SIDE = 10, 0.78


@dataclass(frozen=True, eq=False)
class FoundImages:
    """One finding: an image or several, and what to say below them.

    Args:
        images: from 0 to 255, `(height, width, channels)` each; every finding of a sheet has the same number.
        caption: short lines; every finding of a sheet has the same number.
    """

    images: tuple[np.ndarray, ...]
    caption: tuple[str, ...]


def plot_found(found: Sequence[FoundImages], *, title: str, note: str, alt: str) -> Picture:
    """Draw findings on one sheet, all pixels on one scale. Of images without 1 or 3 channels, the first is drawn.

    Args:
        found: at least one.
    """
    channels = found[0].images[0].shape[-1]
    tiles = [
        Tile(tuple(_show(image) for image in one.images), tuple(_short(line) for line in drawable_names(one.caption)))
        for one in found
    ]
    columns = max(1, _COLUMNS // len(tiles[0].panes))
    sheet = Sheet(title=title, note=note, columns=columns, side=_SIDE)
    return Picture(draw_tiles(tiles, sheet, None if channels == 3 else Scale(0, 255, IMAGE, "pixel")), alt)


def _show(image: np.ndarray) -> np.ndarray:
    """Return an image as it is drawn: in color if it has three channels, otherwise its first channel."""
    return np.clip(np.round(image), 0, 255).astype(np.uint8) if image.shape[-1] == 3 else image[..., 0]


def _short(text: str) -> str:
    return text if len(text) <= 17 else f"{text[:16]}…"
