"""Wrong solutions of exercise 6."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_WINDOW = "image[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]"
_SIZES = "image.shape[0] // 2, image.shape[1] // 2"

MUTANTS = (
    Mutant("the average", "mean", (("window.max()", "window.mean()"),)),
    Mutant("the smallest", "smallest", (("window.max()", "window.min()"),)),
    Mutant(
        "overlapping windows",
        "stride 1",
        ((_SIZES, "image.shape[0] - 1, image.shape[1] - 1"), (_WINDOW, "image[row : row + 2, column : column + 2]")),
    ),
    Mutant(
        "zeros past the border",
        "zero padding",
        (
            (
                "    height, width",
                "    image = np.pad(image, [(0, size % 2) for size in image.shape])\n    height, width",
            ),
        ),
    ),
    Mutant("nothing below -100", "negative numbers", (("window.max()", "max(window.max(), -100)"),)),
    Mutant("nothing below zero", "zero at least", (("window.max()", "max(window.max(), 0)"),)),
)
