"""The pictures of a run's model: filters, strongest patches, and the output of every layer for one image."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import RunError
from keras_cnn_course.models.kernels import ConvolutionKernels, PixelWeights, read_kernels, read_pixel_weights
from keras_cnn_course.models.outputs import LayerOutput, find_pooled_map, read_layer_outputs
from keras_cnn_course.models.patches import find_strongest_patches
from keras_cnn_course.plots.filters import plot_kernels, plot_pixel_weights
from keras_cnn_course.plots.layers import plot_layer_outputs, plot_layer_pooling, plot_layer_relu
from keras_cnn_course.plots.patches import plot_patches
from keras_cnn_course.plots.saving import Picture, Pictures
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.runs.initial_kernels import find_initial_kernel

__all__ = ["draw_features", "draw_filters", "draw_patches"]


def draw_filters(run: RunDirectory, model: Any) -> Pictures:
    """Draw the kernels of each convolution, or the weights of the first dense layer of a model without one.

    Raises:
        RunError: the model has neither.
    """
    layers: list[ConvolutionKernels | PixelWeights] = list(read_kernels(model))
    weights = read_pixel_weights(model)
    if weights is not None:
        layers.append(weights)
    if not layers:
        raise RunError(f"The model of {run.path} has no Conv2D layer, and no dense layer on the pixels.")
    arrays: dict[str, np.ndarray] = {}
    pictures: dict[str, Picture] = {}
    captions: dict[str, str] = {}
    class_names = run.read_record().class_names
    for layer in layers:
        if isinstance(layer, ConvolutionKernels):
            height, width, channels, filters = layer.kernel.shape
            initial = find_initial_kernel(run, layer.layer, layer.kernel.shape)
            pictures[layer.layer] = plot_kernels(layer, run_name=run.name, initial=initial)
            captions[layer.layer] = f"{layer.layer}: {filters} kernels of {height}x{width}x{channels}"
            arrays[f"{layer.layer}_kernel"] = layer.kernel
        else:
            units, height, width, channels = layer.images.shape
            names = class_names if layer.gives_classes else ()
            pictures[layer.layer] = plot_pixel_weights(layer, run_name=run.name, class_names=names)
            captions[layer.layer] = f"{layer.layer}: {units} units with weights of {height}x{width}x{channels}"
            arrays[f"{layer.layer}_images"] = layer.images
        if layer.bias is not None:
            arrays[f"{layer.layer}_bias"] = layer.bias
    return Pictures(pictures, captions=captions, arrays=arrays)


def draw_patches(run: RunDirectory, model: Any, data: Dataset) -> Pictures:
    """Draw the patches of the test images to which each filter responds most.

    Raises:
        RunError: the model has no convolution.
    """
    kernels = {layer.layer: layer for layer in read_kernels(model)}
    if not kernels:
        raise RunError(f"The model of {run.path} has no Conv2D layer, so there are no patches to search for.")
    found = {layer.layer: layer for layer in find_strongest_patches(model, data.x_test, data.y_test)}
    return Pictures(
        {
            name: plot_patches(layer, kernels[name], data.class_names, run_name=run.name)
            for name, layer in found.items()
        },
        captions={
            name: f"{name}: strongest patches of {layer.field[0]}x{layer.field[1]} pixels"
            for name, layer in found.items()
        },
        notes=tuple(
            f"{name}: no patches, because its receptive field is not known" for name in kernels if name not in found
        ),
    )


def draw_features(
    model: Any, pixels: np.ndarray, class_names: tuple[str, ...], *, name: str, notes: tuple[str, ...] = ()
) -> Pictures:
    """Draw the output of every layer for one image, and each ReLU and each pooling in a picture of its own.

    Args:
        pixels: `(height, width, channels)`, from 0 to 255.
        name: of the run and the image, for the titles.
        notes: about the image, to which those about the layers are added.
    """
    outputs = _name_outputs(read_layer_outputs(model, pixels[None]))
    left_out: list[str] = []
    pictures = dict(_draw_outputs(pixels, outputs, class_names, name=name, notes=left_out))
    arrays = {"image": pixels, **{key: output.values[0] for key, output in outputs.items()}}
    return Pictures(pictures, arrays=arrays, notes=(*notes, *left_out))


def _draw_outputs(
    pixels: np.ndarray, outputs: dict[str, LayerOutput], class_names: tuple[str, ...], *, name: str, notes: list[str]
) -> Iterator[tuple[str, Picture]]:
    """Yield each picture with its name, and note the poolings that cannot be drawn."""
    yield "layers", plot_layer_outputs(pixels, list(outputs.values()), class_names, name=name)
    for key, output in outputs.items():
        if output.is_rectified:
            yield key, plot_layer_relu(output, name=name)
        elif output.is_pooled:
            pooled = find_pooled_map(output)
            if pooled is None:
                notes.append(f"{output.name}: not drawn, because its windows are not square")
            else:
                yield key, plot_layer_pooling(pooled, name=name)


def _name_outputs(outputs: Sequence[LayerOutput]) -> dict[str, LayerOutput]:
    """Return the outputs by names for files; when a layer is used again, a number follows its name."""
    named: dict[str, LayerOutput] = {}
    for output in outputs:
        name = output.name.replace(" ", "_").replace("/", "_")
        uses = sum(other.name == output.name for other in named.values())
        named[f"{name}_{uses + 1}" if uses else name] = output
    return named
