"""Sets of input pixels, followed through the layers."""


def receptive_field(layers: tuple[tuple[int, int], ...]) -> int:
    """Return the number of input pixels along one axis that one output pixel depends on."""
    pixels = [{position} for position in range(2000)]
    for size, stride in layers:
        starts = range(0, len(pixels) - size + 1, stride)
        pixels = [set().union(*pixels[start : start + size]) for start in starts]
    return len(range(min(pixels[0]), max(pixels[0]) + 1))
