"""Wrong solutions of exercise 3."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

MUTANTS = (
    Mutant("a sum instead of an average", "not normalized", (("np.ones((3, 3)) / 9", "np.ones((3, 3))"),)),
    Mutant(
        "vertical edges",
        "wrong axis",
        (("    return convolve(image, kernel)", "    return convolve(image, kernel.T)"),),
    ),
    Mutant(
        "wrong sign", "wrong sign", (("    return convolve(image, kernel)", "    return -convolve(image, kernel)"),)
    ),
    Mutant("the numbers do not add up to 0", "constant image", (("2, 2, 2", "2, 3, 2"),)),
)
