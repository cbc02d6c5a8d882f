"""The lecture's slides worked out: one module per slide, or per few slides that share one idea.

>>> from keras_cnn_course.lecture.material import prepare_material
>>> print(work_out("pool-again", prepare_material("pool-again"))[0].splitlines()[1])
[3]
"""

from keras_cnn_course.lecture.contents import find_slide
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import page_of
from keras_cnn_course.lecture.stepping import SlideStep

__all__ = ["step_through", "work_out"]


def work_out(key: str, material: Material, *, width: int = 80) -> list[str]:
    """Return the numbers of a slide as text, in one piece or step by step.

    Args:
        key: of the slide.
        material: of the slide.
        width: of the page, in columns.

    Raises:
        UsageError: there is no such slide, or the image is not suitable.
    """
    with page_of(width):
        frames: list[str] = find_slide(key).find_function("work_out", __name__)(material)
    return frames


def step_through(key: str, material: Material) -> list[SlideStep]:
    """Return the steps of a slide as matrices; none if it has no steps, or too many numbers to show each of them.

    >>> from keras_cnn_course.lecture.material import prepare_material
    >>> len(step_through("padding", prepare_material("padding")))
    49
    """
    slide = find_slide(key)
    if not slide.is_stepped or not material.image.is_small:
        return []
    steps: list[SlideStep] = slide.find_function("step_through", __name__)(material)
    return steps
