"""The material of a slide: the lecture's 7x7 image or one of the reader's, and filters.

>>> LECTURE_IMAGE.pixels[1]
array([0, 0, 1, 1, 1, 0, 0])
"""

from dataclasses import dataclass, field

import numpy as np

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.contents import check_materials, find_slide
from keras_cnn_course.lecture.filter_text import parse_filter
from keras_cnn_course.lecture.filters import Filter

__all__ = ["LARGEST_STEPWISE", "LECTURE_IMAGE", "Material", "NamedImage", "prepare_material"]

LARGEST_STEPWISE = 32
"""The largest height and width of an image whose numbers are printed one by one."""


@dataclass(frozen=True, eq=False)
class NamedImage:
    """A gray image of whole numbers, with its channels.

    Args:
        name: for titles.
        pixels: `(height, width)`, int64; 0 is black.
        channels: `(height, width, d)`, int64, for slide "Convolution Layer: depth d".
    """

    name: str
    pixels: np.ndarray
    channels: np.ndarray

    @property
    def size(self) -> str:
        """Height and width in the form `7x7`."""
        return f"{self.pixels.shape[0]}x{self.pixels.shape[1]}"

    @property
    def is_small(self) -> bool:
        """True when every number of the image can be printed."""
        return max(self.pixels.shape) <= LARGEST_STEPWISE


def _lecture_image() -> NamedImage:
    rows = ["0000000", "0011100", "0111110", "0111000", "0111110", "0011100", "0000000"]
    pixels = np.array([[int(pixel) for pixel in row] for row in rows])
    # The slides have no numbers for a color image: use the digit, the digit on its side and its background instead.
    return NamedImage("the lecture's image", pixels, np.stack([pixels, pixels.T, 1 - pixels], axis=-1))


LECTURE_IMAGE = _lecture_image()


@dataclass(frozen=True, eq=False)
class Material:
    """The image and the filters that a slide is worked out with.

    Args:
        filters: the slide's filters or the reader's, at least one.
        image: the lecture's image or the reader's.
        photograph: for slides that show one.
    """

    filters: tuple[Filter, ...]
    image: NamedImage = field(default=LECTURE_IMAGE)
    photograph: NamedImage | None = None

    @property
    def filter(self) -> Filter:
        """The first filter."""
        return self.filters[0]

    def check_small(self) -> None:
        """Check that every number of the image can be shown.

        Raises:
            UsageError: it is too large.
        """
        if not self.image.is_small:
            raise UsageError(
                f"The image has {self.image.size} pixels. This slide shows every number, so it takes at most "
                f"{LARGEST_STEPWISE}x{LARGEST_STEPWISE} pixels. "
                "Use a smaller image, or slide blur, edges or photograph."
            )


def prepare_material(
    key: str,
    *,
    image: NamedImage | None = None,
    filter_text: str | None = None,
    photograph: NamedImage | None = None,
) -> Material:
    """Return the material of a slide: the lecture's image and the slide's filters, or the reader's own.

    Args:
        key: of the slide.
        image: the reader's image; None for the lecture's.
        filter_text: the reader's filter, a name or rows of numbers; None for the slide's.
        photograph: for slides that show one, unless the reader gives an image.

    Raises:
        UsageError: the slide takes no image or no filter, or the filter cannot be read.
    """
    slide = find_slide(key)
    check_materials(slide, has_image=image is not None, has_filter=filter_text is not None)
    texts = slide.filters if filter_text is None else (filter_text,)
    return Material(tuple(parse_filter(text) for text in texts), image or LECTURE_IMAGE, image or photograph)
