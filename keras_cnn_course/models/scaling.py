"""Whether a model treats the pixels that it reads as one that was written for images of 0 to 255."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_cnn_course.models.graph import Graph, LayerCall, find_graphs

__all__ = ["find_pixel_scaling", "list_wide_ranges"]

# An image on [0, 1] that keeps less contrast than this, and 10 times as much on [0, 255], was meant to be on [0, 255].
_LEAST_CONTRAST = 0.1
_SIDE = 32  # of an image whose side the model leaves open
# A layer whose range of pixels is this many times as wide as the pixels that it reads was made for others.
_TOO_WIDE = 10


def find_pixel_scaling(model: Any) -> str | None:
    """Return the name of the layer after which images in [0, 1] have almost no contrast left, though others have.

    Such a layer divides by 255 or subtracts a mean on the scale 0 to 255: Rescaling, Normalization, an operation or a
    layer of the model's author. What comes before the first learned weights is computed for one image on both scales,
    so it does not matter how the model does it. Its layers may be inside other models.

    >>> import keras
    >>> scaling = keras.layers.Rescaling(1 / 255, name="scaling")
    >>> find_pixel_scaling(keras.Sequential([keras.Input((8, 8, 1)), scaling, keras.layers.Conv2D(4, 3)]))
    'scaling'
    """
    import keras

    for graph, call in _list_readers(model):
        if not _learns(call) and _loses_contrast(keras.Model(_image_of(graph), call.output)):
            return call.name
    return None


def list_wide_ranges(model: Any) -> list[str]:
    """Return the names of the layers whose `value_range` is far wider than the pixels that they read.

    The images are in [0, 1]. Keras's layers for augmentation have the range 0 to 255 unless they get another one: then
    RandomBrightness adds up to 255 to the pixels of a training image.

    >>> import keras
    >>> brightness = keras.layers.RandomBrightness(0.2, name="brightness")
    >>> list_wide_ranges(keras.Sequential([keras.Input((8, 8, 1)), brightness, keras.layers.Conv2D(4, 3)]))
    ['brightness']
    """
    return [
        layer.name
        for graph, call in _list_readers(model)
        for layer in (call.layer, *getattr(call.layer, "layers", ()))  # those of a Pipeline
        if max(getattr(layer, "value_range", (0,))) > _TOO_WIDE * _find_peak(graph, call)
    ]


def _list_readers(model: Any) -> Iterator[tuple[Graph, LayerCall]]:
    """Yield the calls that read pixels, nested ones too, and their graphs: no learned weights come before them."""
    graphs = [graph for graph in find_graphs(model) if _image_of(graph) is model.inputs[0]]
    while graphs:
        graph = graphs.pop()
        fixed: list[bool] = []  # whether the output of each call depends on no learned weights
        for call in graph.calls:
            reads_pixels = all(fixed[feed] for feed in call.feeds)
            fixed.append(reads_pixels and not _learns(call))
            if reads_pixels and call.inner is not None:
                graphs.append(call.inner)
            elif reads_pixels and call.feeds:
                yield graph, call


def _image_of(graph: Graph) -> Any:
    return graph.calls[graph.inputs[0]].output


def _learns(call: LayerCall) -> bool:
    return bool(getattr(call.layer, "weights", ())) and not call.is_a("Normalization")


def _loses_contrast(beginning: Any) -> bool:
    """Return whether a noisy image keeps its contrast on the scale 0 to 255 only."""
    shape = [side or _SIDE for side in beginning.input_shape[1:]]
    image = np.random.default_rng(0).random((1, *shape), dtype="float32")
    blank, small, large = (np.asarray(beginning(scale * image, training=False)) for scale in (0, 1, 255))
    contrast, full_contrast = np.abs(small - blank).max(), np.abs(large - blank).max()
    return bool(contrast < _LEAST_CONTRAST and full_contrast > 10 * contrast)


def _find_peak(graph: Graph, call: LayerCall) -> float:
    """Return the largest number that a call reads where the image is white."""
    import keras

    image, read = _image_of(graph), graph.calls[call.feeds[0]].output
    if read is image:
        return 1.0
    shape = [side or _SIDE for side in image.shape[1:]]
    return float(np.max(keras.Model(image, read)(np.ones((1, *shape), "float32"), training=False)))
