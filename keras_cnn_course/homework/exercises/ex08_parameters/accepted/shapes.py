"""The shapes of all weights, and the number of elements in each."""

from math import prod


def count_mlp(inputs: int, units: int, classes: int) -> int:
    """Count the elements of four arrays."""
    return sum(prod(shape) for shape in [(inputs, units), (units,), (units, classes), (classes,)])


def count_cnn(height: int, width: int, channels: int, filters: int, units: int, classes: int) -> int:
    """Count the elements of six arrays."""
    flat = ((height - 3 + 1) // 2) * ((width - 3 + 1) // 2) * filters
    shapes = [(3, 3, channels, filters), (filters,), (flat, units), (units,), (units, classes), (classes,)]
    return sum(prod(shape) for shape in shapes)
