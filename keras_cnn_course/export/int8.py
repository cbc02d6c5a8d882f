"""Writing a model in int8: weights and activations become whole numbers from -128 to 127.

What a whole number means is a scale that is measured on images (calibration); the model is not trained again.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.errors import ExportError
from keras_cnn_course.models.graph import list_layers
from keras_cnn_course.models.inference import INPUT_NAME

__all__ = ["Int8Scale", "quantize_onnx", "write_int8_litert"]

_BATCH = 64


@dataclass(frozen=True)
class Int8Scale:
    """The meaning of the whole numbers of an input or an output: `scale * (number - zero_point)`.

    >>> Int8Scale(1 / 255, -128).encode(np.array([0.0, 0.5, 1.0]))
    array([-128,    0,  127], dtype=int8)
    """

    scale: float
    zero_point: int

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return the nearest whole numbers, int8."""
        return np.clip(np.round(values / self.scale) + self.zero_point, -128, 127).astype(np.int8)

    def decode(self, numbers: np.ndarray) -> np.ndarray:
        """Return what the whole numbers mean, float32."""
        return ((numbers.astype(np.float32) - self.zero_point) * self.scale).astype(np.float32)


def write_int8_litert(model: Any, path: Path, images: np.ndarray) -> None:
    """Write a LiteRT file that takes and returns int8, one image at a time, and computes with whole numbers only.

    Args:
        model: an inference model (see `build_inference_model`).
        images: for the calibration, `(n, height, width, channels)`, float32 from 0 to 1.

    Raises:
        ExportError: the model has a recurrent layer.
    """
    import keras
    import tensorflow as tf

    _check_no_loops(model)

    def calibrate() -> Iterator[dict[str, np.ndarray]]:
        for number in range(len(images)):
            yield {INPUT_NAME: images[number : number + 1]}

    # A fixed batch of one: an open batch would add operations that compute shapes, which microcontrollers cannot run.
    image = keras.InputSpec(dtype="float32", shape=(1, *images.shape[1:]), name=INPUT_NAME)
    with _without_converter_warnings():
        model.export(
            path,
            format="litert",
            verbose=False,
            input_signature=[image],
            optimizations=[tf.lite.Optimize.DEFAULT],
            representative_dataset=calibrate,
            target_spec={"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]},
            inference_input_type=tf.int8,
            inference_output_type=tf.int8,
        )


def _check_no_loops(model: Any) -> None:
    """Check that no layer computes in a loop over steps: LiteRT's converter crashes when it measures the scales."""
    import keras

    for layer in list_layers(model):
        if isinstance(layer, keras.layers.RNN) and not layer.unroll:
            raise ExportError(
                f"LiteRT cannot quantize the recurrent layer {layer.name!r} ({type(layer).__name__}) to int8. Use "
                "`format='onnx'`, whose int8 exports can have recurrent layers."
            )


def quantize_onnx(source: Path, path: Path, images: np.ndarray) -> None:
    """Write an int8 version of an ONNX file, whose input and output stay float32.

    Args:
        source: the file in float32.
        path: the file to write.
        images: for the calibration, `(n, height, width, channels)`, float32 from 0 to 1.
    """
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Batches(quantization.CalibrationDataReader):
        """The images, as onnxruntime asks for them."""

        def __init__(self) -> None:
            self.starts = iter(range(0, len(images), _BATCH))

        def get_next(self) -> dict[str, np.ndarray] | None:
            """Return the next batch; None after the last one."""
            start = next(self.starts, None)
            return None if start is None else {INPUT_NAME: images[start : start + _BATCH]}

    prepared = source.with_name(f"prepared-{source.name}")
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
    quantization.quantize_static(
        prepared,
        path,
        Batches(),
        quant_format=quantization.QuantFormat.QDQ,
        activation_type=quantization.QuantType.QInt8,
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
        # Weights from -64 to 63: with larger ones the sums overflow on processors without VNNI instructions.
        reduce_range=True,
    )


@contextmanager
def _without_converter_warnings() -> Iterator[None]:
    """Hold back a warning about an interpreter that the converter itself uses; its user can do nothing about it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\s*Warning: tf\.lite\.Interpreter is deprecated")
        yield
