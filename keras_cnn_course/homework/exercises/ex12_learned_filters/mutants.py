"""Wrong solutions of exercise 12."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_LINE = "np.moveaxis(kernels, -1, 0)"

MUTANTS = (
    Mutant("the axis is not moved", "axis not moved", ((_LINE, "kernels"),)),
    Mutant("reshaped", "reshaped", ((_LINE, "kernels.reshape(kernels.shape[3], *kernels.shape[:3])"),)),
    Mutant("transposed", "all axes reversed", ((_LINE, "kernels.T"),)),
    Mutant("rows and columns exchanged", "rows and columns exchanged", ((_LINE, "kernels.transpose(3, 1, 0, 2)"),)),
    Mutant(
        "any layer with four axes",
        "shape",
        (("isinstance(layer, keras.layers.Conv2D)", "layer.get_weights() and layer.get_weights()[0].ndim == 4"),),
    ),
    Mutant("the last convolution", "shape", (("convolutions[0]", "convolutions[-1]"),)),
)
