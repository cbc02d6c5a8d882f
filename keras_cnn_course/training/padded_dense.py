"""Dense layers of 512 units, computed with some more columns where that is faster.

With AVX2, oneDNN multiplies by a matrix of 512 columns at half to two thirds of its usual speed; with small batches,
other multiples of 512 are slow, too. With 16 extra columns of zeros it is as fast as with any other number. The
gradients are products of other shapes and are not slow.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from keras import layers

from keras_cnn_course.devices import onednn

__all__ = ["is_slow", "multiply_with_padding", "pad_columns"]

_SLOW_COLUMNS = 512
_MORE_COLUMNS = 16


def is_slow(layer: Any) -> bool:
    """Return whether a layer is a plain Dense whose product with this number of columns is slow on this machine."""
    return (
        type(layer) is layers.Dense
        and layer.units % _SLOW_COLUMNS == 0
        and layer.compute_dtype == "float32"
        and not layer.lora_enabled
        and not layer.quantization_mode
        and onednn.is_limited_to_avx2()
    )


def pad_columns(layer: Any) -> None:
    """Let a Dense layer compute its product with padding."""
    plain = layer.call

    def call(inputs: Any, training: bool | None = None) -> Any:
        if len(inputs.shape) != 2:
            return plain(inputs, training=training)
        outputs = multiply_with_padding(inputs, tf.convert_to_tensor(layer.kernel))
        if layer.use_bias:
            outputs = tf.nn.bias_add(outputs, tf.convert_to_tensor(layer.bias))
        return outputs if layer.activation is None else layer.activation(outputs)

    vars(layer)["call"] = call


@tf.custom_gradient
def multiply_with_padding(inputs: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Callable[..., Any]]:
    """Return the matrix product of `(n, inputs)` and `(inputs, units)`, with more columns of zeros on the way."""
    padded = tf.pad(kernel, [(0, 0), (0, _MORE_COLUMNS)])
    outputs = tf.matmul(inputs, padded)[:, : kernel.shape[1]]

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.matmul(upstream, kernel, transpose_b=True), tf.matmul(inputs, upstream, transpose_a=True)

    return outputs, gradient
