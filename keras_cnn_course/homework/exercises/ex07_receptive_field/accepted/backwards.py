"""From the output back to the input: `seen` pixels behind a layer need this many before it."""


def receptive_field(layers: tuple[tuple[int, int], ...]) -> int:
    """Return the input pixels that one output pixel sees along one axis."""
    seen = 1
    for size, stride in reversed(layers):
        seen = (seen - 1) * stride + size
    return seen
