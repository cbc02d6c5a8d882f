"""Wrong solutions of exercise 8."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_ROWS = "(height - 2) // 2, (width - 2) // 2"

MUTANTS = (
    Mutant(
        "biases of the dense layers forgotten",
        "no biases",
        (("inputs * units + units", "inputs * units"), ("units * classes + classes", "units * classes")),
    ),
    Mutant(
        "one bias per layer",
        "one bias",
        (("inputs * units + units", "inputs * units + 1"), ("units * classes + classes", "units * classes + 1")),
    ),
    Mutant(
        "biases of the convolution forgotten", "no biases", (("channels * filters + filters", "channels * filters"),)
    ),
    Mutant("pooling forgotten", "no pooling", ((_ROWS, "height - 2, width - 2"),)),
    Mutant("the convolution keeps the size", "padded", ((_ROWS, "height // 2, width // 2"),)),
)
