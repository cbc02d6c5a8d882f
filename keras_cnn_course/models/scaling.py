"""Whether a model scales the pixels that it reads, as one does that was written for images of 0 to 255."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_cnn_course.models.graph import Graph, find_graphs

__all__ = ["find_pixel_scaling"]

# An image on [0, 1] that keeps less contrast than this, and 10 times as much on [0, 255], was meant to be on [0, 255].
_LEAST_CONTRAST = 0.1
_SIDE = 32  # of an image whose side the model leaves open


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
    graphs = [graph for graph in find_graphs(model) if graph.calls[graph.inputs[0]].output is model.inputs[0]]
    return next((name for graph in graphs for name in _search(graph)), None)


def _search(graph: Graph) -> Iterator[str]:
    """Yield the layers in question of a model that reads the images."""
    import keras

    image = graph.calls[graph.inputs[0]].output
    fixed: list[bool] = []  # whether the output of each call depends on no learned weights
    for call in graph.calls:
        reads_pixels = all(fixed[feed] for feed in call.feeds)
        fixed.append(reads_pixels and (not getattr(call.layer, "weights", ()) or call.is_a("Normalization")))
        if call.inner is not None and reads_pixels:
            yield from _search(call.inner)
        elif fixed[-1] and call.feeds and _loses_contrast(keras.Model(image, call.output)):
            yield call.name


def _loses_contrast(beginning: Any) -> bool:
    """Return whether a noisy image keeps its contrast on the scale 0 to 255 only."""
    shape = [side or _SIDE for side in beginning.input_shape[1:]]
    image = np.random.default_rng(0).random((1, *shape), dtype="float32")
    blank, small, large = (np.asarray(beginning(scale * image, training=False)) for scale in (0, 1, 255))
    contrast, full_contrast = np.abs(small - blank).max(), np.abs(large - blank).max()
    return bool(contrast < _LEAST_CONTRAST and full_contrast > 10 * contrast)
