"""The patches of real images that activate each filter of a convolution most (slide "CNN Demo")."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.models.graph import read_graph
from keras_cnn_course.models.receptive_field import Axis, trace_fields

__all__ = ["FilterPatches", "LayerPatches", "Patch", "cut_fields", "find_strongest_patches"]

_BATCH = 250


@dataclass(frozen=True)
class Patch:
    """The piece of an image that one output of a convolution is computed from.

    Args:
        image: position of the image among the searched ones.
        row: of the output in its feature map.
        column: the same.
        activation: the output, before any ReLU layer that follows.
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
    """The strongest patches of one filter, the strongest first, at most one per image."""

    index: int
    patches: tuple[Patch, ...]

    @property
    def is_dead(self) -> bool:
        """Whether no image gives a positive output, so that a ReLU after the filter always returns 0."""
        return self.patches[0].activation <= 0


@dataclass(frozen=True)
class LayerPatches:
    """The strongest patches of every filter of one convolution.

    Args:
        layer: its name.
        field: height and width of its receptive field, in pixels of the image.
        searched: number of images.
        filters: in the order of the kernel.
    """

    layer: str
    field: tuple[int, int]
    searched: int
    filters: tuple[FilterPatches, ...]


def find_strongest_patches(model: Any, images: np.ndarray, labels: np.ndarray, *, count: int = 9) -> list[LayerPatches]:
    """Return the patches with the largest output, for every filter of every convolution.

    Only the strongest position in each image counts, so that the patches come from different images.

    Args:
        model: a built Keras model with one image as its input.
        images: uint8 or float32 on the scale 0 to 255, `(n, height, width, channels)`, n > 0.
        labels: integers `(n,)`.
        count: patches per filter; there are fewer if there are fewer images.

    Returns:
        One entry per Conv2D, in the order of the model; of a layer that is called several times, its first call.
        Convolutions in nested models, and those whose windows are not evenly spaced in the image, are left out.
    """
    graph = read_graph(model)
    found: dict[str, LayerPatches] = {}
    for call, field in zip(graph.calls, trace_fields(graph), strict=True):
        if call.name in found or not call.is_convolution or not field or not field.rows or not field.columns:
            continue
        windows = (field.rows, field.columns)
        strengths, positions = _search(model, call.output, images)
        filters = tuple(
            FilterPatches(
                index, _cut_best(strengths[:, index], positions[:, index], images, labels, windows=windows, count=count)
            )
            for index in range(strengths.shape[-1])
        )
        found[call.name] = LayerPatches(call.name, (field.rows.size, field.columns.size), len(images), filters)
    return list(found.values())


def cut_fields(model: Any, layer: str, images: np.ndarray, filters: np.ndarray) -> list[Patch]:
    """Return the patch of each image that activates the image's own filter of a convolution most.

    Args:
        model: as for `find_strongest_patches`, which finds patches of this layer.
        images: float32 on the scale 0 to 255, `(n, height, width, channels)`.
        filters: of each image, `(n,)`; they become the labels of the patches.
    """
    graph = read_graph(model)
    call, field = next(
        (call, field) for call, field in zip(graph.calls, trace_fields(graph), strict=True) if call.name == layer
    )
    if field is None or field.rows is None or field.columns is None:
        raise ValueError(f"the receptive field of {layer} is not known")
    strengths, positions = _search(model, call.output, images)
    patches = []
    for image, index in enumerate(filters):
        row, column = (int(position) for position in positions[image, index])
        pixels = _cut(images[image], field.rows.window(row), field.columns.window(column))
        patches.append(Patch(image, int(index), row, column, float(strengths[image, index]), pixels))
    return patches


def _search(model: Any, output: Any, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each image's largest output of each filter, and its row and column: `(n, filters)`, `(n, filters, 2)`."""
    import keras
    import tensorflow as tf

    part = keras.Model(model.inputs[0], output)

    def strongest(batch: Any) -> tuple[Any, Any]:
        maps = tf.cast(part(tf.cast(batch, tf.float32) / 255.0, training=False), tf.float32)
        flat = tf.reshape(maps, (tf.shape(maps)[0], -1, maps.shape[-1]))
        return tf.reduce_max(flat, axis=1), tf.argmax(flat, axis=1, output_type=tf.int32)

    signature = [tf.TensorSpec((None, *images.shape[1:]), tf.as_dtype(images.dtype))]
    compiled = tf.function(strongest, input_signature=signature, autograph=False)
    parts = [compiled(tf.convert_to_tensor(images[start : start + _BATCH])) for start in range(0, len(images), _BATCH)]
    strengths, positions = (
        np.concatenate([np.asarray(part) for part in column]) for column in zip(*parts, strict=True)
    )
    return strengths, np.stack(np.divmod(positions, output.shape[2]), axis=-1)


def _cut_best(
    strengths: np.ndarray,
    positions: np.ndarray,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    windows: tuple[Axis, Axis],
    count: int,
) -> tuple[Patch, ...]:
    """Return the patches of one filter, the strongest first; of equal ones, the earlier image first."""
    patches = []
    for image in np.argsort(-strengths, kind="stable")[:count]:
        row, column = (int(position) for position in positions[image])
        pixels = _cut(images[image], windows[0].window(row), windows[1].window(column))
        patches.append(Patch(int(image), int(labels[image]), row, column, float(strengths[image]), pixels))
    return tuple(patches)


def _cut(image: np.ndarray, rows: range, columns: range) -> np.ndarray:
    """Return a window of an image, `(height, width, channels)`, with zeros where it reaches beyond the border."""
    window = np.zeros((len(rows), len(columns), image.shape[2]), image.dtype)
    top, left = max(rows.start, 0), max(columns.start, 0)
    inside = image[top : max(rows.stop, 0), left : max(columns.stop, 0)]
    window[top - rows.start : top - rows.start + inside.shape[0], left - columns.start :][:, : inside.shape[1]] = inside
    return window
