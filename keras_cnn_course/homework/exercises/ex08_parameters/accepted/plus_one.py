"""A bias is a weight whose input is always 1."""


def count_mlp(inputs: int, units: int, classes: int) -> int:
    """Count inputs + 1 weights per neuron."""
    return (inputs + 1) * units + (units + 1) * classes


def count_cnn(height: int, width: int, channels: int, filters: int, units: int, classes: int) -> int:
    """Count 9 * channels + 1 weights per kernel, and add the dense layers."""
    pooled = (int(height / 2) - 1) * (int(width / 2) - 1)
    return filters * (9 * channels + 1) + (pooled * filters + 1) * units + (units + 1) * classes
