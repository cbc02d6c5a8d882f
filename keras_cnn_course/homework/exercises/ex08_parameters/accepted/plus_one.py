"""A bias is a weight whose input is always 1."""


def count_mlp(inputs: int, units: int, classes: int) -> int:
    """Return (inputs + 1) weights a neuron."""
    return (inputs + 1) * units + (units + 1) * classes


def count_cnn(height: int, width: int, channels: int, filters: int, units: int, classes: int) -> int:
    """Return (9 channels + 1) numbers a kernel, and the dense layers."""
    pooled = (int(height / 2) - 1) * (int(width / 2) - 1)
    return filters * (9 * channels + 1) + (pooled * filters + 1) * units + (units + 1) * classes
