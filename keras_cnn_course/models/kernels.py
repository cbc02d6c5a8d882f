"""The weights that can be looked at: convolution kernels, and dense weights that sit directly on pixels."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.errors import RunError

__all__ = ["ConvolutionKernels", "PixelWeights", "read_kernels", "read_pixel_weights"]


@dataclass(frozen=True)
class ConvolutionKernels:
    """The kernels of one Conv2D layer (slide "Convolution Layer").

    Args:
        layer: name of the layer.
        kernel: float32 `(height, width, channels, filters)`.
        bias: float32 `(filters,)`, or None for a layer without.
    """

    layer: str
    kernel: np.ndarray
    bias: np.ndarray | None


@dataclass(frozen=True)
class PixelWeights:
    """The weights of a dense layer that reads pixels, a picture a unit (slide "Handwritten Digit Recognition").

    Args:
        layer: name of the layer.
        images: float32 `(units, height, width, channels)`.
        bias: float32 `(units,)`, or None for a layer without.
        gives_classes: the layer is the model's last, so that its units are the classes.
    """

    layer: str
    images: np.ndarray
    bias: np.ndarray | None
    gives_classes: bool


def read_kernels(model: Any) -> list[ConvolutionKernels]:
    """Return the kernels of every Conv2D layer of a Keras model, from the input on; models inside it included.

    Raises:
        RunError: a weight is not finite: training diverged.
    """
    import keras

    return [
        ConvolutionKernels(layer.name, *_finite_weights(layer))
        for layer in _layers(model)
        if isinstance(layer, keras.layers.Conv2D)
    ]


def read_pixel_weights(model: Any) -> PixelWeights | None:
    """Return the weights of the first dense layer as pictures, or None where it does not read pixels.

    It reads pixels when nothing but flattening, scaling or dropout lies between the image and it, as in `softmax`
    and `mlp`.

    Raises:
        RunError: a weight is not finite: training diverged.
    """
    import keras

    passing = (keras.layers.InputLayer, keras.layers.Flatten, keras.layers.Rescaling, keras.layers.Dropout)
    first = next((layer for layer in _layers(model) if not isinstance(layer, passing)), None)
    _, height, width, channels = model.input_shape
    if not isinstance(first, keras.layers.Dense) or first.kernel.shape[0] != height * width * channels:
        return None
    kernel, bias = _finite_weights(first)
    images = kernel.T.reshape(-1, height, width, channels)
    return PixelWeights(first.name, images, bias, gives_classes=first is model.layers[-1])


def _layers(model: Any) -> Iterator[Any]:
    """Give the layers of a model from the input on, with those of the models inside it."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _layers(layer)
        else:
            yield layer


def _finite_weights(layer: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return kernel and bias as float32 arrays."""
    kernel = np.asarray(layer.kernel, dtype=np.float32)
    bias = None if layer.bias is None else np.asarray(layer.bias, dtype=np.float32)
    if not np.isfinite(kernel).all() or (bias is not None and not np.isfinite(bias).all()):
        raise RunError(
            f"Expected finite weights in layer {layer.name!r}. Received NaN or infinity: training diverged. "
            "Train again with a lower --learning-rate."
        )
    return kernel, bias
