"""Wrong solutions of exercise 15."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_CONFIDENCE = "confidence = probabilities.max(axis=1)"
_ROW = "inside.sum(), confidence[inside].mean(), correct[inside].mean()"
_ERROR = "np.sum(count * np.abs(confidence - accuracy)) / np.sum(count)"

MUTANTS = (
    Mutant(
        "the probability of the label",
        "probability of the label",
        ((_CONFIDENCE, "confidence = probabilities[np.arange(len(labels)), labels]"),),
    ),
    Mutant("the share of wrong answers", "wrong answers", ((" == labels", " != labels"),)),
    Mutant(
        "a number of answers",
        "number of correct answers",
        ((_ROW, _ROW.replace("correct[inside].mean", "correct[inside].sum")),),
    ),
    Mutant(
        "the middle of the bin",
        "middle of the bin",
        ((_ROW, _ROW.replace("confidence[inside].mean()", "(place + 0.5) / bins")),),
    ),
    Mutant("a share of the answers", "share of the answers", ((_ROW, _ROW.replace("inside.sum()", "inside.mean()")),)),
    Mutant("the most confident first", "most confident first", (("return table", "return table[::-1]"),)),
    Mutant("nothing for an empty bin", "nan", (("        if inside.any():\n    ", ""),)),
    Mutant("in place", "input unchanged", ((_CONFIDENCE, f"{_CONFIDENCE}\n    probabilities *= 0.5"),)),
    Mutant("not weighted", "not weighted", ((_ERROR, "np.mean(np.abs(confidence - accuracy)[count > 0])"),)),
    Mutant("divided by the bins", "divided by the bins", ((_ERROR, "np.mean(np.abs(confidence - accuracy))"),)),
    Mutant("signs", "signs", ((_ERROR, _ERROR.replace("np.abs(confidence - accuracy)", "(confidence - accuracy)")),)),
    Mutant(
        "the absolute value last",
        "absolute mean",
        ((_ERROR, "np.abs(np.sum(count * (confidence - accuracy))) / np.sum(count)"),),
    ),
    Mutant("the largest distance", "largest", ((_ERROR, "np.max(np.abs(confidence - accuracy))"),)),
    Mutant("a sum", "sum", ((_ERROR, "np.sum(count * np.abs(confidence - accuracy))"),)),
    Mutant(
        "squares",
        "squares",
        ((_ERROR, _ERROR.replace("np.abs(confidence - accuracy)", "(confidence - accuracy) ** 2")),),
    ),
)
