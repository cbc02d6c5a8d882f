"""One image file -> one array, read with care: a picture is a stranger's file."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from keras_cnn_course.errors import ImageError

__all__ = ["IMAGE_SUFFIXES", "read_image", "resize_image", "resize_images"]

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")

# Pillow reads many more formats; each is a parser that a stranger's file would reach.
_FORMATS = ("PNG", "JPEG", "BMP")
_MAX_PIXELS = 64_000_000


def read_image(path: Path) -> np.ndarray:
    """Read a PNG, JPEG or BMP as it is meant to be looked at.

    The camera's rotation (EXIF) is applied, transparency is laid on white, 16 bits become 8, and a picture whose
    colour channels are all equal counts as grey.

    Args:
        path: the file; its content decides the format, not its name.

    Returns:
        `(height, width, 1)` for a grey picture, `(height, width, 3)` for a colour one, uint8 from 0 to 255.

    Raises:
        ImageError: the file is missing, not one of these formats, damaged or too large.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise ImageError(f"Expected an image file. Received: {path}, which is not a file.")
    try:
        # Pillow only warns of a picture that unpacks to far more than its file; here that is an error.
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Cameras write EXIF data that is not quite right; the picture is whole all the same.
            warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
            with Image.open(path, formats=_FORMATS) as image:
                if image.width * image.height > _MAX_PIXELS:
                    raise ImageError(
                        f"Expected {path} to have at most {_MAX_PIXELS // 10**6} million pixels. "
                        f"Received: {image.width}x{image.height}. Make it smaller first."
                    )
                return _to_array(ImageOps.exif_transpose(image))
    except FileNotFoundError as error:
        raise ImageError(f"Expected an image file. Received: {path}, which does not exist.") from error
    except UnidentifiedImageError as error:
        raise ImageError(f"Expected {path} to be a PNG, JPEG or BMP image. Received: another kind of file.") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ImageError(f"Expected {path} to have at most {_MAX_PIXELS // 10**6} million pixels. {error}") from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        # Pillow reports a damaged PNG as a SyntaxError, and a part of it that claims 4 GiB as a MemoryError.
        reason = str(error) or "a part that claims too much"
        raise ImageError(f"Expected {path} to be a whole image. Received: {reason}. Is it damaged?") from error


def resize_image(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize `(height, width, channels)` to another height and width; shrinking averages, it does not skip pixels.

    Args:
        image: uint8, or floating point from 0 to 255.
        size: `(height, width)` in pixels. The picture is stretched where the proportions differ.

    Returns:
        `(size[0], size[1], channels)`, uint8 or float32 as the image.

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
    """Resize `(n, height, width, channels)` to another height and width, each image as `resize_image` does."""
    if images.shape[1:3] == tuple(size):
        return images
    return np.stack([resize_image(image, size) for image in images])


def _to_array(image: Image.Image) -> np.ndarray:
    """Return an opened image as `(height, width, 1 or 3)`, uint8."""
    if image.mode.startswith("I"):
        # 16-bit grey: Pillow's own conversion to 8 bits would cut off everything above 255.
        wide = np.asarray(image, dtype=np.float64)
        return np.round(np.clip(wide, 0, 65535) / 257).astype(np.uint8)[..., np.newaxis]
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        image = Image.alpha_composite(white, coloured)
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., np.newaxis]
    pixels = np.asarray(image.convert("RGB"))
    grey = np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(pixels[..., 0], pixels[..., 2])
    return pixels[..., :1].copy() if grey else pixels
