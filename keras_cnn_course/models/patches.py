"""Which pieces of real images drive each filter of a convolution most (slide "CNN Demo": look at what was learned)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.models.receptive_field import LayerField, trace_layer

__all__ = ["FilterPatches", "LayerPatches", "Patch", "find_strongest_patches"]

_BATCH = 250


@dataclass(frozen=True)
class Patch:
    """The piece of an image that one output of a convolution is computed from.

    Args:
        image: position of the image among those searched.
        label: its label.
        row: row of the convolution's output.
        column: column of it.
        activation: the output there, before ReLU, which leaves it as it is when positive.
        pixels: the receptive field, `(height, width, channels)` on the scale 0 to 255; zeros beyond the image.
    """

    image: int
    label: int
    row: int
    column: int
    activation: float
    pixels: np.ndarray


@dataclass(frozen=True)
class FilterPatches:
    """The strongest patches of one filter: its index, and at most one patch an image, the strongest first."""

    index: int
    patches: tuple[Patch, ...]

    @property
    def is_dead(self) -> bool:
        """Whether no image gives a positive output: behind a ReLU this filter says nothing."""
        return self.patches[0].activation <= 0


@dataclass(frozen=True)
class LayerPatches:
    """The strongest patches of every filter of one convolution.

    Args:
        layer: its name.
        field: height and width of its receptive field, in pixels of the image.
        searched: number of images.
        filters: in order.
    """

    layer: str
    field: tuple[int, int]
    searched: int
    filters: tuple[FilterPatches, ...]


def find_strongest_patches(model: Any, images: np.ndarray, labels: np.ndarray, *, count: int = 9) -> list[LayerPatches]:
    """Return the patches with the largest output, for every filter of every convolution.

    Each image gives its strongest place only, so that the patches come from different images.

    Args:
        model: a built Keras model of one image.
        images: uint8 or float32 on the scale 0 to 255, `(n, height, width, channels)`, n > 0.
        labels: integers `(n,)`.
        count: patches a filter; fewer where there are fewer images.

    Returns:
        The convolutions from the input on; those that the image does not reach through a plain chain of layers are
        left out, their receptive field is not known.
    """
    import keras

    found = []
    for layer in model.layers:
        if not isinstance(layer, keras.layers.Conv2D):
            continue
        field = trace_layer(model, layer)
        if field is None:
            continue
        strengths, places = _search(model, layer, images)
        filters = tuple(
            FilterPatches(index, _cut_best(strengths[:, index], places[:, index], images, labels, field, count))
            for index in range(strengths.shape[1])
        )
        found.append(LayerPatches(layer.name, (field.rows.size, field.columns.size), len(images), filters))
    return found


def _search(model: Any, layer: Any, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each image's largest output of each filter, and its place in the flattened map, both `(n, filters)`."""
    import keras
    import tensorflow as tf

    part = keras.Model(model.inputs[0], layer.output)

    def strongest(batch: Any) -> tuple[Any, Any]:
        maps = tf.cast(part(tf.cast(batch, tf.float32) / 255.0, training=False), tf.float32)
        flat = tf.reshape(maps, (tf.shape(maps)[0], -1, maps.shape[-1]))
        return tf.reduce_max(flat, axis=1), tf.argmax(flat, axis=1, output_type=tf.int32)

    signature = [tf.TensorSpec((None, *images.shape[1:]), tf.as_dtype(images.dtype))]
    compiled = tf.function(strongest, input_signature=signature, autograph=False)
    parts = [compiled(tf.convert_to_tensor(images[start : start + _BATCH])) for start in range(0, len(images), _BATCH)]
    strengths, places = zip(*parts, strict=True)
    return np.concatenate([np.asarray(part) for part in strengths]), np.concatenate([np.asarray(p) for p in places])


def _cut_best(
    strengths: np.ndarray, places: np.ndarray, images: np.ndarray, labels: np.ndarray, field: LayerField, count: int
) -> tuple[Patch, ...]:
    """Return the patches of one filter, the strongest first; of equals the earlier image first."""
    columns = field.columns.output_size
    patches = []
    for image in np.argsort(-strengths, kind="stable")[:count]:
        row, column = divmod(int(places[image]), columns)
        pixels = _cut(images[image], field.rows.window(row), field.columns.window(column))
        patches.append(Patch(int(image), int(labels[image]), row, column, float(strengths[image]), pixels))
    return tuple(patches)


def _cut(image: np.ndarray, rows: range, columns: range) -> np.ndarray:
    """Return a window of an image, `(height, width, channels)`, with zeros where it reaches beyond the border."""
    window = np.zeros((len(rows), len(columns), image.shape[2]), image.dtype)
    top, left = max(rows.start, 0), max(columns.start, 0)
    inside = image[top : max(rows.stop, 0), left : max(columns.stop, 0)]
    window[top - rows.start : top - rows.start + inside.shape[0], left - columns.start :][:, : inside.shape[1]] = inside
    return window
