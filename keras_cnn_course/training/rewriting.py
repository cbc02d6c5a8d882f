"""Compute some layers in a faster way while the training step is traced.

The model stays as it was written: its layers get another `call` while the step is traced, and their own one back.

- ReLU runs after max pooling instead of before. It never changes which of two numbers is larger. So the maximum of a
  window after ReLU is ReLU of the window's maximum, and the gradient goes to the same pixel: the same numbers to the
  last bit from a quarter of the work.
- On a CPU and in float32, the first convolution of images with few channels is computed together with its 2x2
  pooling, see `first_block`. In bfloat16 that gains nothing.
- With AVX2, a Dense layer of 512 units (or a multiple) is computed with extra columns of zeros, see `padded_dense`.
- On a CPU, BatchNormalization of feature maps is computed in one operation, see `fused_normalization`.
"""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from keras_cnn_course.models.graph import Graph, LayerCall, Shape, find_graphs, list_layers
from keras_cnn_course.training.first_block import can_compile, convolve_and_pool
from keras_cnn_course.training.fused_normalization import can_fuse, fuse
from keras_cnn_course.training.padded_dense import is_slow, pad_columns

__all__ = ["Block", "find_blocks", "rewritten"]

# These apply their activation last, to the numbers that they have computed; other layers may not.
_APPLY_IT_LAST = (layers.Activation, layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
# Products per number of a feature map, as of a 3x3 kernel and one channel. With more, compiling takes too long.
_FEW_PRODUCTS = 9


@dataclass(frozen=True)
class Block:
    """A max pooling, and the layers before it whose outputs nothing else reads.

    Args:
        pooling: the MaxPooling2D.
        relu: the layer before the pooling if it ends in a plain ReLU, else None.
        convolution: the plain Conv2D before these, else None. It may be the layer that ends in ReLU.
        map_shape: `(height, width, channels)` that the pooling reads.
        image_shape: the same of the convolution, if that reads images for which no gradient is needed; else None.
    """

    pooling: Any
    relu: Any
    convolution: Any
    map_shape: Shape
    image_shape: Shape | None

    @property
    def layers(self) -> list[Any]:
        """The layers of the block, each once."""
        found = {id(layer): layer for layer in (self.convolution, self.relu, self.pooling) if layer is not None}
        return list(found.values())

    @property
    def is_first_in_float32(self) -> bool:
        """Whether the block convolves images with few products per number, in float32, and pools 2x2 windows."""
        if self.image_shape is None or None in self.image_shape or self.convolution.compute_dtype != "float32":
            return False
        few = math.prod(self.convolution.kernel_size) * self.image_shape[-1] <= _FEW_PRODUCTS
        pooling = self.pooling
        plain = pooling.padding == "valid" and pooling.data_format == "channels_last"
        has_window = all(size is not None and size > 1 for size in self.map_shape[:2])
        return few and plain and has_window and tuple(pooling.pool_size) == tuple(pooling.strides) == (2, 2)


@contextmanager
def rewritten(model: keras.Model, *, on_cpu: bool) -> Iterator[None]:
    """While the body traces the model, compute its layers in the faster way.

    Args:
        on_cpu: the step runs on a CPU, one operation after the other. For a GPU, XLA compiles it as a whole.
    """
    blocks = find_blocks(model)
    slow = [layer for layer in list_layers(model) if on_cpu and is_slow(layer)]
    fusible = [layer for layer in list_layers(model) if on_cpu and can_fuse(layer)]
    changed = [*slow, *fusible, *(layer for block in blocks for layer in block.layers)]
    activations = [(layer, layer.activation) for layer in changed if hasattr(layer, "activation")]
    try:
        for layer in slow:
            pad_columns(layer)
        for layer in fusible:
            fuse(layer)
        for block in blocks:
            if on_cpu and block.is_first_in_float32 and can_compile():
                _compute_together(block)
            else:
                _apply_relu_after(block)
        yield
    finally:
        for layer in changed:
            vars(layer).pop("call", None)
        for layer, activation in activations:
            layer.activation = activation


def find_blocks(model: keras.Model) -> list[Block]:
    """Return the blocks of a model and of the models in it. Each layer of a block is called once."""
    graphs = find_graphs(model)
    times_called = Counter(id(call.layer) for graph in graphs for call in graph.calls)
    inputs = [id(tensor) for tensor in getattr(model, "inputs", None) or ()]
    found = []
    for graph in graphs:
        readers = Counter([*graph.outputs, *(feed for call in graph.calls for feed in call.feeds)])
        alone = [times_called[id(call.layer)] == readers[place] == 1 for place, call in enumerate(graph.calls)]
        is_whole_model = any(id(graph.calls[place].output) in inputs for place in graph.inputs)
        for place, call in enumerate(graph.calls):
            if type(call.layer) is layers.MaxPooling2D and times_called[id(call.layer)] == 1:
                found.append(_read_block(graph, place, alone, is_whole_model))
    return found


def _read_block(graph: Graph, place: int, alone: list[bool], is_whole_model: bool) -> Block:
    """Return the block that ends in the pooling at a place of a graph.

    Args:
        alone: of each call, whether its layer is called once and its output is read once.
        is_whole_model: the graph is that of the whole model, so that its inputs are images.
    """
    pooling = graph.calls[place]
    (feed,) = pooling.feeds
    before, relu, convolution = graph.calls[feed], None, None
    if alone[feed] and _ends_in_relu(before.layer):
        relu = before.layer
        if relu is not None and type(relu) in (layers.ReLU, layers.Activation):
            (feed,) = before.feeds
    source = graph.calls[feed]
    if alone[feed] and _is_plain_convolution(source.layer, ends_in_relu=source.layer is relu):
        convolution = source.layer
    starts = convolution is not None and is_whole_model and not _learns_before(graph, source)
    return Block(
        pooling=pooling.layer,
        relu=relu,
        convolution=convolution,
        map_shape=pooling.input_shapes[0],
        image_shape=source.input_shapes[0] if starts else None,
    )


def _learns_before(graph: Graph, call: LayerCall) -> bool:
    """Return whether a call needs the gradient of what it reads, because a layer before it is trained."""
    seen: set[int] = set()
    waiting = list(call.feeds)
    while waiting:
        feed = waiting.pop()
        if feed in seen:
            continue
        seen.add(feed)
        if graph.calls[feed].layer.trainable_variables:
            return True
        waiting.extend(graph.calls[feed].feeds)
    return False


def _ends_in_relu(layer: Any) -> bool:
    """Return whether a layer's outputs come straight from a plain ReLU, and no penalty depends on them."""
    if getattr(layer, "activity_regularizer", None) is not None:
        return False
    if type(layer) is layers.ReLU:
        return layer.max_value is None and not layer.negative_slope and not layer.threshold
    return type(layer) in _APPLY_IT_LAST and layer.activation is keras.activations.relu


def _is_plain_convolution(layer: Any, *, ends_in_relu: bool) -> bool:
    """Return whether a layer convolves with stride 1 and does nothing else that depends on its outputs."""
    return (
        type(layer) is layers.Conv2D
        and (ends_in_relu or layer.activation is keras.activations.linear)
        and layer.activity_regularizer is None
        and layer.data_format == "channels_last"
        and tuple(layer.strides) == tuple(layer.dilation_rate) == (1, 1)
        and layer.groups == 1
        and not layer.lora_enabled
        and not layer.quantization_mode
    )


def _return_input(inputs: Any) -> Any:
    return inputs


def _compute_together(block: Block) -> None:
    """Let the convolution compute the whole block."""
    convolution = block.convolution

    def call(images: Any) -> Any:
        return convolve_and_pool(
            tf.ensure_shape(images, (None, *(block.image_shape or ()))),
            tf.convert_to_tensor(convolution.kernel),
            tf.convert_to_tensor(convolution.bias) if convolution.use_bias else None,
            same=convolution.padding == "same",
            relu=block.relu is not None,
        )

    for layer in block.layers:
        vars(layer)["call"] = _return_input
    vars(convolution)["call"] = call


def _apply_relu_after(block: Block) -> None:
    """Let the pooling apply ReLU to the maxima of its windows."""
    relu, pooling = block.relu, block.pooling
    if relu is None:
        return
    pool = pooling.call
    vars(pooling)["call"] = lambda inputs: keras.activations.relu(pool(inputs))
    if type(relu) is layers.ReLU:
        vars(relu)["call"] = _return_input
    else:
        relu.activation = keras.activations.linear
