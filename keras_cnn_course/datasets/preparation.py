"""A photograph or a drawing of a digit -> the 28x28 pixels that a model trained on MNIST expects.

MNIST's images are white ink on black, cut to the ink, brought into a box of 20x20 pixels in proportion, and placed
so that the centre of mass lies in the middle of 28x28. A picture from elsewhere is told apart into paper and ink
first: the paper is a smooth surface, and the ink is what differs from it.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from keras_cnn_course.datasets.images import read_image, resize_image
from keras_cnn_course.errors import ImageError

__all__ = ["prepare_digit", "prepare_image"]

_SIDE, _BOX, _CENTRE = 28, 20, 14.0  # MNIST's frame, box, and mean centre of mass in pixels counted from 0
_WORKING_SIDE = 280
_LEAST_CONTRAST = 24.0  # grey levels between paper and ink below which there is nothing to read
_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def prepare_image(path: Path, input_shape: tuple[int, int, int], *, as_digit: bool | None = None) -> np.ndarray:
    """Read an image file and bring it to a model's input.

    Args:
        path: a PNG, JPEG or BMP of any size.
        input_shape: `(height, width, channels)` of the model, 1 or 3 channels.
        as_digit: prepare it as MNIST was (see `prepare_digit`); when None, do so for a model of 28x28x1. Otherwise
            the picture is only resized, stretched where the proportions differ.

    Returns:
        `input_shape`, uint8 from 0 to 255.

    Raises:
        ImageError: the file cannot be read, shows no ink, or the model takes neither 1 nor 3 channels.
    """
    height, width, channels = input_shape
    if channels not in (1, 3):
        raise ImageError(f"Expected a model of 1 or 3 channels to show an image to. Received: {channels} channels.")
    image = read_image(path)
    if (input_shape == (_SIDE, _SIDE, 1)) if as_digit is None else as_digit:
        try:
            return _fitted(prepare_digit(_to_grey(image)), input_shape)
        except ImageError as error:
            raise ImageError(f"{path}: {error}") from error
    if channels == 1:
        image = np.round(_to_grey(image)).astype(np.uint8)[..., np.newaxis]
    return np.repeat(resize_image(image, (height, width)), channels // image.shape[2], axis=2)


def prepare_digit(image: np.ndarray) -> np.ndarray:
    """Bring a picture of one digit to 28x28 as MNIST was prepared.

    Dark ink on light paper and light ink on dark are both understood; paper of any tone, smooth shading, noise and
    specks are removed.

    Args:
        image: `(height, width)` or `(height, width, 1)`, grey from 0 to 255, of any size and type.

    Returns:
        `(28, 28)`, uint8, 0 for paper and 255 for ink.

    Raises:
        ImageError: the picture shows no ink, or is not one grey picture.

    >>> drawing = np.full((60, 40), 255, np.uint8)
    >>> drawing[10:50, 18:22] = 0
    >>> digit = prepare_digit(drawing)
    >>> np.flatnonzero(digit.any(axis=1)).tolist() == list(range(4, 24))
    True
    """
    if image.size == 0 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (1,)):
        raise ImageError(f"Expected a grey image of shape (height, width). Received: {image.shape}.")
    height, width = int(image.shape[0]), int(image.shape[1])
    grey = np.asarray(image, dtype=np.float32).reshape(height, width)
    shrink = _WORKING_SIDE / max(height, width)
    if shrink < 1:
        size = max(1, round(width * shrink)), max(1, round(height * shrink))
        grey = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))
    ink = _cut_to_ink(_find_ink(grey))
    return _place_on_frame(_fit_box(ink))


def _find_ink(grey: np.ndarray) -> np.ndarray:
    """Return ink from 0 to 1 for `(height, width)` of grey levels, 0 wherever there is paper."""
    paper, grain = _fit_paper(grey)
    floor = 4.0 * grain
    darker, lighter = np.clip(paper - grey - floor, 0, None), np.clip(grey - paper - floor, 0, None)
    sign = -1 if darker.sum() >= lighter.sum() else 1
    inked = (darker if sign < 0 else lighter) > 0
    if inked.any():
        # Nine tenths of the way from paper to ink: full ink has one tone, however the paper is shaded.
        tone = sign * float(np.percentile(sign * grey[inked], 90))
        contrast = sign * (tone - paper)
        if float(np.median(contrast[inked])) >= floor + _LEAST_CONTRAST:
            return np.clip((sign * (grey - paper) - floor) / np.maximum(contrast - floor, _LEAST_CONTRAST), 0, 1)
    raise ImageError(
        "Expected a picture of a digit, ink on paper of another tone. "
        f"Received: no ink, only grey levels from {grey.min():.0f} to {grey.max():.0f}."
    )


def _fit_paper(grey: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the grey level of the paper under each pixel and its grain, the spread about that level.

    The level is a smooth surface fitted to what is not ink.
    It begins as a plane through the border, where paper is most likely, and becomes a quadratic surface through all
    pixels that lie near it.
    """
    height, width = grey.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
    values = grey.reshape(-1).astype(np.float64)
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
    # Where no pixel is like paper, there is none, and so no ink on it.
    grain = 1.4826 * float(np.median(distance[near])) if near.any() else np.inf
    return surface.reshape(height, width).astype(np.float32), grain


def _near(difference: np.ndarray, candidates: np.ndarray | bool) -> np.ndarray:
    """Return which of the candidates lie so near to the surface that they are paper, shaded or grainy."""
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
    # One cell around each piece keeps the grey edge of its strokes.
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
    # A hairline fades when it is averaged with the paper beside it.
    return np.clip(small / small.max(), 0, 1)


def _place_on_frame(ink: np.ndarray) -> np.ndarray:
    """Return 28x28 with the centre of mass as near to the middle as whole pixels and the frame allow."""
    corner = []
    for axis, length in enumerate(ink.shape):
        profile = ink.sum(axis=1 - axis)
        centre = float(profile @ np.arange(length) / profile.sum())
        corner.append(int(np.clip(round(_CENTRE - centre), 0, _SIDE - length)))
    frame = np.zeros((_SIDE, _SIDE), dtype=np.float32)
    frame[corner[0] : corner[0] + ink.shape[0], corner[1] : corner[1] + ink.shape[1]] = ink
    return np.round(255 * frame).astype(np.uint8)


def _to_grey(image: np.ndarray) -> np.ndarray:
    """Return `(height, width)` float32 of an image with 1 or 3 channels, by the luminance of ITU-R BT.601."""
    return image[..., 0].astype(np.float32) if image.shape[2] == 1 else image.astype(np.float32) @ _LUMINANCE


def _fitted(digit: np.ndarray, input_shape: tuple[int, int, int]) -> np.ndarray:
    """Return a prepared 28x28 digit in the shape of the model."""
    height, width, channels = input_shape
    resized = resize_image(digit[..., np.newaxis], (height, width))
    return np.repeat(resized, channels, axis=2)
