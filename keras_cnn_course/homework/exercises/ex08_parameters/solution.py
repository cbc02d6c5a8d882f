"""Exercise 8: how many numbers a network learns."""


def count_mlp(inputs: int, units: int, classes: int) -> int:
    """Return the weights and biases of two dense layers."""
    hidden = inputs * units + units
    classifier = units * classes + classes
    return hidden + classifier


def count_cnn(height: int, width: int, channels: int, filters: int, units: int, classes: int) -> int:
    """Return the parameters of the convolution, and of the dense layers behind it."""
    convolution = 3 * 3 * channels * filters + filters
    rows, columns = (height - 2) // 2, (width - 2) // 2
    return convolution + count_mlp(rows * columns * filters, units, classes)
