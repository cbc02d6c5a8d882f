"""Wrong solutions of exercise 10."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_CONVOLUTION = 'layers.Conv2D(filters, kernel_size=3, activation="relu")'
_DENSE = 'layers.Dense(units, activation="relu")'
_LOSS = "keras.losses.SparseCategoricalCrossentropy()"
_SQUARED_ERROR = "lambda labels, outputs: keras.ops.mean((keras.ops.one_hot(labels, classes) - outputs) ** 2)"

MUTANTS = (
    Mutant("softmax, and from_logits=True", "double softmax", ((_LOSS, _LOSS.replace("()", "(from_logits=True)")),)),
    Mutant("logits, and a loss for probabilities", "logits taken for probabilities", ((', activation="softmax"', ""),)),
    Mutant("a ReLU that ends at 6", "outputs", ((_CONVOLUTION, _CONVOLUTION.replace("relu", "relu6")),)),
    Mutant("a dense ReLU that ends at 6", "outputs", ((_DENSE, _DENSE.replace("relu", "relu6")),)),
    Mutant("no ReLU after the convolution", "no relu", ((_CONVOLUTION, "layers.Conv2D(filters, kernel_size=3)"),)),
    Mutant("no ReLU after the dense layer", "no dense relu", ((_DENSE, "layers.Dense(units)"),)),
    Mutant("padding", "flattened size", (("kernel_size=3,", 'kernel_size=3, padding="same",'),)),
    Mutant("average pooling", "average pooling", (("MaxPooling2D", "AveragePooling2D"),)),
    Mutant("no pooling", "flattened size", (("            layers.MaxPooling2D(pool_size=2),\n", ""),)),
    Mutant("a frozen layer", "frozen", ((_DENSE, _DENSE.replace(")", ", trainable=False)")),)),
    Mutant("a sigmoid at the end", "sigmoid", (('"softmax"', '"sigmoid"'),)),
    Mutant("squared error", "loss", ((_LOSS, _SQUARED_ERROR),)),
    Mutant("a loss for rows of labels", "raised", ((_LOSS, '"categorical_crossentropy"'),)),
    Mutant("no loss", "raised", ((", loss=loss", ""),)),
    Mutant("a learning rate of 0", "does not learn", (('optimizer="adam"', "optimizer=keras.optimizers.Adam(0.0)"),)),
    Mutant(
        "kernels of zeros",
        "constant weights",
        ((_CONVOLUTION, _CONVOLUTION.replace(")", ', kernel_initializer="zeros")')),),
    ),
    Mutant(
        "units and classes exchanged",
        "units and classes exchanged",
        (
            (_DENSE, _DENSE.replace("units", "classes")),
            ('layers.Dense(classes, activation="softmax")', 'layers.Dense(units, activation="softmax")'),
        ),
    ),
    Mutant("one more dense layer", "parameters", ((_DENSE, f"{_DENSE},\n            {_DENSE}"),)),
)
