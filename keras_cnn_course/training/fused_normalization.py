"""BatchNormalization of feature maps, computed in one operation on a CPU.

Keras computes a training step of it with about forty operations on float32, and each goes through memory once.
TensorFlow also has one operation for the step and one for its gradient, which read and write bfloat16 as well.
"""

from typing import Any

import tensorflow as tf
from keras import layers

__all__ = ["can_fuse", "fuse"]


def can_fuse(layer: Any) -> bool:
    """Return whether a layer is a plain BatchNormalization of feature maps with the channels last."""
    return (
        type(layer) is layers.BatchNormalization
        and getattr(layer.input_spec, "ndim", None) == 4
        and layer.axis in (-1, 3)
        and layer.compute_dtype in ("float32", "bfloat16")
        and layer.variable_dtype == "float32"
        and not layer.synchronized
        and not layer.renorm
    )


def fuse(layer: Any) -> None:
    """Let a BatchNormalization compute its training steps in one operation."""
    plain = layer.call

    def call(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not (training and layer.trainable) or mask is not None:
            return plain(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        normalized, mean, unbiased_variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(layer.gamma) if layer.scale else tf.ones(channels),
            offset=tf.convert_to_tensor(layer.beta) if layer.center else tf.zeros(channels),
            mean=tf.zeros(0),
            variance=tf.zeros(0),
            epsilon=layer.epsilon,
            is_training=True,
        )
        # The operation divides the squares of the n numbers of a channel by n - 1, Keras by n.
        numbers = tf.size(inputs) / channels
        variance = unbiased_variance * tf.cast((numbers - 1) / numbers, tf.float32)
        for average, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
            average.assign(average * layer.momentum + value * (1 - layer.momentum))
        return normalized

    vars(layer)["call"] = call
