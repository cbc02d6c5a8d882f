"""Exercise 8: the number of parameters of an MLP and of a CNN."""


def count_mlp(inputs: int, units: int, classes: int) -> int:
    """Count the weights and biases of two dense layers."""
    hidden = inputs * units + units
    classifier = units * classes + classes
    return hidden + classifier


def count_cnn(height: int, width: int, channels: int, filters: int, units: int, classes: int) -> int:
    """Add the parameters of the convolution and of the dense layers after it."""
    convolution = 3 * 3 * channels * filters + filters
    rows, columns = (height - 2) // 2, (width - 2) // 2
    return convolution + count_mlp(rows * columns * filters, units, classes)
