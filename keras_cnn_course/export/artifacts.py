"""Writing a Keras model in each format, and reading each format back as its users do.

In every format the input is called `image`, float32 `(batch, height, width, channels)` from 0 to 1, and takes any batch
size. SavedModel, ONNX and LiteRT call the output `output_0`. LiteRT in int8 takes and returns int8, one image at a
time.
"""

import functools
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.export.formats import ExportFormat
from keras_cnn_course.export.int8 import Int8Scale, quantize_onnx, write_int8_litert
from keras_cnn_course.files.keras_archive import save_keras_file
from keras_cnn_course.models.inference import INPUT_NAME

__all__ = ["Artifact", "read_artifact", "write_artifact"]

_INPUT, _OUTPUT = INPUT_NAME, "output_0"


@dataclass(frozen=True)
class Artifact:
    """An export that was read back.

    Args:
        run: inputs `(n, height, width, channels)` as the export takes them -> outputs `(n, classes)` as it returns
            them.
        inputs: names, types and shapes of the inputs.
        outputs: names, types and shapes of the outputs.
        input_scale: the meaning of an int8 input; None for float32.
        output_scale: the meaning of an int8 output; None for float32.
    """

    run: Callable[[np.ndarray], np.ndarray]
    inputs: str
    outputs: str
    input_scale: Int8Scale | None = None
    output_scale: Int8Scale | None = None

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Return images, float32 from 0 to 1, as the export takes them."""
        return images if self.input_scale is None else self.input_scale.encode(images)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities, float32 `(n, classes)`, for images, float32 from 0 to 1."""
        outputs = self.run(self.encode(images))
        return outputs if self.output_scale is None else self.output_scale.decode(outputs)


def write_artifact(
    chosen: ExportFormat,
    *,
    model: Any,
    path: Path,
    metadata: Mapping[str, str] | None = None,
    calibration: np.ndarray | None = None,
) -> None:
    """Write an inference model (see `build_inference_model`) at `path` in that format.

    Args:
        metadata: text by name, which an ONNX file stores.
        calibration: images, float32 from 0 to 1, that the scales of an int8 export are measured on; None for float32.
    """
    with _without_known_warning():
        if calibration is None:
            _WRITERS[chosen.name](model, path)
        else:
            _INT8_WRITERS[chosen.name](model, path, calibration)
    if metadata and chosen.name == "onnx":
        _add_metadata(path, metadata)


def read_artifact(chosen: ExportFormat, *, path: Path) -> Artifact:
    """Read an export back as its users would: through TensorFlow, onnxruntime, LiteRT's interpreter or Keras."""
    return _READERS[chosen.name](path)


def _write_savedmodel(model: Any, path: Path) -> None:
    import keras

    # `model.export` would write every weight twice: as the model's and again as the variables of the endpoint.
    archive = keras.export.ExportArchive()
    image = keras.InputSpec(dtype="float32", shape=model.inputs[0].shape, name=_INPUT)
    archive.add_endpoint("serve", functools.partial(model.__call__, training=False), input_signature=[image])
    archive.write_out(path, verbose=False)


def _write_onnx(model: Any, path: Path) -> None:
    import onnx

    # Keras exports a model to ONNX only after it has run once.
    model(np.zeros((1, *model.inputs[0].shape[1:]), np.float32), training=False)
    model.export(path, format="onnx", verbose=False)
    written = onnx.load(path)
    _rename_output(written.graph, _OUTPUT)
    for value in (*written.graph.input, *written.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.checker.check_model(written, full_check=True)
    onnx.save(written, path)


def _add_metadata(path: Path, metadata: Mapping[str, str]) -> None:
    import onnx

    written = onnx.load(path)
    for name, value in metadata.items():
        written.metadata_props.add(key=name, value=value)
    onnx.save(written, path)


def _rename_output(graph: Any, name: str) -> None:
    """Rename an ONNX graph's only output: the converter calls it after a TensorFlow operation, which may change."""
    (output,) = graph.output
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [name if known == output.name else known for known in names]
    output.name = name


def _write_litert(model: Any, path: Path) -> None:
    model.export(path, format="litert", verbose=False)


def _write_int8_onnx(model: Any, path: Path, calibration: np.ndarray) -> None:
    with tempfile.TemporaryDirectory(prefix="kcnn-export-") as folder:
        source = Path(folder) / "float32.onnx"
        _write_onnx(model, source)
        quantize_onnx(source, path, calibration)


def _read_savedmodel(path: Path) -> Artifact:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))

    def serve(images: np.ndarray) -> np.ndarray:
        # Through `loaded`, which owns the weights: a signature alone does not keep them.
        return loaded.signatures["serving_default"](**{_INPUT: tf.constant(images)})[_OUTPUT].numpy()

    signature = loaded.signatures["serving_default"]
    inputs, outputs = (
        _describe([(name, spec.dtype.name, spec.shape) for name, spec in side.items()])
        for side in (signature.structured_input_signature[1], signature.structured_outputs)
    )
    return Artifact(serve, inputs, outputs)


def _read_onnx(path: Path) -> Artifact:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def predict(images: np.ndarray) -> np.ndarray:
        return session.run([_OUTPUT], {_INPUT: images})[0]

    inputs, outputs = (
        _describe([(value.name, value.type.replace("tensor(float)", "float32"), value.shape) for value in side])
        for side in (session.get_inputs(), session.get_outputs())
    )
    return Artifact(predict, inputs, outputs)


def _read_litert(path: Path) -> Artifact:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    runner = interpreter.get_signature_runner("serving_default")
    inputs, outputs = (
        _describe([(name, np.dtype(tensor["dtype"]).name, tensor["shape_signature"]) for name, tensor in side.items()])
        for side in (runner.get_input_details(), runner.get_output_details())
    )

    scales = [
        Int8Scale(float(tensor["quantization"][0]), int(tensor["quantization"][1]))
        if np.dtype(tensor["dtype"]) == np.int8
        else None
        for tensor in (runner.get_input_details()[_INPUT], runner.get_output_details()[_OUTPUT])
    ]

    def compute(images: np.ndarray) -> np.ndarray:
        if scales[0] is None:
            return runner(**{_INPUT: images})[_OUTPUT]
        return np.concatenate([runner(**{_INPUT: images[one : one + 1]})[_OUTPUT] for one in range(len(images))])

    return Artifact(compute, inputs, outputs, *scales)


def _read_keras(path: Path) -> Artifact:
    import keras

    model = keras.saving.load_model(path, safe_mode=True)
    inputs, outputs = (
        _describe([(name, tensor.dtype, tensor.shape) for name, tensor in zip(names, side, strict=True)])
        for names, side in (([model.inputs[0].name], model.inputs), (model.output_names, model.outputs))
    )
    return Artifact(lambda images: np.asarray(model(images, training=False)), inputs, outputs)


def _describe(tensors: Sequence[tuple[str, str, Sequence[Any]]]) -> str:
    """Return `image float32 (batch, 28, 28, 1)` for each name, type and shape; an open first size is the batch."""
    described = []
    for name, dtype, shape in tensors:
        sizes = [str(size) if isinstance(size, int | np.integer) and size >= 0 else "?" for size in shape]
        described.append(f"{name} {dtype} ({', '.join('batch' if size == '?' else size for size in sizes)})")
    return ", ".join(described)


@contextmanager
def _without_known_warning() -> Iterator[None]:
    """Hold back a warning about NumPy 2 from inside Keras's ONNX export; its user can do nothing about it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="In the future `np.object`", category=FutureWarning)
        yield


_WRITERS: dict[str, Callable[[Any, Path], None]] = {
    "savedmodel": _write_savedmodel,
    "onnx": _write_onnx,
    "litert": _write_litert,
    "keras": save_keras_file,
}
_INT8_WRITERS: dict[str, Callable[[Any, Path, np.ndarray], None]] = {
    "onnx": _write_int8_onnx,
    "litert": write_int8_litert,
}
_READERS: dict[str, Callable[[Path], Artifact]] = {
    "savedmodel": _read_savedmodel,
    "onnx": _read_onnx,
    "litert": _read_litert,
    "keras": _read_keras,
}
