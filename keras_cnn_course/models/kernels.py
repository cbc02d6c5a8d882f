"""The weights that can be drawn: convolution kernels, and dense weights that are applied to pixels directly."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.errors import RunError
from keras_cnn_course.models.graph import find_graphs, read_graph

__all__ = ["ConvolutionKernels", "PixelWeights", "find_first_kernel", "read_kernels", "read_pixel_weights"]


@dataclass(frozen=True)
class ConvolutionKernels:
    """The kernels of one Conv2D layer (slide "Convolution Layer").

    Args:
        layer: the layer's name.
        kernel: float32 `(height, width, channels, filters)`.
        bias: float32 `(filters,)`, or None for a layer without one.
        reads_image: whether the channels are those of the image.
    """

    layer: str
    kernel: np.ndarray
    bias: np.ndarray | None
    reads_image: bool = False


@dataclass(frozen=True)
class PixelWeights:
    """The weights of a dense layer that reads pixels, one picture per unit (slide "Handwritten Digit Recognition").

    Args:
        layer: the layer's name.
        images: float32 `(units, height, width, channels)`.
        bias: float32 `(units,)`, or None for a layer without one.
        gives_classes: whether the layer is the model's last, so that its units are the classes.
    """

    layer: str
    images: np.ndarray
    bias: np.ndarray | None
    gives_classes: bool


def read_kernels(model: Any) -> list[ConvolutionKernels]:
    """Return the kernels of every Conv2D layer of a Keras model, those of nested models included, from the image on.

    Raises:
        RunError: a weight is not finite because training diverged.
    """
    convolutions = {id(call.layer): call.layer for call in read_graph(model).leaves() if call.is_convolution}
    return [
        ConvolutionKernels(layer.name, *_finite_weights(layer), reads_image=number == 0)
        for number, layer in enumerate(convolutions.values())
    ]


def find_first_kernel(model: Any) -> tuple[str, np.ndarray] | None:
    """Return the name and the kernel of a model's first Conv2D layer, `(height, width, channels, filters)`."""
    calls = (call for graph in find_graphs(model) for call in graph.leaves())
    first = next((call.layer for call in calls if call.is_convolution), None)
    return None if first is None else (first.name, np.asarray(first.kernel, dtype=np.float32))


def read_pixel_weights(model: Any) -> PixelWeights | None:
    """Return the weights of the first dense layer as pictures; None if it does not read pixels.

    It reads pixels if only flattening, scaling and layers that do nothing at inference come before it, as in the
    recipes `softmax` and `mlp`.

    Raises:
        RunError: a weight is not finite because training diverged.
    """
    graph = read_graph(model)
    passing = ("Flatten", "Rescaling")
    first = next((call for call in graph.leaves() if not (call.is_identity or call.is_a(*passing))), None)
    _, height, width, channels = model.input_shape
    if first is None or not first.is_a("Dense") or first.input_shapes[0] != (height * width * channels,):
        return None
    kernel, bias = _finite_weights(first.layer)
    images = kernel.T.reshape(-1, height, width, channels)
    last = graph.calls[graph.outputs[0]]
    return PixelWeights(first.name, images, bias, gives_classes=first.layer is last.layer)


def _finite_weights(layer: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return kernel and bias as float32 arrays."""
    kernel = np.asarray(layer.kernel, dtype=np.float32)
    bias = None if layer.bias is None else np.asarray(layer.bias, dtype=np.float32)
    if not np.isfinite(kernel).all() or (bias is not None and not np.isfinite(bias).all()):
        raise RunError(
            f"The weights of layer {layer.name!r} are not finite: training diverged. "
            "Train again with a lower `learning_rate=`."
        )
    return kernel, bias
