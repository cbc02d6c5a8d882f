"""Pictures of what the layers of a run's model make of one image."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.lecture.matrix_text import Window
from keras_cnn_course.models.outputs import LayerOutput, PooledMap
from keras_cnn_course.plots.forward_sheet import SheetLayer, plot_forward_sheet
from keras_cnn_course.plots.pooling import plot_pooling
from keras_cnn_course.plots.relu import plot_relu
from keras_cnn_course.plots.saving import Picture

__all__ = ["plot_layer_outputs", "plot_layer_pooling", "plot_layer_relu"]


def plot_layer_outputs(
    image: np.ndarray, outputs: Sequence[LayerOutput], class_names: tuple[str, ...], *, name: str
) -> Picture:
    """Draw the outputs of all layers; those that only rearrange numbers, such as Flatten, are left out.

    Args:
        image: `(height, width, channels)` from 0 to 255.
        outputs: of the model for this image; the first of each batch is drawn.
        class_names: of the last layer's units.
        name: of the run and the image, for the title.
    """
    layers = [
        SheetLayer(output.name, output.values[0], output.is_rectified, output.kind in ("Softmax", "softmax"))
        for output in outputs
        if output.changes_numbers and output.values.ndim in (2, 4)
    ]
    return plot_forward_sheet(image, layers, name=name, class_names=class_names)


def plot_layer_relu(output: LayerOutput, *, name: str) -> Picture:
    """Draw the effect of a ReLU.

    Args:
        output: of a ReLU for one image.
        name: of the run and the image, for the title.
    """
    return plot_relu(output.inputs[0], output.values[0], name=f"{name}, {output.name}")


def plot_layer_pooling(pooled: PooledMap, *, name: str) -> Picture:
    """Draw one feature map of a pooling layer before and after it.

    Args:
        pooled: the feature map.
        name: of the run and the image, for the title.
    """
    windows = []
    for place in np.ndindex(*pooled.after.shape):
        rows, columns = pooled.window_at(*place)
        windows.append(Window(rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start))
    winners = [(row, column) for row, column in pooled.winners.reshape(-1, 2).tolist()]
    return plot_pooling(
        pooled.before,
        pooled.after,
        windows,
        name=f"{name}, {pooled.layer}, feature map #{pooled.channel} of {pooled.channels}",
        winners=winners if pooled.kind == "MaxPooling2D" else None,
    )
