"""Slides that are drawn step by step as animated GIFs."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from keras_cnn_course.errors import RunError, UsageError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.lecture.contents import find_slide
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.plots.lecture import STEPWISE, count_steps, plot_slide
from keras_cnn_course.plots.lecture.deck import make_page
from keras_cnn_course.plots.saving import Picture

__all__ = ["MOST_FRAMES", "save_animation"]

MOST_FRAMES = 100
"""Steps of the longest animation. More would take minutes to draw and to watch."""

_MILLISECONDS = 800
_DPI = 80


def save_animation(key: str, material: Material, path: Path, *, wide: bool = False) -> str:
    """Write all steps of a slide as a GIF, atomically, and return its alt text.

    Args:
        key: of a slide in `STEPWISE`.
        material: of the slide.
        path: of the file, ending in .gif.
        wide: draw pages of 16:9 with large text.

    Raises:
        UsageError: the slide is a single picture, or has too many steps.
        RunError: the file cannot be written.
    """
    if key not in STEPWISE:
        raise UsageError(
            f"Slide {key} is a single picture and cannot be an animation. Write a .png, .svg or .pdf, or animate "
            f"slide {' or '.join(STEPWISE)}."
        )
    material.check_small()
    steps = count_steps(key, material)
    if steps > MOST_FRAMES:
        raise UsageError(
            f"An image of {material.image.size} needs {steps} steps, and an animation has at most {MOST_FRAMES}. "
            f"Use a smaller image, or draw one step with `step=`."
        )
    alt = f"An animation of {steps} steps. The last one: {plot_slide(key, material, step=steps).alt}"
    frames = _frames(key, material, steps, wide=wide)
    first = next(frames)
    with (
        reporting_os_errors(RunError, "write", path, hint="Choose another `out=`."),
        atomic_file(path) as temporary,
    ):
        first.save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=frames,
            duration=[_MILLISECONDS] * (steps - 1) + [3 * _MILLISECONDS],
            loop=0,
            comment=alt.encode(),
        )
    return alt


def _frames(key: str, material: Material, steps: int, *, wide: bool) -> Iterator[Image.Image]:
    for step in range(1, steps + 1):
        picture = plot_slide(key, material, step=step)
        if wide:
            make_page(picture.figure, find_slide(key), footer=f"kcnn lecture {key}      {step}/{steps}")
        yield _rasterize(picture)


def _rasterize(picture: Picture) -> Image.Image:
    """Return a picture as pixels of few colors, as a GIF needs them, without dithering, which would flicker."""
    picture.figure.set_dpi(_DPI)
    canvas = FigureCanvasAgg(picture.figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").quantize(128, dither=Image.Dither.NONE)
