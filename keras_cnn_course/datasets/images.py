"""Reading and resizing images. The files may come from strangers, so they are read with care."""

import re
import struct
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from keras_cnn_course.errors import ImageError

__all__ = ["IMAGE_SUFFIXES", "find_white", "read_image", "resize_image", "resize_images"]

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff")

# Pillow reads many more formats. Each would be another parser for a stranger's file to attack.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
_FORMAT_NAMES = "PNG, JPEG, GIF, WebP, TIFF or BMP"
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
_MAX_PIXELS = 64_000_000
_MOST = 65535
# How Pillow calls the pixels of such a file, such as RGB;16B; BGR;16, the 16 bits of a whole pixel, is something else.
_16_BIT_COLORS = re.compile(r"(RGB|LA)\w*;16")
# How an image is turned so that it is upright, by its EXIF orientation.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Pillow reports a damaged PNG as a SyntaxError, a part of it that claims 4 GiB as a MemoryError, and numbers that do
# not fit their type as one of the last three.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, MemoryError, struct.error, TypeError, OverflowError)


def read_image(path: Path, *, white: float | None = None) -> np.ndarray:
    """Read a PNG, JPEG, GIF, WebP, TIFF or BMP image as a viewer would show it.

    The camera's rotation (EXIF) is applied, transparent pixels become white, or black under a drawing in white, and
    an image with equal color channels counts as gray. More than 8 bits become 8. Of several frames, the first is read.

    Args:
        path: the file; its content decides the format, not its name.
        white: the level of white in a file of more than 8 bits; if None, it is found from the image's largest level.
            Of 16-bit colors, the upper 8 bits are read, so white is 65535 there.

    Returns:
        `(height, width, 1)` for a gray image, `(height, width, 3)` for a color image, uint8 from 0 to 255.

    Raises:
        ImageError: the file is missing, damaged, too large or has another format, or its levels go below 0 or are so
            low that the image would be black.
    """
    with _open_image(path) as image:
        if _is_wide(image):
            return _scale_levels(path, np.asarray(_upright(image), dtype=np.float64), white)
        if _has_16_bit_colors(image):
            _check_colors(path, image, white)
        return _to_array(_upright(image))


def find_white(paths: Iterable[Path]) -> float | None:
    """Return the level of white that files of more than 8 bits share, so that a dark one stays dark; None if none is.

    Raises:
        ImageError: a file is missing, damaged, too large or has another format.
    """
    whites = []
    for path in paths:
        with _open_image(path) as image:
            if _is_wide(image):
                whites.append(_guess_white(np.asarray(image, dtype=np.float64)))
            elif _has_16_bit_colors(image):
                whites.append(_guess_white(_largest_colors(image)))
    return max(whites, default=None)


@contextmanager
def _open_image(path: Path) -> Iterator[ImageFile.ImageFile]:
    """Open an image file, and turn what goes wrong while it is open into an ImageError."""
    if path.exists() and not path.is_file():  # opening a pipe would wait forever
        raise ImageError(f"{path} is not a file.")
    try:
        # Pillow only warns about an image that unpacks to far more than its file; here that is an error.
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Cameras write EXIF data with small mistakes; the image itself is intact.
            warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
            with Image.open(path, formats=_FORMATS) as image:
                if image.width * image.height > _MAX_PIXELS:
                    raise ImageError(
                        f"{path} has {image.width}x{image.height} pixels; at most {_MAX_PIXELS // 10**6} million are "
                        "allowed. Make it smaller."
                    )
                yield image
    except FileNotFoundError as error:
        raise ImageError(f"{path} does not exist.") from error
    except UnidentifiedImageError as error:
        raise ImageError(_refuse_format(path)) from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ImageError(
            f"{path} unpacks to more than {_MAX_PIXELS // 10**6} million pixels. Make it smaller."
        ) from error
    except _DAMAGE as error:
        reason = str(error) or "a part of it claims too much memory"
        raise ImageError(f"Cannot read the image {path}: {reason}. Is the file damaged?") from error


def resize_image(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize `(height, width, channels)` to another height and width; shrinking averages instead of skipping pixels.

    Args:
        image: uint8, or floating point from 0 to 255.
        size: `(height, width)` in pixels. If the proportions differ, the image is stretched.

    Returns:
        `(size[0], size[1], channels)`, uint8 for a uint8 image, otherwise float32.

    >>> resize_image(np.full((8, 4, 3), 200, np.uint8), (2, 2)).shape
    (2, 2, 3)
    """
    height, width = size
    kind = np.uint8 if image.dtype == np.uint8 else np.float32
    planes = []
    for channel in range(image.shape[2]):
        plane = Image.fromarray(np.ascontiguousarray(image[:, :, channel], dtype=kind))
        planes.append(np.asarray(plane.resize((width, height), Image.Resampling.BICUBIC)))
    # Cubic interpolation overshoots at an edge; Pillow clips 8 bits by itself.
    return np.clip(np.stack(planes, axis=-1), 0, 255)


def resize_images(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize `(n, height, width, channels)` to another height and width, as `resize_image` does."""
    if images.shape[1:3] == tuple(size):
        return images
    return np.stack([resize_image(image, size) for image in images])


def _refuse_format(path: Path) -> str:
    """Return the message about a file of another format."""
    with path.open("rb") as file:
        start = file.read(12)
    if start[4:8] == b"ftyp" and start[8:] in _HEIF_BRANDS:
        return (
            f"{path} is a HEIC or AVIF image, which cannot be read. Convert it to JPEG: open it in a viewer and "
            "export it as JPEG. An iPhone takes JPEG photographs with Settings > Camera > Formats > Most Compatible."
        )
    return f"{path} is not a {_FORMAT_NAMES} image."


def _upright(image: Image.Image) -> Image.Image:
    """Return an opened image as its EXIF orientation says; as it is where the EXIF data cannot be read.

    `PIL.ImageOps.exif_transpose` also writes the EXIF data again, and fails where any part of them is damaged.
    """
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except _DAMAGE:
        return image
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _is_wide(image: Image.Image) -> bool:
    return image.mode.startswith("I") or image.mode == "F"


def _scale_levels(path: Path, levels: np.ndarray, white: float | None) -> np.ndarray:
    """Return gray levels of more than 8 bits as `(height, width, 1)`, uint8.

    Raises:
        ImageError: a level is below 0, or above 65535.
    """
    levels = np.nan_to_num(levels)
    low, high = levels.min(), levels.max()
    if low < 0 or high > _MOST:
        raise ImageError(
            f"The pixels of {path} go from {low:g} to {high:g}, and an image file must hold gray levels from 0 to at "
            f"most {_MOST}. Bring them to 0 to 255 and save them again."
        )
    share = np.clip(levels / (_guess_white(levels) if white is None else white), 0, 1)
    return np.round(share * 255).astype(np.uint8)[..., np.newaxis]


def _has_16_bit_colors(image: ImageFile.ImageFile) -> bool:
    """Return whether a PNG or TIFF file, not decoded yet, stores 16 bits of each color: Pillow keeps the upper 8."""
    return image.format in ("PNG", "TIFF") and any(_16_BIT_COLORS.search(str(tile)) for tile in image.tile)


def _largest_colors(image: Image.Image) -> np.ndarray:
    """Return the largest level of 16 bits that each color may have, given its upper 8 bits."""
    return np.asarray(image.convert("RGB"), dtype=np.float64) * 256 + 255


def _check_colors(path: Path, image: Image.Image, white: float | None) -> None:
    """Check that the upper 8 bits of 16-bit colors show the image; files of 8, 10 or 12 bits leave them nearly empty.

    Raises:
        ImageError: they are nearly empty, and no image of the same scale is brighter.
    """
    level = _guess_white(_largest_colors(image))
    if level < _MOST and white != _MOST:
        raise ImageError(
            f"{path} stores colors of 16 bits, but none is above {level:g} of {_MOST}, so the image would be black. "
            "Save it with 8 bits per color, from 0 to 255."
        )


def _to_array(image: Image.Image) -> np.ndarray:
    """Return an image of 8 bits as `(height, width, 1 or 3)`, uint8."""
    if image.has_transparency_data:
        image = _fill_transparent(image.convert("RGBA"))
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., np.newaxis]
    pixels = np.asarray(image.convert("RGB"))
    gray = np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(pixels[..., 0], pixels[..., 2])
    return pixels[..., :1].copy() if gray else pixels


def _guess_white(wide: np.ndarray) -> float:
    """Return the level of white among gray levels of more than 8 bits.

    Cameras and microscopes store 8, 10 or 12 bits in files of 16, and the file does not say how many. The fewest bits
    that hold the largest value are taken. Floating point is read on the scale from 0 to 1, if no value is above 1.
    """
    wide = np.nan_to_num(wide)
    largest = float(wide.max())
    if largest <= 1 and (wide % 1 != 0).any():
        return 1.0
    return float(next((2**bits - 1 for bits in (8, 10, 12) if largest < 2**bits), _MOST))


def _fill_transparent(image: Image.Image) -> Image.Image:
    """Return an RGBA image on white, or on black if white would hide it, as it would a drawing for a dark page."""
    pixels = np.asarray(image)
    opaque = pixels[..., 3] > 25
    hidden = opaque.any() and not opaque.all() and pixels[opaque][:, :3].mean(axis=1).min() > 200
    ground = "black" if hidden else "white"
    return Image.alpha_composite(Image.new("RGBA", image.size, ground), image)
