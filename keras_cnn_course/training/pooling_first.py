"""Apply ReLU after max pooling instead of before: the same numbers to the last bit from a quarter of the work.

ReLU never changes which of two numbers is larger. So the maximum of a window after ReLU is ReLU of the window's
maximum, and the gradient goes to the same pixel. After 2x2 pooling there is a quarter of the pixels to apply ReLU to,
forward and backward. The model stays as it was written; the two change places only while the training step is traced.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import layers

from keras_cnn_course.models.graph import Graph, find_graphs

__all__ = ["find_relu_before_pooling", "pooling_first"]

# These apply their activation last, to the numbers that they have computed; other layers may not.
_APPLY_IT_LAST = (layers.Activation, layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)


@contextmanager
def pooling_first(model: keras.Model) -> Iterator[None]:
    """While the body traces the model, apply every ReLU that only a max pooling reads after the pooling."""
    pairs = find_relu_before_pooling(model)
    try:
        for before, pooling in pairs:
            _exchange(before, pooling)
        yield
    finally:
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
