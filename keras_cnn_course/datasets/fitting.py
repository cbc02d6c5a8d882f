"""Bringing a picture to the look of the training images, as it was measured and recorded for a run.

A model of centered writing receives centered writing, on the ground that it knows. A picture that already looks like
the training images is used as it is, so that a model sees its own training images again without a change. Every other
picture is resized and no more.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_cnn_course.datasets.appearance import Appearance
from keras_cnn_course.datasets.images import read_image, resize_image
from keras_cnn_course.datasets.measuring import measure_appearance
from keras_cnn_course.datasets.preparation import read_digit
from keras_cnn_course.errors import ImageError

__all__ = ["FittedImage", "fit_image"]

_DIGIT_BOX = 20  # pixels of the writing in the 28 of what `read_digit` returns
_SAME_BOX = 0.08


@dataclass(frozen=True)
class FittedImage:
    """A picture as a model receives it.

    Args:
        pixels: `(height, width, channels)`, uint8 from 0 to 255.
        how: what was done, to complete the sentence "The picture was ...".
        warning: why the answer may be wrong, as a sentence; empty where nothing is known.
    """

    pixels: np.ndarray
    how: str
    warning: str = ""


def fit_image(
    path: Path,
    input_shape: tuple[int, int, int],
    look: Appearance,
    *,
    pixel_range: tuple[float, ...] = (),
    white: float | None = None,
) -> FittedImage:
    """Read an image file and bring it to the look of the training images.

    Args:
        input_shape: `(height, width, channels)` of the model, 1 or 3 channels.
        look: of the training images.
        pixel_range: the values of black and white in the training data; a file whose values fit into a smaller range
            than 0 to 255 is read in the same way.
        white: the level of white in training files of more than 8 bits; found from the image's largest level when None.

    Raises:
        ImageError: the file cannot be read, shows no writing, or the model takes neither 1 nor 3 channels.
    """
    if input_shape[2] not in (1, 3):
        raise ImageError(f"An image has 1 or 3 channels, but the model takes {input_shape[2]} channels.")
    size = (input_shape[0], input_shape[1])
    image = _on_full_scale(read_image(path, white=white), pixel_range)
    if image.shape[:2] == size and _looks_alike(image, look):
        return FittedImage(
            _with_channels(image, input_shape[2]), "used as it is, because it looks like a training image"
        )
    if look.placing == "centered":
        digit = read_digit(path)
        pixels = _render(digit.pixels[..., np.newaxis], size, look)
        ground = "dark on light" if look.ground == "light" else "light on dark"
        return FittedImage(
            _with_channels(pixels, input_shape[2]),
            f"cropped to its writing and centered, {ground}",
            f"{path}: {digit.doubt}" if digit.doubt else "",
        )
    resized = _with_channels(resize_image(image, size), input_shape[2])
    how = "used as it is" if image.shape[:2] == size else f"resized to {size[0]}x{size[1]}"
    ground = measure_appearance(resized[None]).ground
    warning = ""
    if look.ground != "mixed" and ground not in (look.ground, "mixed"):
        warning = f"The border of {path} is {ground}, and that of the training images is {look.ground}."
    return FittedImage(resized, how, warning)


def _on_full_scale(image: np.ndarray, pixel_range: tuple[float, ...]) -> np.ndarray:
    """Return an image that holds the few levels of its training data on the scale 0 to 255."""
    high = pixel_range[1] if len(pixel_range) == 2 else 255
    if not 1 <= high < 128 or not 0 < image.max() <= high:
        return image
    return np.round(image * (255 / high)).astype(np.uint8)


def _looks_alike(image: np.ndarray, look: Appearance) -> bool:
    """Return whether a picture of the model's size looks like the training images."""
    own = measure_appearance(image[None])
    if look.placing != "centered":
        return own.ground == look.ground or look.ground == "mixed"
    return own.ground == look.ground and own.placing == "centered" and abs(own.box - look.box) <= _SAME_BOX


def _render(digit: np.ndarray, size: tuple[int, int], look: Appearance) -> np.ndarray:
    """Return a prepared digit, light on dark, with the box, the size and the ground of the training images."""
    height, width = size
    scale = 28 * look.box / _DIGIT_BOX
    if abs(scale - 1) <= _SAME_BOX:  # a difference of a pixel is no reason to blur the digit
        scale = 1.0
    scaled = resize_image(digit, (max(1, round(height * scale)), max(1, round(width * scale))))
    frame = np.zeros((height, width, 1), np.uint8)
    (top, from_top, rows), (left, from_left, columns) = (
        _overlap(have, want) for have, want in zip(scaled.shape[:2], size, strict=True)
    )
    frame[top : top + rows, left : left + columns] = scaled[from_top : from_top + rows, from_left : from_left + columns]
    return 255 - frame if look.ground == "light" else frame


def _overlap(have: int, want: int) -> tuple[int, int, int]:
    """Return where a centered stretch begins in the wanted one and in its own, and the length that both share."""
    return max(0, (want - have) // 2), max(0, (have - want) // 2), min(have, want)


def _with_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """Return an image with 1 or 3 channels: gray repeated, or color as its luminance."""
    if image.shape[2] == channels:
        return image
    if channels == 3:
        return np.repeat(image, 3, axis=2)
    gray = image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.round(gray).astype(np.uint8)[..., np.newaxis]
