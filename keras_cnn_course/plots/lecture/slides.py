"""Every slide's picture, by the slide's key."""

from collections.abc import Callable

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.contents import find_slide
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.plots.lecture.block import plot_forward_sheet, plot_relu
from keras_cnn_course.plots.lecture.convolution import (
    count_steps,
    plot_convolution_step,
    plot_depth,
    plot_flip,
    plot_padding,
)
from keras_cnn_course.plots.lecture.loss import plot_loss, plot_shift_changes
from keras_cnn_course.plots.lecture.network import plot_networks
from keras_cnn_course.plots.lecture.photograph import plot_filtered
from keras_cnn_course.plots.lecture.pooling import count_windows, plot_ladder, plot_max_pooling
from keras_cnn_course.plots.saving import Picture

__all__ = ["STEPWISE", "count_frames", "plot_slide", "plot_step"]

STEPWISE = ("convolution", "max-pooling")
"""Slides that are shown step by step, and so can be an animation."""

_DRAW: dict[str, Callable[[Material], Picture]] = {
    "padding": plot_padding,
    "blur": lambda material: plot_filtered(material, with_lecture_image=True),
    "edges": lambda material: plot_filtered(material, with_lecture_image=True),
    "photograph": lambda material: plot_filtered(material, with_lecture_image=False),
    "cross-correlation": plot_flip,
    "layer": plot_forward_sheet,
    "depth": plot_depth,
    "relu": plot_relu,
    "pooling": plot_max_pooling,
    "max-pooling": plot_max_pooling,
    "receptive-field": lambda material: plot_ladder(material, poolings=1),
    "pool-again": lambda material: plot_ladder(material, poolings=2),
    "block": plot_forward_sheet,
    "dense": lambda _: plot_networks(["mlp"]),
    "loss": lambda _: plot_loss(),
    "one-block": lambda _: plot_networks(["cnn"]),
    "two-blocks": lambda _: plot_networks(["deep_cnn"]),
    "demo": lambda _: plot_networks(["softmax", "mlp", "cnn", "deep_cnn"]),
    "summary": plot_shift_changes,
}


def plot_slide(key: str, material: Material) -> Picture:
    """Draw a slide; of a convolution by hand the step at the start of the second row, as the lecture stops there.

    Raises:
        UsageError: there is no such slide, or the image does not suit it.
    """
    slide = find_slide(key)
    if slide.key == "convolution":
        steps = count_steps(material)
        width = material.image.pixels.shape[1] - material.filter.numerators.shape[1] + 1
        return plot_step(key, material, step=min(width + 1, steps))
    return _DRAW[slide.key](material)


def count_frames(key: str, material: Material) -> int:
    """Return the number of steps of a slide: 1 for those that are one picture."""
    if key not in STEPWISE:
        return 1
    return count_steps(material) if key == "convolution" else count_windows(material)


def plot_step(key: str, material: Material, *, step: int) -> Picture:
    """Draw one step of a slide that is shown step by step.

    Args:
        key: one of `STEPWISE`.
        material: what the slide works on.
        step: from 1 to `count_frames`.

    Raises:
        UsageError: the slide has no steps, not that many, or the image is too large to print.
    """
    if key not in STEPWISE:
        raise UsageError(f"Expected a slide of several steps: {', '.join(STEPWISE)}. Received: {key!r}.")
    material.check_small()
    frames = count_frames(key, material)
    if not 1 <= step <= frames:
        raise UsageError(f"Expected a step from 1 to {frames}. Received: {step}.")
    if key == "convolution":
        return plot_convolution_step(material, step=step)
    return plot_max_pooling(material, step=step)
