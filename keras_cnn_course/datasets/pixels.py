"""The scale of pixels: which value is black, which is white, and bringing both to 0 and 255.

A file does not say what its largest possible value is. Where the values themselves make it clear, the scale is taken
from them and stated. Otherwise the user is asked, because a wrong guess would cost accuracy without a word.
"""

import math
from collections.abc import Mapping

import numpy as np

from keras_cnn_course.errors import DatasetError, UsageError
from keras_cnn_course.files.values import check_value, list_of, number

__all__ = [
    "FULL_RANGE",
    "MAX_BYTES",
    "PixelRange",
    "check_pixel_range",
    "choose_pixel_range",
    "describe_pixels",
    "is_within",
    "rescale_pixels",
]

PixelRange = tuple[float, float]

FULL_RANGE: PixelRange = (0.0, 255.0)
# A data set that would take more than this is refused before it is read.
MAX_BYTES = 4 * 2**30
# Largest values that only one scale has: black and white, 2 to 4 bits, scikit-learn's digits, 8, 10, 12 and 16 bits.
_FULL_SCALES = (1, 3, 7, 15, 16, 255, 1023, 4095, 65535)
_WHOLE = "biu"
# Share of a scale by which numbers that are not whole may miss its ends: they have been rounded, or resized.
_SLACK = 1e-3
_PAIR = list_of(number(), low=2, high=2, description="two numbers, such as (0, 255)")
_ASK = "Say which values are black and white"


def check_pixel_range(stated: PixelRange | None) -> None:
    """Refuse values of black and white that are not two numbers, the lower one first."""
    if stated is None:
        return
    check_value("`pixel_range=`", stated, _PAIR, kind=UsageError)
    if not stated[0] < stated[1]:
        raise UsageError(f"The lower value of `pixel_range=` must come first; got {stated[0]:g} and {stated[1]:g}.")


def choose_pixel_range(name: str, parts: Mapping[str, np.ndarray], stated: PixelRange | None = None) -> PixelRange:
    """Return the values of black and white that all parts of a data set share.

    Args:
        name: the data set, for the error.
        parts: images by the name of their part, such as `training`: integers, booleans or floating point.
        stated: the values that the user gave.

    Raises:
        UsageError: the values that the user gave are not two numbers.
        DatasetError: the types differ, the parts have different scales, the scale is not clear, or a value is outside.

    >>> choose_pixel_range("x.npz", {"training": np.array([0, 16]), "test": np.array([3, 16])})
    (0.0, 16.0)
    """
    check_pixel_range(stated)
    _check_types(name, parts)
    limits = {part: _find_limits(name, part, images) for part, images in parts.items()}
    low, high = min(low for low, _ in limits.values()), max(high for _, high in limits.values())
    whole = all(images.dtype.kind in _WHOLE for images in parts.values())
    if stated is not None:
        if not is_within(low, high, stated, whole=whole):
            raise DatasetError(
                f"The pixels of {name} go from {low:g} to {high:g}, outside of the stated range "
                f"{stated[0]:g} to {stated[1]:g}. Correct `pixel_range=`."
            )
        return stated
    # Black images fit every scale.
    signed = {not is_within(low, high, (0.0, high), whole=whole) for low, high in limits.values() if low or high}
    if signed == {True}:
        raise DatasetError(
            f"The pixels of {name} go from {low:g} to {high:g}, so they were normalized before saving. "
            f"{_ASK}, for example with {_spell_range(low, high)}."
        )
    scales = {part: _recognize(top, whole=whole) for part, (_, top) in limits.items() if top > 0}
    found = set(scales.values())
    if len(signed) > 1 or len(found) > 1:
        ranges = " and ".join(f"the {part} pixels from {low:g} to {high:g}" for part, (low, high) in limits.items())
        widest = max(scales[part] or limits[part][1] for part in scales)
        raise DatasetError(
            f"The parts of {name} seem to have different scales: {ranges}. Save them on one scale. "
            f"If they are on one scale, say which, for example with {_spell_range(low, high if low < 0 else widest)}."
        )
    if not found:  # black images only
        return FULL_RANGE
    if found == {None}:
        raise DatasetError(
            f"The scale of the pixels of {name} is not clear: they go from {low:g} to {high:g}. {_ASK}. "
            f"If the largest of them is white, use {_spell_range(0, high)}."
        )
    return 0.0, float(found.pop() or 255)


def is_within(low: float, high: float, scale: PixelRange, *, whole: bool) -> bool:
    """Return whether pixels from `low` to `high` are on a scale; rounding may have moved those that are not whole.

    >>> is_within(0, 1.0000001, (0, 1), whole=False), is_within(0, 1.1, (0, 1), whole=False)
    (True, False)
    """
    slack = 0 if whole else _SLACK * (scale[1] - scale[0])
    return scale[0] - slack <= low and high <= scale[1] + slack


def rescale_pixels(images: np.ndarray, scale: PixelRange) -> np.ndarray:
    """Return images on the scale 0 to 255: uint8 for integers of up to 8 bits, otherwise float32.

    Args:
        images: integers, booleans or floating point, on the scale; see `is_within`.
        scale: the values of black and white.

    >>> rescale_pixels(np.array([0, 1, 15, 16]), (0.0, 16.0)).tolist()
    [0, 16, 239, 255]
    """
    low, high = scale
    whole = images.dtype.kind in _WHOLE
    if scale == FULL_RANGE and whole:
        return images.astype(np.uint8, copy=False)
    if whole and high - low <= 255 and float(low).is_integer():
        table = np.round((np.arange(round(high - low) + 1)) * (255 / (high - low))).astype(np.uint8)
        wider = np.promote_types(images.dtype, np.int16) if images.itemsize < 8 else np.int64
        return table[images.astype(wider) - round(low)]
    if not whole and (images.min() < low or images.max() > high):
        images = np.clip(images, low, high)
    scaled = images.astype(np.float32)
    if low:
        scaled -= np.float32(low)
    if high - low != 255:
        scaled *= np.float32(255 / (high - low))
    return scaled


def describe_pixels(scale: PixelRange) -> str:
    """Return what was read and what the network receives.

    >>> describe_pixels((0.0, 16.0))
    'pixel values 0 to 16, scaled to 0 to 1'
    """
    low, high = scale
    return f"pixel values {low:g} to {high:g}" + ("" if scale == (0, 1) else ", scaled to 0 to 1")


def _find_limits(name: str, part: str, images: np.ndarray) -> tuple[float, float]:
    low, high = float(images.min()), float(images.max())
    if not np.isfinite(low) or not np.isfinite(high):
        count = np.size(images) - np.count_nonzero(np.isfinite(images))
        raise DatasetError(
            f"The {part} pixels of {name} must be finite numbers; {count:,} of them "
            f"{'is' if count == 1 else 'are'} NaN or infinite."
        )
    return low, high


def _recognize(high: float, *, whole: bool) -> float | None:
    """Return the largest value of the scale on which `high` was found, or None if several are possible."""
    if high <= 1:
        return 1 if high > 1.01 / 255 else None  # smaller values were divided by 255 twice
    for full in _FULL_SCALES:
        if full <= high and is_within(0, high, (0, full), whole=whole):
            return full
    if 128 < high <= 255:
        return 255
    return 65535 if 32768 < high <= 65535 else None


def _spell_range(low: float, high: float) -> str:
    """Return the argument for a range that holds all pixels from `low` to `high`, in four digits or a few more.

    >>> _spell_range(-2.1179039, 2.64)
    '`pixel_range=(-2.118, 2.64)`'
    """
    step = 10.0 ** (math.floor(math.log10(high - low)) - 3) if high > low else 1.0
    lowest, highest = math.floor(round(low / step, 6)) * step, math.ceil(round(high / step, 6)) * step
    return f"`pixel_range=({lowest:.8g}, {highest:.8g})`"


def _check_types(name: str, parts: Mapping[str, np.ndarray]) -> None:
    kinds = {images.dtype.kind for images in parts.values()}
    if not (kinds <= set("iu") or kinds in ({"b"}, {"f"})):
        found = " and ".join(str(images.dtype) for images in parts.values())
        raise DatasetError(
            f"The training and test pixels of {name} must both be integers, both booleans or both floating point; "
            f"got {found}."
        )
