"""Wrong solutions of exercise 7."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_STEP = "        field += (size - 1) * distance\n        distance *= stride\n"

MUTANTS = (
    Mutant(
        "the sum of the sizes",
        "sum of sizes",
        (("field, distance = 1, 1", "field, distance = 0, 1"), (_STEP, "        field += size\n")),
    ),
    Mutant("strides ignored", "strides ignored", (("        distance *= stride\n", ""),)),
    Mutant(
        "strides applied too early",
        "strides too early",
        ((_STEP, "        distance *= stride\n        field += (size - 1) * distance\n"),),
    ),
    Mutant(
        "no layers, no answer",
        "raised",
        (
            ("    field, distance = 1, 1\n", "    field, distance = layers[0]\n"),
            ("for size, stride in layers:", "for size, stride in layers[1:]:"),
        ),
    ),
    Mutant("the area", "area", (("return field", "return field**2"),)),
)
