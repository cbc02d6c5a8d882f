"""The pictures of the lecture's slides: one module per slide, or per few slides that share one idea."""

from keras_cnn_course.errors import UsageError
from keras_cnn_course.files.values import check_value, whole_number
from keras_cnn_course.lecture.contents import SLIDES, Slide, find_slide
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.plots.saving import Picture

__all__ = ["STEPWISE", "count_steps", "plot_slide"]

STEPWISE = tuple(key for key, slide in SLIDES.items() if slide.has_steps)
"""Slides that are drawn step by step, so that they can be animations."""


def plot_slide(key: str, material: Material, *, step: int | None = None) -> Picture:
    """Draw a slide.

    Args:
        key: of the slide.
        material: of the slide.
        step: from 1 to `count_steps`, of a slide in `STEPWISE`. None: the slide as the lecture shows it.

    Raises:
        UsageError: there is no such slide or step, or the image is not suitable.
    """
    slide = find_slide(key)
    plot = slide.find_function("plot", __name__)
    if step is None:
        picture: Picture = plot(material)
        return picture
    if not slide.has_steps:
        raise UsageError(f"Slide {key} is a single picture. Leave out `step=`, or use slide {' or '.join(STEPWISE)}.")
    _check_step(slide, material, step)
    picture = plot(material, step=step)
    return picture


def count_steps(key: str, material: Material) -> int:
    """Return the number of steps of a slide's picture: 1 unless it is in `STEPWISE`."""
    slide = find_slide(key)
    return int(slide.find_function("count", __name__)(material)) if slide.has_steps else 1


def _check_step(slide: Slide, material: Material, step: int) -> None:
    material.check_small()
    steps = count_steps(slide.key, material)
    check_value(f"The step of slide {slide.key}", step, whole_number(1, steps), kind=UsageError)
