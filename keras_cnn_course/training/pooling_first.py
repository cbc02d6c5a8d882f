"""Taking the maximum before ReLU: the same numbers to the last bit, from a quarter of the work.

ReLU never changes which of two numbers is larger, so the maximum of a window after ReLU is ReLU of the window's
maximum, and the gradient goes to the same pixel. Behind 2x2 pooling there is a quarter of the pixels to apply ReLU to,
forwards and backwards. The model stays as it was written; only while the training step is traced do the two change
places.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import layers

__all__ = ["find_relu_before_pooling", "pooling_first"]

# These apply their activation to what they have computed, as the last thing they do; of other layers nobody knows.
_APPLY_IT_LAST = (layers.Activation, layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)


@contextmanager
def pooling_first(model: keras.Model) -> Iterator[None]:
    """Let every ReLU that only a max pooling reads be applied behind it while the body traces the model."""
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
    """Return the pairs of a layer that ends in ReLU and the max pooling that alone reads it, each called once."""
    readers: defaultdict[int, list[Any]] = defaultdict(list)
    calls: Counter[int] = Counter()
    reads: list[tuple[Any, Any]] = []
    for graph in _graphs(model):
        for tensor in graph.outputs:
            readers[id(tensor)].append(graph)
        for node in (node for nodes in graph._nodes_by_depth.values() for node in nodes):
            calls[id(node.operation)] += 1
            for tensor in node.input_tensors:
                readers[id(tensor)].append(node.operation)
                reads.append((tensor, node.operation))
    return [
        (tensor._keras_history.operation, reader)
        for tensor, reader in reads
        if type(reader) is layers.MaxPooling2D
        and _ends_in_relu(tensor._keras_history.operation)
        and len(readers[id(tensor)]) == calls[id(tensor._keras_history.operation)] == calls[id(reader)] == 1
    ]


def _graphs(model: keras.Model) -> list[Any]:
    """Return the graphs of layers in a model and in the models nested in it; a subclassed model has none."""
    found = []
    for part in model._flatten_layers():
        graph = getattr(part, "_functional", part)
        if hasattr(graph, "_nodes_by_depth"):
            found.append(graph)
    return found


def _ends_in_relu(layer: Any) -> bool:
    """Return whether a layer's outputs come straight from a plain ReLU, and no penalty looks at them."""
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
