"""How healthy a network is while it trains: the norms of weights and gradients, and the units that are always 0."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_cnn_course.models.graph import read_graph
from keras_cnn_course.runs.health_file import LayerHealth

__all__ = ["SAMPLE", "HealthCheck", "is_due"]

SAMPLE = 128
"""Training images on which the layers are measured."""

# Images trained on for each image measured, so that measuring takes about 1% of the time.
_RARITY = 300


def is_due(epoch: int, *, train_examples: int, is_last: bool) -> bool:
    """Return whether the layers are measured after an epoch: after the last, and as often as 1% of the time allows.

    >>> [epoch for epoch in range(1, 51) if is_due(epoch, train_examples=1295, is_last=epoch == 50)]
    [30, 50]
    >>> is_due(1, train_examples=54_000, is_last=False)
    True
    """
    return is_last or epoch % -(-_RARITY * SAMPLE // train_examples) == 0


class HealthCheck:
    """Measures the layers of a model on a fixed sample of images, in inference mode, which leaves the model as it is.

    Args:
        model: compiled, Functional or Sequential.
        images: uint8 or float32 on the scale 0 to 255, `(n, height, width, channels)`.
        labels: `(n,)`.
    """

    def __init__(self, model: keras.Model, images: np.ndarray, labels: np.ndarray) -> None:
        self.model = model
        self._images = tf.constant(images.astype(np.float32) / np.float32(255))
        self._labels = tf.constant(labels, tf.int32)
        self._rectified = [call for call in read_graph(model).calls if call.activation == "relu" or call.is_a("ReLU")]
        outputs = [call.output for call in self._rectified]
        self._probe = keras.Model(model.inputs[0], [*outputs, model.outputs[0]])

    def measure(self, epoch: int) -> list[LayerHealth]:
        """Return one row per layer that has trainable weights or a ReLU, in the order of the model."""
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            *activations, outputs = keras.tree.flatten(self._probe(self._images, training=False))
            loss = self.model._compute_loss(self._images, self._labels, outputs, training=False)
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        of_variable = {id(variable): gradient for variable, gradient in zip(variables, gradients, strict=True)}
        dead: dict[str, float] = {}
        for call, values in zip(self._rectified, activations, strict=True):
            silent = tf.reduce_all(values <= 0, axis=list(range(len(values.shape) - 1)))
            dead[call.name] = float(tf.reduce_mean(tf.cast(silent, tf.float32)))
        return [
            LayerHealth(
                epoch,
                layer.name,
                _norm([variable.value for variable in layer.trainable_variables]),
                _norm([of_variable.get(id(variable)) for variable in layer.trainable_variables]),
                round(dead[layer.name], 6) if layer.name in dead else None,
            )
            for layer in self.model.layers
            if layer.trainable_variables or layer.name in dead
        ]


def _norm(values: Sequence[Any]) -> float | None:
    """Return the Euclidean norm of several tensors together, with six digits; None where there are none."""
    # In NumPy: TensorFlow's norm is five operations, and took a quarter of the whole check.
    norms = [float(np.linalg.norm(tf.convert_to_tensor(value).numpy())) for value in values if value is not None]
    norm = float(np.linalg.norm(norms)) if norms else None
    return None if norm is None or not np.isfinite(norm) else float(f"{norm:.6g}")
