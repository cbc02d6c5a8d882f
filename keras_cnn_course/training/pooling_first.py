"""Apply ReLU after max pooling instead of before: the same numbers to the last bit from a quarter of the work.

ReLU never changes which of two numbers is larger. So the maximum of a window after ReLU is ReLU of the window's
maximum, and the gradient goes to the same pixel. After 2x2 pooling there is a quarter of the pixels to apply ReLU to,
forward and backward. And of feature maps with an odd number of rows or columns, 2x2 pooling never reads the last: the
convolution leaves it out. The model stays as it was written; its layers compute this way only while the training step
is traced.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import layers

from keras_cnn_course.models.graph import Graph, find_graphs

__all__ = ["find_relu_before_pooling", "find_unread_edges", "pooling_first"]

# These apply their activation last, to the numbers that they have computed; other layers may not.
_APPLY_IT_LAST = (layers.Activation, layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)


@contextmanager
def pooling_first(model: keras.Model, *, crop: bool = True) -> Iterator[None]:
    """While the body traces the model, apply every ReLU that only a max pooling reads after the pooling.

    Args:
        crop: let convolutions compute only what a 2x2 pooling reads.
    """
    pairs = find_relu_before_pooling(model)
    crops = find_unread_edges(model) if crop else []
    try:
        for convolution, rows, columns in crops:
            _crop_input(convolution, rows, columns)
        for before, pooling in pairs:
            _exchange(before, pooling)
        yield
    finally:
        for convolution, _, _ in crops:
            vars(convolution).pop("call", None)
        for before, pooling in pairs:
            vars(before).pop("call", None)
            vars(pooling).pop("call", None)
            if type(before) is not layers.ReLU:
                before.activation = keras.activations.relu


def find_relu_before_pooling(model: keras.Model) -> list[tuple[Any, Any]]:
    """Return pairs of a layer that ends in ReLU and a max pooling, its only reader, each of them called once."""
    graphs = find_graphs(model)
    calls = Counter(id(call.layer) for graph in graphs for call in graph.calls)
    return [
        (before, pooling)
        for graph in graphs
        for before, pooling in _find_pairs(graph)
        if calls[id(before)] == calls[id(pooling)] == 1
    ]


def _find_pairs(graph: Graph) -> Iterator[tuple[Any, Any]]:
    readers = Counter([*graph.outputs, *(feed for call in graph.calls for feed in call.feeds)])
    for call in graph.calls:
        if type(call.layer) is layers.MaxPooling2D:
            (feed,) = call.feeds
            before = graph.calls[feed].layer
            if readers[feed] == 1 and _ends_in_relu(before):
                yield before, call.layer


def find_unread_edges(model: keras.Model) -> list[tuple[Any, int, int]]:
    """Return the convolutions whose last row or column no 2x2 pooling window reads.

    Returns:
        Of each, the layer, and the number of rows and columns of its input that the windows depend on.
    """
    graphs = find_graphs(model)
    calls = Counter(id(call.layer) for graph in graphs for call in graph.calls)
    return [edges for graph in graphs for edges in _find_edges(graph, calls)]


def _find_edges(graph: Graph, calls: Counter[int]) -> Iterator[tuple[Any, int, int]]:
    readers = Counter([*graph.outputs, *(feed for call in graph.calls for feed in call.feeds)])
    for call in graph.calls:
        if type(call.layer) is not layers.MaxPooling2D or not _pools_in_pairs(call.layer):
            continue
        (feed,) = call.feeds
        alone = readers[feed] == 1
        if type(graph.calls[feed].layer) is layers.ReLU and graph.calls[feed].layer.activity_regularizer is None:
            (feed,) = graph.calls[feed].feeds
            alone = alone and readers[feed] == 1
        convolution = graph.calls[feed].layer
        height, width, _ = call.input_shapes[0]
        if not alone or calls[id(convolution)] != 1 or not _computes_pixel_by_pixel(convolution):
            continue
        if height and width and (height % 2 or width % 2) and min(height, width) > 1:
            rows, columns = convolution.kernel_size
            yield convolution, height // 2 * 2 + rows - 1, width // 2 * 2 + columns - 1


def _pools_in_pairs(pooling: Any) -> bool:
    plain = pooling.padding == "valid" and pooling.data_format == "channels_last"
    return plain and tuple(pooling.pool_size) == tuple(pooling.strides) == (2, 2)


def _computes_pixel_by_pixel(layer: Any) -> bool:
    """Return whether a layer is a convolution without gaps or padding, each of whose pixels could be computed alone."""
    return (
        type(layer) is layers.Conv2D
        and layer.padding == "valid"
        and layer.data_format == "channels_last"
        and tuple(layer.strides) == tuple(layer.dilation_rate) == (1, 1)
        and layer.activation in (keras.activations.linear, keras.activations.relu)
        and layer.activity_regularizer is None
    )


def _crop_input(convolution: Any, rows: int, columns: int) -> None:
    convolve = convolution.call
    vars(convolution)["call"] = lambda inputs: convolve(inputs[:, :rows, :columns])


def _ends_in_relu(layer: Any) -> bool:
    """Return whether a layer's outputs come straight from a plain ReLU, and no penalty depends on them."""
    if getattr(layer, "activity_regularizer", None) is not None:
        return False
    if type(layer) is layers.ReLU:
        return layer.max_value is None and not layer.negative_slope and not layer.threshold
    return type(layer) in _APPLY_IT_LAST and layer.activation is keras.activations.relu


def _exchange(before: Any, pooling: Any) -> None:
    pool = pooling.call
    vars(pooling)["call"] = lambda inputs: keras.activations.relu(pool(inputs))
    if type(before) is layers.ReLU:
        vars(before)["call"] = lambda inputs: inputs
    else:
        before.activation = keras.activations.linear
