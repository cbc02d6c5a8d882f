"""Measuring what images look like. Code that reads a recorded look needs neither this module nor NumPy."""

import numpy as np

from keras_cnn_course.datasets.appearance import Appearance

__all__ = ["measure_appearance"]

_SAMPLE = 2000
_INK = 0.3  # of the way from the ground to the other end of the scale
_SURE = 0.9  # share of the images that must agree
# MNIST, resized or not, has a spread of 0.05, is off by 0.04, and is written on to 0.17; clothes fill the whole image.
_BOX_SPREAD, _OFF_CENTER, _WRITTEN, _LARGEST_BOX = 0.1, 0.06, 0.35, 0.95


def measure_appearance(images: np.ndarray) -> Appearance:
    """Measure what images look like.

    Args:
        images: `(n, height, width, channels)` from 0 to 255.

    >>> images = np.zeros((10, 28, 28, 1)); images[:, 4:24, 12:16] = 255
    >>> measure_appearance(images)
    Appearance(ground='dark', colors=False, placing='centered', box=0.714)
    """
    chosen = images[:: -(-len(images) // _SAMPLE)].astype(np.float32) / 255
    colors = bool((np.ptp(chosen, axis=3) > 0.1).any()) if chosen.shape[3] > 1 else False
    gray = chosen.mean(axis=3)
    border = np.concatenate([gray[:, 0], gray[:, -1], gray[:, :, 0], gray[:, :, -1]], axis=1)
    tone = np.median(border, axis=1)
    if np.mean(tone < 0.3) >= _SURE:
        ground, ink = "dark", gray
    elif np.mean(tone > 0.7) >= _SURE:
        ground, ink = "light", 1 - gray
    else:
        return Appearance(ground="mixed", colors=colors, placing="free", box=1.0)
    placing, box = _measure_placing(ink)
    return Appearance(ground=ground, colors=colors, placing="free" if colors else placing, box=round(box, 3))


def _measure_placing(ink: np.ndarray) -> tuple[str, float]:
    """Return how writing is placed, and the longer side of its box as a share of the image's side."""
    height, width = ink.shape[1:]
    solid = ink > _INK
    rows: np.ndarray = np.asarray(solid.any(axis=2))
    columns: np.ndarray = np.asarray(solid.any(axis=1))
    used = np.asarray(rows.any(axis=1))
    if not used.any():
        return "free", 1.0
    tall = height - rows.argmax(axis=1) - rows[:, ::-1].argmax(axis=1)
    wide = width - columns.argmax(axis=1) - columns[:, ::-1].argmax(axis=1)
    box = np.maximum(tall / height, wide / width)[used]
    mass = ink[used].sum(axis=(1, 2))
    center_y = (ink[used].sum(axis=2) @ np.arange(height)) / mass
    center_x = (ink[used].sum(axis=1) @ np.arange(width)) / mass
    off = np.hypot((center_y - height / 2) / height, (center_x - width / 2) / width)
    centered = (
        np.percentile(box, 90) - np.percentile(box, 10) <= _BOX_SPREAD
        and np.percentile(off, 90) <= _OFF_CENTER
        and np.median(solid[used].mean(axis=(1, 2))) <= _WRITTEN
        and np.median(box) <= _LARGEST_BOX
    )
    return "centered" if centered else "free", float(np.median(box))
