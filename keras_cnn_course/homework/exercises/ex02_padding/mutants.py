"""Wrong solutions of exercise 2."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_SIZES = ("height + 2 * amount, width + 2 * amount", "height + amount, width + amount")
_PLACE = "amount : amount + height, amount : amount + width"
_FORMULA = "(size + 2 * padding - kernel_size) // stride + 1"

MUTANTS = (
    Mutant("zeros below and to the right only", "one side", (_SIZES, (_PLACE, ":height, :width"))),
    Mutant("zeros above and to the left only", "other side", (_SIZES, (_PLACE, "amount:, amount:"))),
    Mutant(
        "edge values instead of zeros",
        "edge values",
        (("    return padded", '    return np.pad(image, amount, mode="edge")'),),
    ),
    Mutant(
        "the image is overwritten", "input unchanged", (("    return padded", "    image[:] = 0\n    return padded"),)
    ),
    Mutant("the first position is not counted", "without one", ((_FORMULA, _FORMULA[:-4]),)),
    Mutant("zeros of one side", "padding once", (("size + 2 * padding - kernel", "size + padding - kernel"),)),
    Mutant("the stride is ignored", "stride ignored", (("// stride + 1", "+ 1"),)),
    Mutant("rounded up", "rounded up", ((_FORMULA, "-(-(size + 2 * padding - kernel_size) // stride) + 1"),)),
    Mutant("not rounded", "not whole", (("// stride", "/ stride"),)),
)
