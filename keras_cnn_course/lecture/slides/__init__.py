"""The lecture's slides worked out: one module per slide, or per few slides that share one idea.

>>> from keras_cnn_course.lecture.material import prepare_material
>>> print(work_out("pool-again", prepare_material("pool-again"))[0].splitlines()[1])
[3]
"""

from keras_cnn_course.lecture.contents import find_slide
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import page_of

__all__ = ["work_out"]


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
