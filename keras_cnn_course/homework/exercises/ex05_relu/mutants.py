"""Wrong solutions of exercise 5."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_LINE = "np.maximum(values, 0)"

MUTANTS = (
    Mutant("absolute value", "absolute value", ((_LINE, "np.abs(values)"),)),
    Mutant("in place", "input unchanged", ((_LINE, "np.maximum(values, 0, out=values)"),)),
    Mutant(
        "in place, but for images",
        "input unchanged",
        ((_LINE, f"{_LINE} if values.ndim == 2 else np.maximum(values, 0, out=values)"),),
    ),
    Mutant("the wrong side", "wrong side", ((_LINE, "np.minimum(values, 0)"),)),
    Mutant("a step", "step", ((_LINE, "(values > 0).astype(float)"),)),
)
