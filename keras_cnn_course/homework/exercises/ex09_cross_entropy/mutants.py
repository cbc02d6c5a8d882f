"""Wrong solutions of exercise 9."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_LOSS = "-np.mean(log_softmax(logits)[examples, labels])"

_PROBABILITIES = "np.exp(log_softmax(logits))"

MUTANTS = (
    Mutant("the logarithm to base 2", "log2", ((_LOSS, f"{_LOSS} / np.log(2)"),)),
    Mutant("a sum instead of the mean", "sum", (("-np.mean(", "-np.sum("),)),
    Mutant("softmax twice", "double softmax", ((_LOSS, _LOSS.replace("logits)", "np.exp(log_softmax(logits)))")),)),
    Mutant("the wrong sign", "wrong sign", (("-np.mean(", "np.mean("),)),
    Mutant("exp overflows", "large logits", (("logits - logits.max(axis=1, keepdims=True)", "logits"),)),
    Mutant(
        "exp overflows in the gradient, and nan becomes 0",
        "large logits",
        ((_PROBABILITIES, "np.nan_to_num(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))"),),
    ),
    Mutant("the gradient of the sum", "sum", (("return gradient / len(labels)", "return gradient"),)),
    Mutant(
        "the gradient's sign",
        "wrong sign",
        (("return gradient / len(labels)", "return -gradient / len(labels)"),),
    ),
    Mutant("the label is not subtracted", "probabilities", (("labels] -= 1", "labels] -= 0"),)),
)
