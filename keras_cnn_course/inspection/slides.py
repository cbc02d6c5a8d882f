"""The material of a slide, with an image or a filter of one's own."""

from pathlib import Path

import numpy as np

from keras_cnn_course.lecture.contents import check_materials, find_slide
from keras_cnn_course.lecture.material import Material, NamedImage, prepare_material

__all__ = ["prepare_slide"]

_LUMINANCE = np.array((0.299, 0.587, 0.114))


def prepare_slide(key: str, *, image: Path | None, filter_text: str | None, is_drawn: bool) -> Material:
    """Return the image and the filter of a slide. The sample photograph is only read if it is shown.

    Args:
        image: file of an image of one's own; the slide's own image when None.
        filter_text: a filter's name or rows of numbers; the slide's own filter when None.
        is_drawn: whether the slide is drawn, not only worked out in numbers.

    Raises:
        UsageError: the slide does not use an image or a filter of one's own.
    """
    slide = find_slide(key)
    check_materials(slide, has_image=image is not None, has_filter=filter_text is not None)
    own = _read(image, name=image.name) if image is not None else None
    shows_photograph = slide.shows_photograph == "always" or (slide.shows_photograph == "picture" and is_drawn)
    photograph = _read_sample_photograph() if own is None and shows_photograph else None
    return prepare_material(key, image=own, filter_text=filter_text, photograph=photograph)


def _read(path: Path, *, name: str) -> NamedImage:
    """Read an image file as whole gray levels, and its channels."""
    from keras_cnn_course.datasets.images import read_image  # loads Pillow, which most slides do without

    channels = read_image(path).astype(np.int64)
    gray = channels[..., 0] if channels.shape[2] == 1 else np.round(channels @ _LUMINANCE).astype(np.int64)
    return NamedImage(name, gray, channels)


def _read_sample_photograph() -> NamedImage:
    """Read the photograph that ships with matplotlib: a portrait of Grace Hopper, in the public domain."""
    from matplotlib.cbook import get_sample_data

    return _read(Path(get_sample_data("grace_hopper.jpg", asfileobj=False)), name="a portrait of Grace Hopper")
