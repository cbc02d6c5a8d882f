"""The input pixels behind each pixel of a long row, followed through the layers as sets."""


def receptive_field(layers: tuple[tuple[int, int], ...]) -> int:
    """Return the input pixels that one output pixel sees along one axis."""
    pixels = [{position} for position in range(2000)]
    for size, stride in layers:
        starts = range(0, len(pixels) - size + 1, stride)
        pixels = [set().union(*pixels[start : start + size]) for start in starts]
    return len(range(min(pixels[0]), max(pixels[0]) + 1))
