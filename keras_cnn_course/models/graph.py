"""What a Keras model computes, as plain descriptions of its layers' calls: the one place that walks over a model.

A Functional or Sequential model is a graph of calls. Keras keeps it in two private attributes, `_keras_history` of a
tensor and `_inbound_nodes` of a layer. They are used here and nowhere else, like the private method
`_flatten_layers`. The walk goes back from the outputs instead of asking each layer for its `input` and `output`. So
it also works for a layer that is called several times, and for a Sequential model read from a file, whose layers
Keras has called more than once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.receptive_field import Stage

__all__ = ["Graph", "LayerCall", "Shape", "find_graphs", "has_graph", "list_layers", "read_graph"]

Shape = tuple[int | None, ...]

# Random* layers are not listed: they do nothing at inference either, except RandomCrop, which then crops the center.
_IDENTITIES = {
    *("ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "Identity"),
    *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
}
_CONVOLUTIONS = {"Conv2D", "DepthwiseConv2D", "SeparableConv2D"}
_POOLINGS = {"AveragePooling2D", "MaxPooling2D"}


@dataclass(frozen=True)
class LayerCall:
    """One call of a layer.

    Args:
        layer: the Keras layer, for its weights and special settings.
        kind: the layer's class, such as `Conv2D`.
        is_stock: the class is Keras's own, so that its name says what it computes.
        feeds: the calls that it reads, as positions in `Graph.calls`; empty for an input.
        input_shapes: one per tensor that it reads, without the batch.
        output_shape: `(height, width, channels)` or `(units,)`; of several outputs, the first.
        output: the symbolic output tensor, from which a model can be built; of several, the first.
        stages: the window of a convolution or pooling along rows and columns; None for other layers.
        activation: the function applied to the layer's sums, or by an `Activation` layer; `linear` where there is none.
        is_identity: at inference the layer returns what it reads, as Dropout does.
        inner: the graph of a nested model.
    """

    layer: Any
    name: str
    kind: str
    is_stock: bool
    feeds: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    output: Any
    stages: tuple[Stage, Stage] | None
    activation: str
    is_identity: bool
    inner: "Graph | None"

    def is_a(self, *kinds: str) -> bool:
        """Return whether the layer is one of these classes of Keras."""
        return self.is_stock and self.kind in kinds

    @property
    def is_convolution(self) -> bool:
        """Whether the layer is a Conv2D, or a class derived from it."""
        import keras

        return isinstance(self.layer, keras.layers.Conv2D)

    @property
    def is_pooling(self) -> bool:
        """Whether the layer is a MaxPooling2D or an AveragePooling2D."""
        return self.is_a(*_POOLINGS)

    @property
    def splits_activation(self) -> bool:
        """Whether the layer applies an activation to sums of its own, as `Dense(512, activation="relu")` does."""
        return self.activation != "linear" and _has_kernel(self.layer)


@dataclass(frozen=True)
class Graph:
    """The calls of a model in an order in which they can be computed.

    Args:
        calls: inputs first.
        inputs: positions of the model's inputs in `calls`, in the model's order.
        outputs: the same of the calls whose outputs the model returns.
    """

    calls: tuple[LayerCall, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def calls_of(self, layer: Any) -> list[LayerCall]:
        """Return the calls of one layer of this model."""
        return [call for call in self.calls if call.layer is layer]

    def leaves(self) -> Iterator[LayerCall]:
        """Yield the calls of all layers except inputs, with a nested model's layers in place of the model."""
        for call in self.calls:
            if call.inner is not None:
                yield from call.inner.leaves()
            elif call.feeds:
                yield call

    def is_chain(self) -> bool:
        """Return whether every layer is called once and reads the one before and nothing else."""
        reads = [call.feeds for call in self.calls]
        in_order = reads == [(), *((position,) for position in range(len(reads) - 1))]
        layers = {id(call.layer) for call in self.calls}
        return in_order and len(layers) == len(reads) and self.outputs == (len(reads) - 1,)

    def find_hidden(self) -> list[Any]:
        """Return the layers, nested ones too, from which a path leads to another layer with weights.

        Operations such as `keras.ops.relu` are left out: they are no layers, and have neither weights nor a precision.
        """
        import keras

        feeding: set[int] = set()
        for place in reversed(range(len(self.calls))):
            if place in feeding or getattr(self.calls[place].layer, "weights", False):
                feeding.update(self.calls[place].feeds)
        hidden = []
        for place, call in enumerate(self.calls):
            if place in feeding and isinstance(call.layer, keras.Layer):
                hidden += [call.layer, *list_layers(call.layer)] if call.inner is None else list_layers(call.layer)
            elif call.inner is not None:
                hidden += call.inner.find_hidden()
        return hidden


def read_graph(model: Any) -> Graph:
    """Return the graph of a built Functional or Sequential model.

    Raises:
        UsageError: the model has no graph: it is not built, or is a subclass with a `call` of its own.

    >>> import keras
    >>> model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(32, kernel_size=3, name="conv_1")])
    >>> [(call.name, call.output_shape) for call in read_graph(model).calls[1:]]
    [('conv_1', (26, 26, 32))]
    """
    if not has_graph(model):
        raise UsageError(
            f"Cannot look inside model {model.name!r}: it is not built, or its `call` is written by hand. "
            "Use a keras.Sequential model with an Input, or the functional API."
        )
    nodes = _order_nodes(model)
    positions = {id(tensor): place for place, node in enumerate(nodes) for tensor in node.output_tensors}
    return Graph(
        calls=tuple(_describe(node, positions) for node in nodes),
        inputs=tuple(positions[id(tensor)] for tensor in model.inputs),
        outputs=tuple(positions[id(tensor)] for tensor in model.outputs),
    )


def find_graphs(model: Any) -> list[Graph]:
    """Return the graphs of a model and of the models in it, each once; those of a subclassed model's parts, too."""
    found: dict[int, Graph] = {}

    def search(part: Any) -> None:
        if id(part) in found:
            return
        if has_graph(part):
            found[id(part)] = read_graph(part)
        for inner in getattr(part, "layers", ()):
            search(inner)

    search(model)
    return list(found.values())


def list_layers(model: Any) -> list[Any]:
    """Return all layers in a model and in its layers, also of a subclassed model; the models in it are left out."""
    import keras

    return [layer for layer in model._flatten_layers(include_self=False) if not isinstance(layer, keras.Model)]


def has_graph(model: Any) -> bool:
    """Return whether a model computes a graph that Keras knows, and nothing else."""
    call = getattr(type(model), "call", None)
    return getattr(call, "__module__", "").startswith("keras.") and bool(getattr(model, "outputs", None))


def _node(tensor: Any) -> Any:
    """Return Keras's record of the call that made a tensor."""
    operation, index, _ = tensor._keras_history
    return operation._inbound_nodes[index]


def _order_nodes(model: Any) -> list[Any]:
    """Return the records of all calls between a model's inputs and outputs, each after those that it reads."""
    nodes: dict[int, Any] = {}
    pending = [_node(tensor) for tensor in (*reversed(model.outputs), *reversed(model.inputs))]
    while pending:
        node = pending[-1]
        missing = [before for before in map(_node, node.input_tensors) if id(before) not in nodes]
        if missing:
            pending += reversed(missing)
        else:
            nodes[id(pending.pop())] = node
    return list(nodes.values())


def _describe(node: Any, positions: dict[int, int]) -> LayerCall:
    layer = node.operation
    kind, is_stock = type(layer).__name__, type(layer).__module__.startswith("keras.")
    output = node.output_tensors[0]
    return LayerCall(
        layer=layer,
        name=layer.name,
        kind=kind,
        is_stock=is_stock,
        feeds=tuple(positions[id(tensor)] for tensor in node.input_tensors),
        input_shapes=tuple(tuple(tensor.shape[1:]) for tensor in node.input_tensors),
        output_shape=tuple(output.shape[1:]),
        output=output,
        stages=_read_stages(layer, kind) if is_stock else None,
        activation=_name_activation(layer, kind),
        is_identity=is_stock and _is_identity(layer, kind),
        inner=read_graph(layer) if has_graph(layer) else None,
    )


def _read_stages(layer: Any, kind: str) -> tuple[Stage, Stage] | None:
    if kind not in _CONVOLUTIONS | _POOLINGS or layer.data_format != "channels_last":
        return None
    window = layer.pool_size if kind in _POOLINGS else layer.kernel_size
    dilation = (1, 1) if kind in _POOLINGS else layer.dilation_rate
    rows, columns = (
        Stage(window[axis], stride=layer.strides[axis], dilation=dilation[axis], padding=layer.padding)
        for axis in (0, 1)
    )
    return rows, columns


def _name_activation(layer: Any, kind: str) -> str:
    activation = getattr(layer, "activation", None)
    if activation is None or not (kind == "Activation" or _has_kernel(layer)):
        return "linear"
    return str(getattr(activation, "__name__", type(activation).__name__))


def _has_kernel(layer: Any) -> bool:
    return hasattr(layer, "kernel") or hasattr(layer, "pointwise_kernel")


def _is_identity(layer: Any, kind: str) -> bool:
    if kind == "Activation":
        return _name_activation(layer, kind) == "linear"
    return kind in _IDENTITIES or (kind.startswith("Random") and kind != "RandomCrop")
