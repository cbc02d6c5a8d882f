"""The data that the page's JavaScript reads besides the weights: steps, classes, test images, colors, the lecture."""

import base64
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_cnn_course.datasets.appearance import MNIST_LOOK
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.digits import load_digits
from keras_cnn_course.lecture.filters import FILTERS, Filter
from keras_cnn_course.lecture.material import LECTURE_IMAGE
from keras_cnn_course.page.samples import Sample
from keras_cnn_course.page.steps import Step
from keras_cnn_course.plots.style import SIGNED, UNSIGNED, list_colors
from keras_cnn_course.runs.directory import RunRecord

__all__ = ["choose_preparation", "collect_contents", "describe_step"]

_FIRST_KERNEL = "horizontal-edges"


def collect_contents(
    record: RunRecord,
    data: Dataset,
    networks: Mapping[str, Sequence[Step]],
    samples: Sequence[Sample],
    *,
    presents: bool = False,
) -> dict[str, Any]:
    """Return the page's data as plain values for JSON.

    The weights are stored separately. The data only say how many numbers each step takes from them, in order.

    Args:
        record: of the first run; the others have the same kind of images and the same classes.
        networks: the steps of each network by its name.
        presents: whether the page opens in large type, one panel at a time.
    """
    kernels = sorted(FILTERS.values(), key=lambda kernel: kernel.name != _FIRST_KERNEL)
    return {
        "inputShape": record.input_shape,
        "classes": record.class_names,
        "preparation": choose_preparation(record),
        "ground": record.look.ground,
        "boxShare": MNIST_LOOK.box if abs(record.look.box - MNIST_LOOK.box) <= 0.06 else record.look.box,
        "networks": [
            {"name": name, "steps": [describe_step(step) for step in steps]} for name, steps in networks.items()
        ],
        "samples": [_describe_sample(sample, data.x_test) for sample in samples],
        "colors": {name: _encode(list_colors(scale)) for name, scale in (("signed", SIGNED), ("unsigned", UNSIGNED))},
        "learning": _describe_learning(record),
        "lecture": {"image": LECTURE_IMAGE.pixels.tolist(), "kernels": [_describe_kernel(each) for each in kernels]},
        "presents": presents,
    }


def choose_preparation(record: RunRecord) -> str:
    """Return how a drawing becomes an image of the kind that a network knows.

    `digit` places it as MNIST's digits are. `picture` takes the whole paper, and the page begins with test images.
    `none` means that the images cannot be drawn: they are in color, or photographs.
    """
    if record.input_shape[2] > 1:
        return "none"
    if record.look.placing == "centered":
        return "digit"
    return "none" if record.look.ground == "mixed" else "picture"


def _describe_learning(record: RunRecord) -> dict[str, Any] | None:
    """Return the embedded digits, if a network that learns them in the page fits the page's images and classes."""
    data = load_digits()
    fits = record.input_shape == data.input_shape and list(record.class_names) == list(data.class_names)
    if not fits or record.look.ground != "dark" or record.look.placing != "centered":
        return None
    images, labels = (np.concatenate([data.x_train, data.x_test]), np.concatenate([data.y_train, data.y_test]))
    return {
        "images": base64.b64encode(zlib.compress(images.tobytes(), 9)).decode(),
        "labels": _encode(labels.astype(np.uint8)),
        "trainingSize": len(data.x_train),
    }


def describe_step(step: Step) -> dict[str, Any]:
    """Return a step as the page's `buildNetwork` takes it, with the number of its weights in place of the weights."""
    sizes = {name: array.size for name, array in step.weights.items()}
    return {"name": step.name, "kind": step.kind, "shape": step.shape, **step.settings, "weights": sizes}


def _describe_sample(sample: Sample, images: np.ndarray) -> dict[str, Any]:
    pixels = np.clip(np.round(images[sample.index]), 0, 255).astype(np.uint8)
    return {"index": sample.index, "label": sample.label, "correct": sample.correct, "pixels": _encode(pixels)}


def _describe_kernel(kernel: Filter) -> dict[str, Any]:
    return {
        "name": kernel.name,
        "numerators": kernel.numerators.tolist(),
        "denominator": kernel.denominator,
        "summary": kernel.summary,
    }


def _encode(numbers: np.ndarray) -> str:
    """Return bytes as base64."""
    return base64.b64encode(numbers.tobytes()).decode()
