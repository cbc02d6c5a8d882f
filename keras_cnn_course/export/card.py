"""What the user of an export needs to know: the classes, the preparation of an image, and code to paste."""

import json
from pathlib import Path

from keras_cnn_course.errors import ExportError, reporting_os_errors
from keras_cnn_course.export.formats import ExportFormat
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.runs.directory import RunRecord

__all__ = ["LABELS", "describe_metadata", "write_card"]

LABELS = "labels.txt"

_LOAD_IMAGE = """\
from pathlib import Path

import numpy as np
from PIL import Image
{imports}
labels = Path("{labels}").read_text(encoding="utf-8").splitlines()
image = Image.open("image.png").convert("{mode}").resize(({width}, {height}))
pixels = np.asarray(image, np.float32).reshape(1, {height}, {width}, {channels}) / 255
{compute}
print(labels[probabilities.argmax()], probabilities.max())
"""
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


def describe_metadata(record: RunRecord) -> dict[str, str]:
    """Return the names of the classes, the input and the output of an export, as text by name."""
    height, width, channels = record.input_shape
    return {
        "class_names": json.dumps(list(record.class_names), ensure_ascii=False),
        "input": f"image: float32 (batch, {height}, {width}, {channels}), pixels divided by 255, from 0 to 1",
        "output": "probabilities of the classes, in the order of class_names",
        "preparation": _describe_preparation(record),
        "recipe": record.recipe,
        "data_set": record.dataset,
    }


def write_card(record: RunRecord, *, chosen: ExportFormat, path: Path) -> list[Path]:
    """Write the class names and a short README with code beside an export, and return their paths.

    A `labels.txt` of other classes is never replaced: the new one gets the export's name in front.

    Args:
        path: the export.
    """
    folder = path.parent
    text = "".join(f"{name}\n" for name in record.class_names)
    labels = folder / LABELS
    if labels.exists() and labels.read_text(encoding="utf-8", errors="replace") != text:
        labels = folder / f"{path.stem}-{LABELS}"
    readme = folder / f"{path.stem}-README.md"
    for file, content in ((labels, text), (readme, _write_readme(record, chosen, path, labels=labels.name))):
        with reporting_os_errors(ExportError, "write", file), atomic_file(file) as temporary:
            temporary.write_text(content, encoding="utf-8")
    return [labels, readme]


def _write_readme(record: RunRecord, chosen: ExportFormat, path: Path, *, labels: str) -> str:
    height, width, channels = record.input_shape
    imports, compute = _CODE[chosen.name]
    code = _LOAD_IMAGE.format(
        imports=imports,
        labels=labels,
        mode="L" if channels == 1 else "RGB",
        height=height,
        width=width,
        channels=channels,
        compute=compute.format(file=path.name),
    )
    facts = describe_metadata(record)
    return (
        f"# {path.name}\n\nThe recipe {record.recipe}, trained on {Path(record.dataset).name}.\n\n"
        f"- Input `{facts['input']}`.\n- Output: {facts['output']}, which {labels} lists one per line.\n"
        f"- {facts['preparation']}\n\nRun in this folder, with the image to classify as image.png:\n\n"
        f"```python\n{code}```\n"
    )


def _describe_preparation(record: RunRecord) -> str:
    """Return how an image has to look, as sentences."""
    height, width, channels = record.input_shape
    kind = "gray" if channels == 1 else "RGB"
    sentences = [f"Resize the image to {height}x{width} pixels (height x width), {kind}."]
    look = record.look
    if look.placing == "centered":
        sentences.append(
            f"The training images hold writing, {'dark on light' if look.ground == 'light' else 'light on dark'}: crop "
            f"it, scale its longer side to {look.box:.0%} of the image's, and center it by its center of mass."
        )
    elif look.ground != "mixed":
        sentences.append(f"The training images have a {look.ground} border.")
    return " ".join(sentences)
