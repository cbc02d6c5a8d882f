"""Every slide's worked numbers, by the slide's key.

>>> print(work_out("pool-again", prepare_material("pool-again"))[0].splitlines()[1])
[3]
"""

from collections.abc import Callable

from keras_cnn_course.lecture.contents import check_materials, find_slide
from keras_cnn_course.lecture.filters import parse_filter
from keras_cnn_course.lecture.material import LECTURE_IMAGE, Material, NamedImage
from keras_cnn_course.lecture.worked_convolution import (
    work_out_convolution,
    work_out_cross_correlation,
    work_out_depth,
    work_out_filter,
    work_out_layer,
    work_out_padding,
    work_out_photograph,
)
from keras_cnn_course.lecture.worked_network import (
    work_out_demo,
    work_out_dense,
    work_out_loss,
    work_out_one_block,
    work_out_two_blocks,
)
from keras_cnn_course.lecture.worked_pooling import (
    work_out_block,
    work_out_max_pooling,
    work_out_pool_again,
    work_out_pooling,
    work_out_receptive_field,
    work_out_relu,
)
from keras_cnn_course.lecture.worked_shift import work_out_summary

__all__ = ["prepare_material", "work_out"]

_WORK: dict[str, Callable[[Material], list[str]]] = {
    "convolution": work_out_convolution,
    "padding": work_out_padding,
    "blur": work_out_filter,
    "edges": work_out_filter,
    "photograph": work_out_photograph,
    "cross-correlation": work_out_cross_correlation,
    "layer": work_out_layer,
    "depth": work_out_depth,
    "relu": work_out_relu,
    "pooling": work_out_pooling,
    "max-pooling": work_out_max_pooling,
    "receptive-field": work_out_receptive_field,
    "pool-again": work_out_pool_again,
    "block": work_out_block,
    "dense": work_out_dense,
    "loss": work_out_loss,
    "one-block": work_out_one_block,
    "two-blocks": work_out_two_blocks,
    "demo": work_out_demo,
    "summary": work_out_summary,
}


def prepare_material(
    key: str,
    *,
    image: NamedImage | None = None,
    filter_text: str | None = None,
    photograph: NamedImage | None = None,
) -> Material:
    """Return what a slide works on: the lecture's image and the slide's filters, or the reader's own.

    Args:
        key: of the slide.
        image: the reader's image; the lecture's when None.
        filter_text: the reader's filter, a name or rows of numbers; the slide's when None.
        photograph: what slides on photographs show where the reader gave no image.

    Raises:
        UsageError: the slide takes no image or no filter, or the filter cannot be read.
    """
    slide = find_slide(key)
    check_materials(slide, has_image=image is not None, has_filter=filter_text is not None)
    filters = tuple(parse_filter(text) for text in ((filter_text,) if filter_text is not None else slide.filters))
    return Material(filters, image or LECTURE_IMAGE, image or photograph)


def work_out(key: str, material: Material) -> list[str]:
    """Return the worked numbers of a slide: one text, or one a step.

    Raises:
        UsageError: there is no such slide, or the image does not suit it.
    """
    return _WORK[find_slide(key).key](material)
