"""From the output back to the input: how many pixels before a layer do `seen` pixels after it need?"""


def receptive_field(layers: tuple[tuple[int, int], ...]) -> int:
    """Return the number of input pixels along one axis that one output pixel depends on."""
    seen = 1
    for size, stride in reversed(layers):
        seen = (seen - 1) * stride + size
    return seen
