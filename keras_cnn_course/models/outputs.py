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
        inputs: what they were computed from, of the same kind; of a layer that merges several, the first.
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

    image, calls = _record_calls(model)
    probe = keras.Model(image, [tensor for _, inputs, output in calls for tensor in (inputs, output)])
    tensors = probe(images.astype(np.float32) / np.float32(255), training=False)
    outputs = [
        output
        for (layer, _, _), inputs, values in zip(calls, tensors[::2], tensors[1::2], strict=True)
        for output in _split(layer, inputs, values)
    ]
    for output in outputs:
        if not np.isfinite(output.values).all():
            raise RunError(
                f"Expected finite outputs of layer {output.name!r}. Received NaN or infinity: training diverged. "
                "Train again with a lower --learning-rate."
            )
    return outputs


def _record_calls(model: Any) -> tuple[Any, list[tuple[Any, Any, Any]]]:
    """Return a new image tensor and, for each layer's call on the way from it, the layer, its input and its output.

    A layer's own `input` and `output` will not do: those of a model inside the model belong to another graph, and a
    Sequential model that was read from a file has called its layers several times.
    """
    import keras

    calls: list[tuple[Any, Any, Any]] = []

    def call(layer: Any, inputs: Any, *arguments: Any, **options: Any) -> Any:
        output = layer(inputs, *arguments, **options)
        calls.append((layer, inputs[0] if isinstance(inputs, list | tuple) else inputs, output))
        return output

    if isinstance(model, keras.Sequential):
        image = tensor = keras.Input(model.input_shape[1:])
        for layer in model.layers:
            tensor = call(layer, tensor)
        return image, calls
    copy = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
    return copy.inputs[0], calls


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
