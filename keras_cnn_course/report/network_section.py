"""The sections on the network: its layers with their arithmetic, and the filters that it learned."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_cnn_course.files.markup import Markup, element, join
from keras_cnn_course.models.architecture import Layer, describe_architecture
from keras_cnn_course.models.kernels import ConvolutionKernels, PixelWeights, read_kernels, read_pixel_weights
from keras_cnn_course.plots.filters import plot_kernels, plot_pixel_weights
from keras_cnn_course.report.document import Section, Table, format_shape, make_figure, make_table
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.runs.initial_kernels import find_initial_kernel

__all__ = ["make_filters_section", "make_network_section"]

_HEADER = ("layer", "output", "size", "parameters", "multiply-adds", "receptive field")
_FEW_TAPS = 25


def make_network_section(model: Any) -> Section:
    """Return the section on a model's layers."""
    architecture = describe_architecture(model)
    rows = [_describe_layer(layer) for layer in architecture.layers]
    total = "?" if architecture.multiply_adds is None else f"{architecture.multiply_adds:,}"
    rows.append(("total", "", "", f"{architecture.parameters:,}", total, ""))
    note = element(
        "p",
        "Multiply-adds are multiplications by a weight, counted for one image. The receptive field is the part of the "
        "image that one number of a layer depends on.",
        class_="note",
    )
    table = Table(f"Layers, for images of {format_shape(architecture.input_shape)}", _HEADER, rows)
    return Section("network", "Network", join([note, make_table(table)]))


def make_filters_section(run: RunDirectory, model: Any, class_names: tuple[str, ...]) -> Section | None:
    """Return the section on the filters that a model learned; None if it has none that can be drawn.

    Args:
        run: the folder that holds the kernels from before training.
        model: the run's Keras model.
        class_names: names of the model's outputs.

    Raises:
        RunError: the kernels from before training cannot be read, or do not belong to this model.
    """
    figures = list(_draw_filters(run, model, class_names))
    return Section("filters", "What it learned", join(figures)) if figures else None


def _draw_filters(run: RunDirectory, model: Any, class_names: tuple[str, ...]) -> Iterator[Markup]:
    for kernels in read_kernels(model):
        before = find_initial_kernel(run, kernels.layer, kernels.kernel.shape)
        picture = plot_kernels(kernels, run_name=run.name, initial=before)
        in_color = kernels.reads_image and kernels.kernel.shape[2] == 3
        colors = "gray is 0" if in_color else "positive weights are blue, negative ones red"
        caption = f"The kernels of {kernels.layer}, all on the same color scale: {colors}."
        yield make_figure(picture, caption=caption, numbers=[_list_kernels(kernels, before)])
    weights = read_pixel_weights(model)
    if weights is not None:
        picture = plot_pixel_weights(
            weights, run_name=run.name, class_names=class_names if weights.gives_classes else ()
        )
        caption = f"The weights of {weights.layer} as images."
        if weights.images.shape[3] != 3:
            caption += " Ink on a blue pixel increases the unit's output, ink on a red pixel decreases it."
        yield make_figure(picture, caption=caption, numbers=[_list_units(weights)])


def _list_kernels(kernels: ConvolutionKernels, initial: np.ndarray | None) -> Table:
    """Return the norm and the bias of each kernel, and its weights if there are few."""
    height, width, channels, filters = kernels.kernel.shape
    taps = kernels.kernel.reshape(-1, filters)
    spelled = len(taps) <= _FEW_TAPS
    header = ["kernel", "norm", *(["norm before training"] if initial is not None else []), "bias"]
    if spelled:
        header += [
            f"({row}, {column}{f', {channel}' if channels > 1 else ''})"
            for row, column, channel in np.ndindex(height, width, channels)
        ]
    rows = []
    for index in range(filters):
        row = [f"#{index}", f"{np.linalg.norm(taps[:, index]):.3f}"]
        if initial is not None:
            row.append(f"{np.linalg.norm(initial[..., index]):.3f}")
        row.append("none" if kernels.bias is None else f"{kernels.bias[index]:.3f}")
        rows.append([*row, *(f"{weight:.3f}" for weight in taps[:, index])] if spelled else row)
    more = "" if spelled else " (`kcnn filters` writes all weights to an .npz file)"
    return Table(f"Kernels of {kernels.layer}{more}", header, rows)


def _list_units(weights: PixelWeights) -> Table:
    rows = [
        (
            f"#{unit}",
            f"{np.linalg.norm(image):.3f}",
            "none" if weights.bias is None else f"{weights.bias[unit]:.3f}",
            f"{image.min():.3f}",
            f"{image.max():.3f}",
        )
        for unit, image in enumerate(weights.images)
    ]
    return Table(f"Units of {weights.layer}", ("unit", "norm", "bias", "smallest weight", "largest weight"), rows)


def _describe_layer(layer: Layer) -> tuple[str, ...]:
    seen = format_shape(layer.receptive_field) if layer.receptive_field else "?"
    multiply_adds = "?" if layer.multiply_adds is None else f"{layer.multiply_adds:,}"
    return (
        layer.name,
        format_shape(layer.output_shape),
        layer.shape_arithmetic,
        layer.parameter_arithmetic,
        multiply_adds,
        seen,
    )
