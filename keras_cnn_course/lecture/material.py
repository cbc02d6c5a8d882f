"""What a slide works on: the lecture's 7x7 image or the reader's own, and a filter.

>>> LECTURE_IMAGE.pixels[1]
array([0, 0, 1, 1, 1, 0, 0])
"""

from dataclasses import dataclass, field

import numpy as np

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.filters import Filter

__all__ = ["LARGEST_STEPWISE", "LECTURE_IMAGE", "Material", "NamedImage"]

LARGEST_STEPWISE = 32
"""Height and width of the largest image whose numbers are printed one by one."""


@dataclass(frozen=True, eq=False)
class NamedImage:
    """A grey image, whole numbers, with its name and its channels.

    Args:
        name: for titles.
        pixels: `(height, width)`, int64; 0 is black.
        channels: `(height, width, d)`, int64: what slide "depth d" works on.
    """

    name: str
    pixels: np.ndarray
    channels: np.ndarray

    @property
    def size(self) -> str:
        """Height and width, as `7x7`."""
        return f"{self.pixels.shape[0]}x{self.pixels.shape[1]}"

    @property
    def is_small(self) -> bool:
        """True when every number of the image can be printed."""
        return max(self.pixels.shape) <= LARGEST_STEPWISE


def _lecture_image() -> NamedImage:
    rows = ["0000000", "0011100", "0111110", "0111000", "0111110", "0011100", "0000000"]
    pixels = np.array([[int(pixel) for pixel in row] for row in rows])
    # The slides show no numbers for a coloured image; the digit, the digit on its side and its background stand in.
    return NamedImage("the lecture's image", pixels, np.stack([pixels, pixels.T, 1 - pixels], axis=-1))


LECTURE_IMAGE = _lecture_image()


@dataclass(frozen=True, eq=False)
class Material:
    """What one slide is worked out on.

    Args:
        filters: the slide's filters, or the reader's; at least one.
        image: the lecture's image, or the reader's.
        photograph: what slides on photographs show; None where no photograph is needed.
    """

    filters: tuple[Filter, ...]
    image: NamedImage = field(default=LECTURE_IMAGE)
    photograph: NamedImage | None = None

    @property
    def filter(self) -> Filter:
        """The filter; the first one where there are several."""
        return self.filters[0]

    def check_small(self) -> None:
        """Check that every number of the image can be shown.

        Raises:
            UsageError: it is too large.
        """
        if not self.image.is_small:
            raise UsageError(
                f"Expected an image of at most {LARGEST_STEPWISE}x{LARGEST_STEPWISE} pixels, to show every number. "
                f"Received: {self.image.size}. Use a smaller image, or the slides blur, edges and photograph."
            )
