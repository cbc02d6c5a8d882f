"""Wrong solutions of exercise 99: each must get the diagnosis that is its second argument."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

MUTANTS = (
    Mutant("does not shift", "not shifted", (("values - values.min()", "values"),)),
    Mutant("does not divide", "not divided", (("shifted / shifted.max()", "shifted"),)),
    Mutant("up to 255", "up to 255", (("shifted / shifted.max()", "255 * (shifted / shifted.max())"),)),
    Mutant(
        "in place",
        "input unchanged",
        (("shifted = values - values.min()", "values -= values.min()\n    shifted = values"),),
    ),
)
