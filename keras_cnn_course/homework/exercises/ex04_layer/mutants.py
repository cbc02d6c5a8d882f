"""Wrong solutions of exercise 4."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_SUM = "window * kernels[:, :, :, number]"

MUTANTS = (
    Mutant("the first channel only", "one channel", ((_SUM, "window[:, :, 0] * kernels[:, :, 0, number]"),)),
    Mutant("the bias is missing", "no bias", ((" + bias[number]", ""),)),
    Mutant("one bias for all kernels", "shared bias", (("bias[number]", "bias[0]"),)),
    Mutant("a ReLU at the end", "activated", (("    return output", "    return np.maximum(output, 0)"),)),
    Mutant("the kernels are flipped", "flipped", ((_SUM, "window * kernels[::-1, ::-1, :, number]"),)),
    Mutant("no biases counted", "no biases", (("(9 * depth + 1)", "(9 * depth)"),)),
    Mutant("one bias counted", "one bias", (("filters * (9 * depth + 1)", "filters * 9 * depth + 1"),)),
    Mutant("depth not counted", "depth ignored", (("9 * depth + 1", "9 + 1"),)),
)
