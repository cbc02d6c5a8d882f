"""What every layer of a model makes of one image, before and after its activation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_cnn_course.errors import RunError

__all__ = ["LayerOutput", "name_activation", "read_layer_outputs"]


@dataclass(frozen=True)
class LayerOutput:
    """One layer's output for a batch of images.

    Args:
        name: the layer's; with its activation behind it where the layer has one of its own, as in `dense_1 relu`.
        kind: the layer's class, such as `Conv2D`; for such an activation its name, such as `relu`.
        values: float32 `(n, height, width, channels)` or `(n, units)`.
        inputs: what they were computed from, of the same kind.
    """

    name: str
    kind: str
    values: np.ndarray
    inputs: np.ndarray

    @property
    def is_rectified(self) -> bool:
        """Whether this is what a ReLU leaves."""
        return self.kind in ("ReLU", "relu")

    @property
    def changes_numbers(self) -> bool:
        """Whether the output holds other numbers than the input; a Flatten only lays them out otherwise."""
        return not np.array_equal(self.values.reshape(-1), self.inputs.reshape(-1))

    def silent_channels(self) -> np.ndarray:
        """Return which channels, or units, of the first image are 0 everywhere, bool `(channels,)`."""
        values = self.values[0]
        return ~values.any(axis=tuple(range(values.ndim - 1)))


def name_activation(layer: Any) -> str:
    """Return the name of the activation that a layer applies to its own sums; `linear` where there is none."""
    activation = getattr(layer, "activation", None)
    if activation is None or not hasattr(layer, "kernel"):
        return "linear"
    return str(getattr(activation, "__name__", type(activation).__name__))


def read_layer_outputs(model: Any, images: np.ndarray) -> list[LayerOutput]:
    """Return the output of every layer, from the input on.

    A layer with an activation of its own, such as `Dense(512, activation="relu")`, gives two: its sums, and what the
    activation makes of them. A model inside the model counts as one layer.

    Args:
        model: a built Keras model of one image.
        images: uint8 or float32 on the scale 0 to 255, `(n, height, width, channels)`.

    Raises:
        RunError: an output is not finite: training diverged.
    """
    import keras

    layers = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    probe = keras.Model(model.inputs[0], [tensor for layer in layers for tensor in (layer.input, layer.output)])
    scaled = images.astype(np.float32) / np.float32(255)
    tensors = probe(scaled, training=False)
    outputs = [
        output
        for layer, inputs, values in zip(layers, tensors[::2], tensors[1::2], strict=True)
        for output in _split(layer, inputs, values)
    ]
    for output in outputs:
        if not np.isfinite(output.values).all():
            raise RunError(
                f"Expected finite outputs of layer {output.name!r}. Received NaN or infinity: training diverged. "
                "Train again with a lower --learning-rate."
            )
    return outputs


def _split(layer: Any, inputs: Any, values: Any) -> Iterator[LayerOutput]:
    """Give a layer's output, preceded by its sums where it applies an activation to them."""
    kind, activation = type(layer).__name__, name_activation(layer)
    read, given = np.asarray(inputs, dtype=np.float32), np.asarray(values, dtype=np.float32)
    if activation == "linear":
        yield LayerOutput(layer.name, kind, given, read)
        return
    plain = type(layer).from_config({**layer.get_config(), "activation": "linear"})
    plain.build(inputs.shape)
    plain.set_weights(layer.get_weights())
    sums = np.asarray(plain(inputs), dtype=np.float32)
    yield LayerOutput(layer.name, kind, sums, read)
    yield LayerOutput(f"{layer.name} {activation}", activation, given, sums)
