"""Preparing a photograph or a drawing of a digit as the 28x28 pixels that a model trained on MNIST expects.

MNIST's images are white ink on black, cropped to the ink, scaled in proportion into a box of 20x20 pixels, and placed
with the center of mass in the middle of 28x28. In other pictures, the writing is found first.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from keras_cnn_course.datasets.doubts import find_doubt
from keras_cnn_course.datasets.images import read_image, resize_image
from keras_cnn_course.datasets.writing import find_writing
from keras_cnn_course.errors import ImageError

__all__ = ["PreparedDigit", "frame_digit", "prepare_digit", "prepare_image", "read_digit"]

_SIDE, _BOX, _CENTER = 28, 20, 14.0  # MNIST's frame, box, and mean center of mass in pixels counted from 0
_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True)
class PreparedDigit:
    """A digit as MNIST's are.

    Args:
        pixels: `(28, 28)`, uint8, 0 for paper and 255 for ink.
        doubt: why the writing may not be one plain digit, as a sentence or two; empty if nothing speaks against it.
    """

    pixels: np.ndarray
    doubt: str


def prepare_image(path: Path, input_shape: tuple[int, int, int], *, as_digit: bool | None = None) -> np.ndarray:
    """Read an image file and prepare it as the input of a model.

    Args:
        path: a PNG, JPEG, GIF, WebP, TIFF or BMP of any size.
        input_shape: `(height, width, channels)` of the model, 1 or 3 channels.
        as_digit: whether to prepare it as MNIST was (see `prepare_digit`); None decides by whether the model takes
            28x28x1. Otherwise the picture is only resized, and stretched if the proportions differ.

    Returns:
        `input_shape`, uint8 from 0 to 255.

    Raises:
        ImageError: the file cannot be read, shows no ink, or the model takes neither 1 nor 3 channels.
    """
    height, width, channels = input_shape
    if channels not in (1, 3):
        raise ImageError(f"An image has 1 or 3 channels, but the model takes {channels} channels.")
    image = read_image(path)
    if (input_shape == (_SIDE, _SIDE, 1)) if as_digit is None else as_digit:
        return _fitted(_examine(path, image).pixels, input_shape)
    if channels == 1:
        image = np.round(_to_gray(image)).astype(np.uint8)[..., np.newaxis]
    return np.repeat(resize_image(image, (height, width)), channels // image.shape[2], axis=2)


def read_digit(path: Path) -> PreparedDigit:
    """Read an image file and prepare it as MNIST was (see `prepare_digit`).

    Raises:
        ImageError: the file cannot be read, shows no ink, more than one digit, or something else.
    """
    return _examine(path, read_image(path))


def prepare_digit(image: np.ndarray) -> np.ndarray:
    """Prepare a picture of one digit as MNIST was, with 28x28 pixels.

    Dark ink on light paper and light ink on dark paper both work. The paper, shadows, ruled lines, noise, specks, and
    whatever reaches in from the border of the picture are removed.

    Args:
        image: `(height, width)` or `(height, width, 1)`, gray from 0 to 255, of any size and type.

    Returns:
        `(28, 28)`, uint8, 0 for paper and 255 for ink.

    Raises:
        ImageError: the picture shows no ink, more than one digit, or something else; or it is not one gray picture.

    >>> drawing = np.full((60, 40), 255, np.uint8)
    >>> drawing[10:50, 18:22] = 0
    >>> digit = prepare_digit(drawing)
    >>> np.flatnonzero(digit.any(axis=1)).tolist() == list(range(4, 24))
    True
    """
    if image.size == 0 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (1,)):
        raise ImageError(f"The image must be gray, of shape (height, width); got {image.shape}.")
    height, width = int(image.shape[0]), int(image.shape[1])
    gray = np.asarray(image, dtype=np.float32).reshape(height, width)
    return frame_digit(find_writing(gray))


def frame_digit(ink: np.ndarray) -> np.ndarray:
    """Return ink, cropped to a digit and from 0 to 1, as MNIST's 28x28 pixels from 0 to 255."""
    return _place_on_frame(_fit_box(ink))


def _examine(path: Path, image: np.ndarray) -> PreparedDigit:
    try:
        ink = find_writing(_to_gray(image))
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from error
    return PreparedDigit(frame_digit(ink), find_doubt(ink))


def _fit_box(ink: np.ndarray) -> np.ndarray:
    """Return the ink scaled in proportion so that its longer side is 20 pixels, its darkest point 1."""
    longest = max(ink.shape)
    height, width = (max(1, round(side * _BOX / longest)) for side in ink.shape)
    small = np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.HAMMING))
    # A hairline fades when it is averaged with the paper next to it.
    return np.clip(small / small.max(), 0, 1)


def _place_on_frame(ink: np.ndarray) -> np.ndarray:
    """Return 28x28 pixels with the center of mass as near to the middle as whole pixels and the frame allow."""
    corner = []
    for axis, length in enumerate(ink.shape):
        profile = ink.sum(axis=1 - axis)
        center = float(profile @ np.arange(length) / profile.sum())
        corner.append(int(np.clip(round(_CENTER - center), 0, _SIDE - length)))
    frame = np.zeros((_SIDE, _SIDE), dtype=np.float32)
    frame[corner[0] : corner[0] + ink.shape[0], corner[1] : corner[1] + ink.shape[1]] = ink
    return np.round(255 * frame).astype(np.uint8)


def _to_gray(image: np.ndarray) -> np.ndarray:
    """Return `(height, width)` float32 of an image with 1 or 3 channels, by the luminance of ITU-R BT.601."""
    return image[..., 0].astype(np.float32) if image.shape[2] == 1 else image.astype(np.float32) @ _LUMINANCE


def _fitted(digit: np.ndarray, input_shape: tuple[int, int, int]) -> np.ndarray:
    """Return a prepared 28x28 digit in the shape of the model."""
    height, width, channels = input_shape
    resized = resize_image(digit[..., np.newaxis], (height, width))
    return np.repeat(resized, channels, axis=2)
