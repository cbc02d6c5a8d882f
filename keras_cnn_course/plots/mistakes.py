"""The images that a model classifies wrongly, the most confident mistakes first."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.plots.fonts import drawable_names
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import IMAGE, TEXT, TITLE, new_figure
from keras_cnn_course.plots.tiles import Scale, Sheet, Tile, draw_tiles
from keras_cnn_course.results.evaluation import Misclassification

__all__ = ["plot_mistakes"]

_SHOWN, _COLUMNS, _SIDE = 24, 6, 1.25


def plot_mistakes(
    images: np.ndarray,
    mistakes: Sequence[Misclassification],
    class_names: tuple[str, ...],
    *,
    name: str,
    files: tuple[str, ...] = (),
) -> Picture:
    """Draw the 24 most confident mistakes with their index, their label and the three most likely classes.

    Args:
        images: the evaluated images, `(n, height, width, channels)`, from 0 to 255.
        mistakes: of these images, the most confident first.
        class_names: one per class.
        name: of the run and its data set, for the title.
        files: the file of each evaluated image, drawn below it; empty where there are none.
    """
    if not mistakes:
        figure = new_figure(6.4, 1.0)
        figure.text(0.03, 0.6, f"{name}: no mistakes", fontsize=TITLE, parse_math=False)
        figure.text(0.03, 0.25, f"All {len(images):,} images are classified correctly.", fontsize=TEXT)
        return Picture(figure, f"{name}: no mistakes, all {len(images):,} images are classified correctly.")
    shown = mistakes[:_SHOWN]
    names = drawable_names(class_names)
    shown_files = [(_end(files[mistake.index]),) if files else () for mistake in shown]
    tiles = [
        Tile(_panes(images[mistake.index]), (*file, *_caption(mistake, names)))
        for mistake, file in zip(shown, shown_files, strict=True)
    ]
    size = "x".join(str(side) for side in images.shape[1:])
    sheet = Sheet(
        title=f"{name}: mistakes, {len(shown)} of {len(mistakes):,} shown",
        note=f"Images of {size}, the most confident mistakes first. "
        f"Below each: {'file, ' if files else ''}index, true class, three most likely classes.",
        columns=max(1, _COLUMNS // len(tiles[0].panes)),
        side=_SIDE,
    )
    scale = None if images.shape[-1] == 3 else Scale(0, 255, IMAGE, "pixel")
    first = shown[0]
    file = f" ({files[first.index]})" if files else ""
    alt = (
        f"{len(shown)} of the {len(mistakes):,} mistakes of {name} among {len(images):,} images. The most confident is "
        f"image {first.index}{file}, class {class_names[first.true]}, predicted as {class_names[first.predicted]} with "
        f"{first.confidence:.1%}."
    )
    return Picture(draw_tiles(tiles, sheet, scale), alt)


def _panes(image: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return a color image as one pane, any other as one pane per channel."""
    if image.shape[-1] == 3:
        return (np.clip(np.round(image), 0, 255).astype(np.uint8),)
    return tuple(image[..., channel] for channel in range(image.shape[-1]))


def _caption(mistake: Misclassification, class_names: tuple[str, ...]) -> tuple[str, ...]:
    """Return four lines, or three if there are only two classes."""
    guesses = [f"{_short(class_names[guess.label])}  {_percent(guess.probability)}" for guess in mistake.guesses]
    return f"#{mistake.index}  true {_short(class_names[mistake.true])}", *guesses


def _end(file: str) -> str:
    """Return the end of a path, in which files differ."""
    return file if len(file) <= 20 else f"…{file[-19:]}"


def _short(text: str) -> str:
    return text if len(text) <= 12 else f"{text[:11]}…"


def _percent(share: float) -> str:
    """Format a probability without rounding it to 0% or 100%."""
    return "< 0.1%" if share < 0.0005 else "> 99.9%" if share > 0.9995 else f"{share:.1%}"
