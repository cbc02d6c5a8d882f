"""The outputs of a model's layers, before and after each activation, and one pooled feature map up close."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.errors import RunError
from keras_cnn_course.lecture.pooling import find_winners
from keras_cnn_course.lecture.receptive_field import Stage
from keras_cnn_course.models.graph import LayerCall, read_graph
from keras_cnn_course.models.inference import with_probabilities

__all__ = ["LayerOutput", "PooledMap", "find_pooled_map", "read_layer_outputs"]


@dataclass(frozen=True)
class LayerOutput:
    """One layer's output for a batch of images.

    Args:
        name: the layer's name; with the activation added for a layer's own activation, as in `dense_1 relu`.
        kind: the layer's class, such as `Conv2D`; for such an activation its name, such as `relu`.
        values: float32 `(n, height, width, channels)` or `(n, units)`.
        inputs: what the values were computed from, of the same form; for a layer that merges several, the first.
        stages: the window of a convolution or pooling along rows and columns; None for other layers.
    """

    name: str
    kind: str
    values: np.ndarray
    inputs: np.ndarray
    stages: tuple[Stage, Stage] | None = None

    @property
    def is_rectified(self) -> bool:
        """Whether this is the output of a ReLU."""
        return self.kind in ("ReLU", "relu")

    @property
    def is_pooled(self) -> bool:
        """Whether this is the output of a pooling layer."""
        return self.kind in ("MaxPooling2D", "AveragePooling2D")

    @property
    def changes_numbers(self) -> bool:
        """Whether the output holds other numbers than the input; a Flatten only arranges them differently."""
        return not np.array_equal(self.values.reshape(-1), self.inputs.reshape(-1))

    def silent_channels(self) -> np.ndarray:
        """Return which channels, or units, of the first image are 0 everywhere, bool `(channels,)`."""
        values = self.values[0]
        return ~values.any(axis=tuple(range(values.ndim - 1)))


@dataclass(frozen=True)
class PooledMap:
    """One feature map before and after a pooling layer, for one image.

    Args:
        layer: the layer's name.
        kind: its class, `MaxPooling2D` or `AveragePooling2D`.
        channels: number of feature maps, of which this is number `channel`.
        before: `(height, width)`.
        after: `(height', width')`.
        window: height and width of the windows.
        stride: pixels from one window to the next.
        pad: rows and columns of the first window that are outside the map.
        winners: `(height', width', 2)`, row and column of each window's largest number.
    """

    layer: str
    kind: str
    channel: int
    channels: int
    before: np.ndarray
    after: np.ndarray
    window: int
    stride: int
    pad: tuple[int, int]
    winners: np.ndarray

    def window_at(self, row: int, column: int) -> tuple[slice, slice]:
        """Return the rows and columns of the map that an output pixel is computed from."""
        rows, columns = (
            slice(max(start, 0), min(start + self.window, size))
            for start, size in zip(
                (row * self.stride - self.pad[0], column * self.stride - self.pad[1]), self.before.shape, strict=True
            )
        )
        return rows, columns


def read_layer_outputs(model: Any, images: np.ndarray) -> list[LayerOutput]:
    """Return the output of every layer, from the first to the last.

    A layer with an activation of its own, such as `Dense(512, activation="relu")`, gives two outputs: its sums, and
    the activation of the sums. A layer that is called several times gives one per call. A nested model counts as one
    layer. The last output is probabilities: a softmax follows a model that ends in logits.

    Args:
        model: a built Keras model with one image as its input.
        images: uint8 or float32 on the scale 0 to 255, `(n, height, width, channels)`.

    Raises:
        RunError: an output is not finite because training diverged.
    """
    import keras

    model = with_probabilities(model)
    graph = read_graph(model)
    calls = [call for call in graph.calls if call.feeds]
    probe = keras.Model(model.inputs[0], [call.output for call in graph.calls])
    tensors = probe(images.astype(np.float32) / np.float32(255), training=False)
    values = dict(zip(map(id, graph.calls), tensors, strict=True))
    outputs = [
        output for call in calls for output in _split(call, values[id(graph.calls[call.feeds[0]])], values[id(call)])
    ]
    for output in outputs:
        if not np.isfinite(output.values).all():
            raise RunError(
                f"The outputs of layer {output.name!r} are not finite: training diverged. "
                "Train again with a lower `learning_rate=`."
            )
    return outputs


def _split(call: LayerCall, inputs: Any, values: Any) -> Iterator[LayerOutput]:
    """Yield a layer's output, preceded by its sums if it applies an activation to them."""
    layer = call.layer
    read, given = np.asarray(inputs, dtype=np.float32), np.asarray(values, dtype=np.float32)
    if not call.splits_activation:
        yield LayerOutput(call.name, call.kind, given, read, call.stages)
        return
    plain = type(layer).from_config({**layer.get_config(), "activation": "linear"})
    plain.build(inputs.shape)
    plain.set_weights(layer.get_weights())
    sums = np.asarray(plain(inputs), dtype=np.float32)
    yield LayerOutput(call.name, call.kind, sums, read, call.stages)
    yield LayerOutput(f"{call.name} {call.activation}", call.activation, given, sums)


def find_pooled_map(output: LayerOutput) -> PooledMap | None:
    """Return the feature map with the largest number after a pooling; None if its windows are not square.

    Args:
        output: of a pooling layer, for one image.
    """
    if output.stages is None or not output.is_pooled:
        return None
    rows, columns = output.stages
    if rows != columns:
        return None
    channel = int(output.values[0].max(axis=(0, 1)).argmax())
    before, after = output.inputs[0, :, :, channel], output.values[0, :, :, channel]
    return PooledMap(
        layer=output.name,
        kind=output.kind,
        channel=channel,
        channels=output.values.shape[-1],
        before=before,
        after=after,
        window=rows.kernel_size,
        stride=rows.stride,
        pad=(rows.pad_before(before.shape[0]), rows.pad_before(before.shape[1])),
        winners=find_winners(before, window=rows.kernel_size, stride=rows.stride, padding=rows.padding),
    )
