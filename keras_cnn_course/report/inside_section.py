"""The section on one test image inside the network: every layer's output, the first ReLU, and the first pooling."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.files.markup import Markup, join
from keras_cnn_course.models.outputs import LayerOutput, PooledMap, find_pooled_map, read_layer_outputs
from keras_cnn_course.plots.layers import plot_layer_outputs, plot_layer_pooling, plot_layer_relu
from keras_cnn_course.report.document import Section, Table, format_shape, make_figure

__all__ = ["make_inside_section"]

_IMAGE = 0
_LAYERS = ("layer", "output", "smallest", "largest", "mean", "zeros", "silent channels")


def make_inside_section(model: Any, data: Dataset, *, name: str) -> Section:
    """Return the section on the first test image."""
    image = data.x_test[_IMAGE]
    outputs = read_layer_outputs(model, image[None])
    title = f"{name} on test image {_IMAGE} (class {data.class_names[data.y_test[_IMAGE]]})"
    sheet = make_figure(
        plot_layer_outputs(image, outputs, data.class_names, name=title),
        caption=(
            "The outputs of every layer for one test image, before and after the activation. Each row shows all "
            "channels of a layer, on a color scale of its own."
        ),
        numbers=[_list_layers(outputs)],
    )
    return Section("inside", "One image, layer by layer", join([sheet, *_draw_closer(outputs, title)]))


def _draw_closer(outputs: Sequence[LayerOutput], title: str) -> Iterator[Markup]:
    """Yield the figures of the first ReLU and of the first pooling."""
    for output in [output for output in outputs if output.is_rectified][:1]:
        caption = f"{output.name} sets every negative number to 0. Both panels use the same color scale."
        yield make_figure(plot_layer_relu(output, name=title), caption=caption, numbers=[_count_numbers(output)])
    for output in [output for output in outputs if output.is_pooled][:1]:
        pooled = find_pooled_map(output)
        if pooled is not None:
            caption = (
                f"One feature map before and after {output.name}, with the pooling windows and the number kept from "
                "each."
            )
            yield make_figure(plot_layer_pooling(pooled, name=title), caption=caption, numbers=[_list_pooled(pooled)])


def _list_layers(outputs: Sequence[LayerOutput]) -> Table:
    rows = []
    for output in outputs:
        values = output.values[0]
        silent = f"{int(output.silent_channels().sum())} of {values.shape[-1]}" if output.is_rectified else ""
        numbers = [f"{number:.4g}" for number in (values.min(), values.max(), values.mean())]
        rows.append((output.name, format_shape(values.shape), *numbers, f"{np.mean(values == 0):.1%}", silent))
    return Table("Output of each layer", _LAYERS, rows)


def _count_numbers(output: LayerOutput) -> Table:
    counts, edges = np.histogram(output.inputs, bins=20)
    rows = [
        (f"{low:.3f} to {high:.3f}", f"{count:,}") for count, low, high in zip(counts, edges, edges[1:], strict=False)
    ]
    return Table(f"Numbers before {output.name}", ("range", "count"), rows)


def _list_pooled(pooled: PooledMap) -> Table:
    columns = [f"column {column}" for column in range(pooled.after.shape[1])]
    rows = [(f"row {number}", *(f"{value:.3f}" for value in row)) for number, row in enumerate(pooled.after)]
    return Table(f"Feature map {pooled.channel} after {pooled.layer}", ("", *columns), rows)
