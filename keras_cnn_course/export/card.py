"""What the user of an export needs to know: the classes, the preparation of an image, an example, and code to paste."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.datasets.pixels import FULL_RANGE
from keras_cnn_course.errors import ExportError, reporting_os_errors
from keras_cnn_course.export.int8 import Int8Scale
from keras_cnn_course.export.verified import Export
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.runs.directory import RunRecord

__all__ = ["LABELS", "describe_metadata", "write_card"]

LABELS = "labels.txt"

_CLASSIFY = """\
from pathlib import Path

import numpy as np
{imports}
labels = Path("{labels}").read_text(encoding="utf-8").splitlines()
image = {image}
pixels = np.asarray(image, np.float32).reshape(1, {height}, {width}, {channels}) / {white:g}
{compute}
print(labels[probabilities.argmax()], probabilities.max())
"""
_CHANNELS = {1: "gray", 3: "RGB"}  # of pictures; those of other arrays have no names
_IMPORT_PILLOW = "from PIL import Image\n"
_OPEN = 'Image.open("image.png").convert("{mode}").resize(({width}, {height}))'
# convert("L") would cut it to 8 bits
_OPEN_DEEP = 'Image.fromarray(np.asarray(Image.open("image.png"), np.float32)).resize(({width}, {height}))'
_OPEN_ARRAY = 'np.load("image.npy")'
_CODE = {
    "savedmodel": (
        "import tensorflow as tf\n",
        'model = tf.saved_model.load("{file}")\n'
        'probabilities = model.signatures["serving_default"](image=tf.constant(pixels))["output_0"].numpy()[0]',
    ),
    "onnx": (
        "import onnxruntime\n",
        'session = onnxruntime.InferenceSession("{file}")\n'
        'probabilities = session.run(["output_0"], {{"image": pixels}})[0][0]',
    ),
    "litert": (
        "from ai_edge_litert.interpreter import Interpreter\n",
        'interpreter = Interpreter(model_path="{file}")\n'
        'runner = interpreter.get_signature_runner("serving_default")\n'
        'probabilities = runner(image=pixels)["output_0"][0]',
    ),
    "keras": (
        "import keras\n",
        'model = keras.saving.load_model("{file}")\nprobabilities = model.predict(pixels, verbose=0)[0]',
    ),
}
_INT8_CODE = (
    'interpreter = Interpreter(model_path="{file}")\n'
    'runner = interpreter.get_signature_runner("serving_default")\n'
    "numbers = np.clip(np.round(pixels / {input.scale!r}){encode}, -128, 127).astype(np.int8)\n"
    'answer = runner(image=numbers)["output_0"][0]\n'
    "probabilities = (answer.astype(np.float32){decode}) * {output.scale!r}"
)


def describe_metadata(record: RunRecord) -> dict[str, str]:
    """Return the names of the classes, the input and the output of an export, as text by name."""
    height, width, channels = record.input_shape
    return {
        "class_names": json.dumps(list(record.class_names), ensure_ascii=False),
        "input": f"image: float32 (batch, {height}, {width}, {channels}), from 0 to 1. {_describe_scaling(record)}",
        "output": f"{_name_outputs(record)} of the classes, in the order of class_names",
        "layout": _describe_layout(record),
        "preparation": _describe_preparation(record),
        "recipe": record.recipe,
        "data_set": record.dataset,
    }


def write_card(record: RunRecord, exported: Export) -> list[Path]:
    """Write the class names, a README, the same facts as JSON, and an example next to an export; return their paths.

    What describes another export is never replaced, nor is a `labels.txt` of other classes: the new files get the
    export's name in front, with its suffix where another export has the same name without it.
    """
    path, name = exported.path, _choose_name(exported)
    names = "".join(f"{name}\n" for name in record.class_names)
    labels = path.parent / LABELS
    if labels.exists() and labels.read_text(encoding="utf-8", errors="replace") != names:
        labels = path.with_name(f"{name}-{LABELS}")
    example = path.with_name(f"{name}-example.npz")
    facts = _list_facts(record, exported) | {"labels": labels.name, "example": example.name}
    writers: dict[Path, Callable[[Path], Any]] = {
        labels: lambda file: file.write_text(names, encoding="utf-8"),
        path.with_name(f"{name}-README.md"): lambda file: file.write_text(
            _write_readme(record, exported, labels=labels.name, example=example.name), encoding="utf-8"
        ),
        path.with_name(f"{name}.json"): lambda file: file.write_text(
            json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        ),
    }
    shown = exported.example
    if shown is not None:
        writers[example] = lambda file: np.savez(file, image=shown.image, output=shown.output)
    for file, write in writers.items():
        with reporting_os_errors(ExportError, "write", file), atomic_file(file) as temporary:
            write(temporary)
    return list(writers)


def _choose_name(exported: Export) -> str:
    """Return what the names of a card's files begin with: the export's name without its suffix, if it is free."""
    path = exported.path
    marks = {"-README.md": f"# {path.name}\n", ".json": f'"file": {json.dumps(path.name, ensure_ascii=False)}'}
    for ending, mark in marks.items():
        file = path.with_name(f"{path.stem}{ending}")
        if file.is_file() and mark not in file.read_text(encoding="utf-8", errors="replace"):
            return path.name if path.suffix else f"{path.name}-{exported.format}"
    return path.stem


def _list_facts(record: RunRecord, exported: Export) -> dict[str, Any]:
    """Return what a program needs to know about an export."""
    look = record.look
    described = describe_metadata(record)
    return {
        "file": exported.path.name,
        "format": exported.format,
        "bytes": exported.bytes,
        "input": {
            "tensor": exported.inputs,
            "range": [0, 1],
            "channels": _name_channels(record),
            "scale": exported.input_scale and asdict(exported.input_scale),
        },
        "output": {
            "tensor": exported.outputs,
            "meaning": _name_outputs(record),
            "scale": exported.output_scale and asdict(exported.output_scale),
        },
        "class_names": list(record.class_names),
        "layout": _describe_layout(record),
        "ground": look.ground,
        "preparation": described["preparation"],
        "recipe": record.recipe,
        "data_set": record.dataset,
        "quantization": exported.quantization and asdict(exported.quantization),
    }


def _write_readme(record: RunRecord, exported: Export, *, labels: str, example: str) -> str:
    height, width, channels = record.input_shape
    imports, compute = _CODE[exported.format]
    scales = exported.input_scale, exported.output_scale
    if scales[0] is not None:
        compute = _INT8_CODE
    is_deep, is_picture = record.white > 255 and channels == 1, channels in _CHANNELS
    opened = (_OPEN_DEEP if is_deep else _OPEN) if is_picture else _OPEN_ARRAY
    code = _CLASSIFY.format(
        imports=(_IMPORT_PILLOW if is_picture else "") + imports,
        labels=labels,
        image=opened.format(mode="L" if channels == 1 else "RGB", width=width, height=height),
        white=record.white if is_deep else 255,
        height=height,
        width=width,
        channels=channels,
        compute=compute.format(
            file=exported.path.name,
            input=scales[0],
            output=scales[1],
            encode=scales[0] and _add(scales[0].zero_point),
            decode=scales[1] and _add(-scales[1].zero_point),
        ),
    )
    points = [
        f"Input: `{exported.inputs}`. {_describe_input(exported.input_scale) or _describe_scaling(record)}",
        _describe_layout(record),
        f"Output: `{exported.outputs}`, {_name_outputs(record)} of the classes, which {labels} lists one per line. "
        f"{_describe_output(exported.output_scale, record)}",
        _describe_preparation(record),
        f"{example} has an example: `image` is an input, and `output` is what this export computes from it.",
        *_describe_quantization(exported),
    ]
    listed = "".join(f"- {point.strip()}\n" for point in points)
    file = "image.png" if is_picture else "image.npy, an array of pixels from 0 to 255"
    return (
        f"# {exported.path.name}\n\nThe recipe {record.recipe}, trained on {Path(record.dataset).name}.\n\n{listed}"
        f"\nRun in this folder, with the image to classify as {file}:\n\n```python\n{code}```\n"
    )


def _name_outputs(record: RunRecord) -> str:
    return "scores" if record.outputs == "scores" else "probabilities"  # exports turn logits into probabilities


def _name_channels(record: RunRecord) -> str:
    channels = record.input_shape[2]
    return _CHANNELS.get(channels, f"{channels} channels")


def _describe_scaling(record: RunRecord) -> str:
    """Return how pixels become numbers from 0 to 1, as sentences."""
    text = "Pixels from 0 to 255 are divided by 255."
    if record.white > 255:
        text += f" In the training files of more than 8 bits, white is {record.white:g}: divide theirs by it."
    low, high = record.pixel_range or FULL_RANGE
    if (low, high) in (FULL_RANGE, (0, 1)):
        return text
    change = f"subtract {low:g} and divide by {high - low:g}" if low else f"divide by {high:g}"
    return f"{text} The training data went from {low:g} to {high:g}: for pixels on that scale, {change}."


def _describe_input(scale: Int8Scale | None) -> str:
    if scale is None:
        return ""
    text = (
        f"A number q stands for the brightness {scale.scale:.8g} * (q{_add(-scale.zero_point)}), on a scale from 0 "
        "(black) to 1 (white)."
    )
    if scale.zero_point == -128 and abs(scale.scale * 255 - 1) < 1e-3:
        text += " So q is a pixel from 0 to 255, minus 128."
    return text


def _describe_output(scale: Int8Scale | None, record: RunRecord) -> str:
    if scale is None:
        return ""
    meaning = "score" if record.outputs == "scores" else "probability"
    return f"A number q stands for the {meaning} {scale.scale:.8g} * (q{_add(-scale.zero_point)})."


def _add(number: int) -> str:
    """Return what adds a whole number in a formula, such as ` + 128` or ` - 3`; nothing for 0."""
    return f" {'+' if number > 0 else '-'} {abs(number)}" if number else ""


def _describe_quantization(exported: Export) -> list[str]:
    """Return what int8 changed, and what a microcontroller needs, as sentences."""
    compared = exported.quantization
    if compared is None:
        return []
    points = [
        f"Quantized to int8 with {compared.calibration_images:,} training images. Accuracy on all {exported.images:,} "
        f"test images: {compared.accuracy_before:.2%} before, {compared.accuracy_after:.2%} after. Both name the same "
        f"class for {compared.same_answers:.2%} of the images."
    ]
    needs = compared.microcontroller
    if needs is not None:
        lacks = (
            f"TensorFlow Lite Micro does not have {', '.join(needs.missing)}, so it cannot run this file."
            if needs.missing
            else "TensorFlow Lite Micro has all of them."
        )
        points += [
            f"Operators: {', '.join(needs.operators)}. {lacks}",
            f"Memory of a microcontroller: {exported.bytes:,} bytes of flash for the file, and about "
            f"{needs.arena_bytes:,} bytes of RAM for the tensor arena (an estimate).",
        ]
    return points


def _describe_layout(record: RunRecord) -> str:
    """Return the order of the numbers of an image, and what they mean, as sentences."""
    channels = record.input_shape[2]
    if channels == 1:
        return "The pixels are in rows, from the top left corner. 0 is black and 1 is white."
    if channels != 3:
        return (
            f"The pixels are in rows, from the top left corner. The {channels} numbers of a pixel are next to each "
            "other, in the order of the training images."
        )
    return (
        "The pixels are in rows, from the top left corner. The three numbers of a pixel, red, green and blue, are next "
        "to each other. 0 is dark and 1 is bright."
    )


def _describe_preparation(record: RunRecord) -> str:
    """Return how an image has to look, as sentences."""
    height, width, _ = record.input_shape
    sentences = [f"Resize the image to {height}x{width} pixels (height x width), {_name_channels(record)}."]
    look = record.look
    if look.placing == "centered":
        sentences.append(
            f"The training images hold writing, {'dark on light' if look.ground == 'light' else 'light on dark'}: crop "
            f"it, scale its longer side to {look.box:.0%} of the image's, and center it by its center of mass."
        )
    elif look.ground != "mixed":
        sentences.append(f"The training images have a {look.ground} border.")
    return " ".join(sentences)
