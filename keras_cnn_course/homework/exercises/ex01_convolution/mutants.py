"""Wrong solutions of exercise 1."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

MUTANTS = (
    Mutant("the kernel is flipped", "flipped", (("window * kernel", "window * kernel[::-1, ::-1]"),)),
    Mutant("the kernel is transposed", "transposed", (("    rows, col", "    kernel = kernel.T\n    rows, col"),)),
    Mutant(
        "one position too few", "off by one", (("[0] - rows + 1", "[0] - rows"), ("[1] - columns + 1", "[1] - columns"))
    ),
    Mutant("zeros around the image", "padded", (("    rows, col", "    image = np.pad(image, 1)\n    rows, col"),)),
)
