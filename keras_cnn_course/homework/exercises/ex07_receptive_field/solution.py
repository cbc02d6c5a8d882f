"""Exercise 7: the receptive field, layer by layer."""


def receptive_field(layers: tuple[tuple[int, int], ...]) -> int:
    """Return the number of input pixels along one axis that one output pixel depends on."""
    field, distance = 1, 1
    for size, stride in layers:
        field += (size - 1) * distance
        distance *= stride
    return field
