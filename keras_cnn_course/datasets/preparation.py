"""Preparing a photograph or a drawing of a digit as the 28x28 pixels that a model trained on MNIST expects.

MNIST's images are white ink on black, cropped to the ink, scaled in proportion into a box of 20x20 pixels, and placed
with the center of mass in the middle of 28x28. In other pictures, paper and ink are separated first: the paper is a
smooth surface, and the ink differs from it.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from keras_cnn_course.datasets.images import read_image, resize_image
from keras_cnn_course.errors import ImageError

__all__ = ["prepare_digit", "prepare_image"]

_SIDE, _BOX, _CENTER = 28, 20, 14.0  # MNIST's frame, box, and mean center of mass in pixels counted from 0
_WORKING_SIDE = 280
_LEAST_CONTRAST = 24.0  # gray levels between paper and ink; below this there is nothing to read
_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def prepare_image(path: Path, input_shape: tuple[int, int, int], *, as_digit: bool | None = None) -> np.ndarray:
    """Read an image file and prepare it as the input of a model.

    Args:
        path: a PNG, JPEG or BMP of any size.
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
        try:
            return _fitted(prepare_digit(_to_gray(image)), input_shape)
        except ImageError as error:
            raise ImageError(f"{path}: {error}") from error
    if channels == 1:
        image = np.round(_to_gray(image)).astype(np.uint8)[..., np.newaxis]
    return np.repeat(resize_image(image, (height, width)), channels // image.shape[2], axis=2)


def prepare_digit(image: np.ndarray) -> np.ndarray:
    """Prepare a picture of one digit as MNIST was, with 28x28 pixels.

    Dark ink on light paper and light ink on dark paper both work. The tone of the paper, smooth shading, noise and
    specks are removed.

    Args:
        image: `(height, width)` or `(height, width, 1)`, gray from 0 to 255, of any size and type.

    Returns:
        `(28, 28)`, uint8, 0 for paper and 255 for ink.

    Raises:
        ImageError: the picture shows no ink, or is not one gray picture.

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
    shrink = _WORKING_SIDE / max(height, width)
    if shrink < 1:
        size = max(1, round(width * shrink)), max(1, round(height * shrink))
        gray = np.asarray(Image.fromarray(gray).resize(size, Image.Resampling.BOX))
    ink = _cut_to_ink(_find_ink(gray))
    return _place_on_frame(_fit_box(ink))


def _find_ink(gray: np.ndarray) -> np.ndarray:
    """Return ink from 0 to 1 for `(height, width)` of gray levels, 0 for paper."""
    paper, grain = _fit_paper(gray)
    floor = 4.0 * grain
    darker, lighter = np.clip(paper - gray - floor, 0, None), np.clip(gray - paper - floor, 0, None)
    sign = -1 if darker.sum() >= lighter.sum() else 1
    inked = (darker if sign < 0 else lighter) > 0
    if inked.any():
        # Nine tenths of the way from paper to ink: full ink has one tone, however the paper is shaded.
        tone = sign * float(np.percentile(sign * gray[inked], 90))
        contrast = sign * (tone - paper)
        if float(np.median(contrast[inked])) >= floor + _LEAST_CONTRAST:
            return np.clip((sign * (gray - paper) - floor) / np.maximum(contrast - floor, _LEAST_CONTRAST), 0, 1)
    raise ImageError(
        f"The picture shows no ink, only gray levels from {gray.min():.0f} to {gray.max():.0f}. "
        "Use a picture of a digit in ink on paper of another tone."
    )


def _fit_paper(gray: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the gray level of the paper under each pixel and its grain, the spread about that level.

    The level is a smooth surface fitted to what is not ink.
    It begins as a plane through the border, where paper is most likely, and becomes a quadratic surface through all
    pixels near it.
    """
    height, width = gray.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
    values = gray.reshape(-1).astype(np.float64)
    margin = max(1, round(0.04 * min(height, width)))
    border = np.ones((height, width), dtype=bool)
    border[margin:-margin, margin:-margin] = False
    at_border = border.reshape(-1)
    surface = np.full(values.shape, np.median(values[at_border]))
    for columns, candidates in ((3, at_border), (3, True), (6, True), (6, True)):
        near = _near(values - surface, candidates)
        if near.sum() < 2 * columns:
            break
        weights, *_ = np.linalg.lstsq(terms[near][:, :columns], values[near], rcond=None)
        surface = terms[:, :columns] @ weights
    distance = np.abs(values - surface)
    near = _near(values - surface, True)
    # Without pixels that look like paper there is no paper, and no ink on it.
    grain = 1.4826 * float(np.median(distance[near])) if near.any() else np.inf
    return surface.reshape(height, width).astype(np.float32), grain


def _near(difference: np.ndarray, candidates: np.ndarray | bool) -> np.ndarray:
    """Return which of the candidates are so near to the surface that they are paper, perhaps shaded or grainy."""
    distance = np.abs(difference)
    spread = 3 * 1.4826 * float(np.median(distance[np.broadcast_to(candidates, distance.shape)]))
    return candidates & (distance <= min(max(10.0, spread), 40.0))


def _cut_to_ink(ink: np.ndarray) -> np.ndarray:
    """Return the part of the picture that the digit fills, without specks elsewhere."""
    kept = ink * _without_specks(ink)
    solid = kept > 0.3
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    return kept[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _without_specks(ink: np.ndarray) -> np.ndarray:
    """Return a mask of the connected pieces that hold at least a twentieth of the largest piece's ink.

    Pieces are joined on a coarse grid, so that a stroke broken by a few pixels stays one.
    """
    cell = max(1, -(-max(ink.shape) // 56))
    height, width = (-(-side // cell) for side in ink.shape)
    padded = np.pad(ink, ((0, height * cell - ink.shape[0]), (0, width * cell - ink.shape[1])))
    mass = padded.reshape(height, cell, width, cell).sum(axis=(1, 3))
    pieces = _label_pieces(padded.reshape(height, cell, width, cell).max(axis=(1, 3)) > 0.3)
    held = np.bincount(pieces.reshape(-1), weights=mass.reshape(-1))
    held[0] = 0
    wanted = np.flatnonzero(held >= held.max() / 20)
    # One cell around each piece keeps the gray edge of its strokes.
    mask = np.pad(np.isin(pieces, wanted), 1)
    grown = np.any([np.roll(mask, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)], axis=0)[1:-1, 1:-1]
    return np.kron(grown, np.ones((cell, cell), dtype=bool))[: ink.shape[0], : ink.shape[1]]


def _label_pieces(solid: np.ndarray) -> np.ndarray:
    """Number the connected pieces of a mask from 1, diagonals included; 0 where it is False."""
    labels = np.zeros(solid.shape, dtype=np.int64)
    waiting = set(map(tuple, np.argwhere(solid)))
    number = 0
    while waiting:
        number += 1
        front = [waiting.pop()]
        while front:
            y, x = front.pop()
            labels[y, x] = number
            beside = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & waiting
            waiting -= beside
            front.extend(beside)
    return labels


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
