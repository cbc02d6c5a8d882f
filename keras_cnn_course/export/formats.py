"""The formats for exporting a model, and the path of an export.

Nothing here imports Keras, so a wrong name or a file in the way is reported at once.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from keras_cnn_course.errors import ExportError, UsageError, unknown_name
from keras_cnn_course.files.values import TEXT, check_value

__all__ = ["FORMATS", "OTHER_NAMES", "QUANTIZED", "ExportFormat", "check_quantizable", "choose_target", "find_format"]


@dataclass(frozen=True)
class ExportFormat:
    """One format.

    Args:
        name: the name for `--format`.
        suffix: of the file; empty if the export is a folder.
        default_name: path below the run's `export` folder.
        modules: modules that must be installed to write the format and read it back.
        extra: the extra of this package that installs those modules; empty if TensorFlow is enough.
    """

    name: str
    suffix: str
    default_name: str
    modules: tuple[str, ...] = ()
    extra: str = ""


# TensorFlow Serving loads <name>/<whole number>/, so the SavedModel is version 1 of a model called savedmodel.
FORMATS = {
    "savedmodel": ExportFormat("savedmodel", "", "savedmodel/1"),
    "onnx": ExportFormat("onnx", ".onnx", "model.onnx", ("onnx", "tf2onnx", "onnxruntime"), "onnx"),
    "litert": ExportFormat("litert", ".tflite", "model.tflite", ("ai_edge_litert",), "litert"),
    "keras": ExportFormat("keras", ".keras", "model.keras"),
}

# The formats that can be quantized to int8.
QUANTIZED = ("onnx", "litert")

# The same formats as other tools call them.
OTHER_NAMES = {
    "tflite": "litert",
    "tf_lite": "litert",
    "tensorflow_lite": "litert",
    "lite": "litert",
    "tf": "savedmodel",
    "tensorflow": "savedmodel",
    "saved_model": "savedmodel",
    "pb": "savedmodel",
}


def find_format(name: str) -> ExportFormat:
    """Return a format by a name of it and check that its packages are installed.

    Raises:
        UsageError: there is no such format.
        ExportError: a package that the format needs is not installed.

    >>> find_format("savedmodel").default_name
    'savedmodel/1'
    >>> find_format("Saved_Model").name
    'savedmodel'
    """
    check_value("`format=`", name, TEXT, kind=UsageError)
    plain = name.lower().lstrip(".").replace("-", "_").replace(" ", "_")
    plain = OTHER_NAMES.get(plain, plain)
    if plain not in FORMATS:
        raise unknown_name("export format", name, FORMATS)
    chosen = FORMATS[plain]
    missing = [module for module in chosen.modules if importlib.util.find_spec(module) is None]
    if missing:
        raise ExportError(
            f"The format {chosen.name} needs packages that are not installed: {', '.join(missing)}. "
            f"Run: pip install 'keras-cnn-course[{chosen.extra}]'"
        )
    return chosen


def check_quantizable(chosen: ExportFormat, quantize: str | None) -> None:
    """Check that a format can be quantized that way; None stands for float32.

    Raises:
        UsageError: it cannot.
    """
    if quantize not in (None, "int8"):
        raise unknown_name("quantization", str(quantize), ("int8",))
    if quantize and chosen.name not in QUANTIZED:
        raise UsageError(
            f"The format {chosen.name} cannot be quantized to int8. Choose `format=` {' or '.join(QUANTIZED)}."
        )


def choose_target(chosen: ExportFormat, *, run: Path, out: Path | None, quantize: str | None = None) -> Path:
    """Return the path to write: `out`, or the format's place in the run's `export` folder.

    Args:
        quantize: `int8`, whose exports have names of their own; None for float32.

    Raises:
        UsageError: the suffix of `out` belongs to another format.
        ExportError: the path exists; an export is never overwritten.

    >>> choose_target(FORMATS["onnx"], run=Path("runs/cnn-001"), out=None).as_posix()
    'runs/cnn-001/export/model.onnx'
    """
    place = run / "export" / chosen.default_name
    if quantize:
        place = place.with_stem(f"{place.stem}-{quantize}")
    target = out if out is not None else place
    by_suffix = {known.suffix: known.name for known in FORMATS.values()}
    if chosen.suffix and target.suffix != chosen.suffix:
        raise UsageError(f"`out=` must end in {chosen.suffix} for the format {chosen.name}; got {target}.")
    if not chosen.suffix and target.suffix in by_suffix and target.suffix:
        raise UsageError(
            f"`out=` must name a folder for the format {chosen.name}; got {target}. "
            f"Did you mean `format={by_suffix[target.suffix]!r}`?"
        )
    if target.exists() or target.is_symlink():
        raise ExportError(
            f"{target} already exists, and an export is never overwritten. "
            "Choose another name with `out=`, or delete it first."
        )
    return target
