"""What is fuzzed: a reader of strangers' files, small valid files of its kind, and the errors it may raise."""

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from keras_cnn_course.datasets.idx import read_idx
from keras_cnn_course.datasets.npz import load_npz
from keras_cnn_course.datasets.preparation import prepare_image
from keras_cnn_course.errors import CourseError, DatasetError, ImageError, RunError
from keras_cnn_course.runs.directory import HISTORY_COLUMNS, RunDirectory
from keras_cnn_course.runs.model_file import check_model_file

__all__ = ["TARGETS", "Target"]


@dataclass(frozen=True)
class Target:
    """A reader of one kind of file.

    Args:
        seeds: small valid files.
        read: is given a folder with the file in it, and the file.
        file_name: what the file has to be called.
        errors: what `read` may raise.
    """

    seeds: tuple[bytes, ...]
    read: Callable[[Path], object]
    file_name: str
    errors: tuple[type[CourseError], ...]


def _idx_seeds() -> tuple[bytes, ...]:
    numbers = np.arange(24)
    files = []
    for code, kind, shape in ((8, ">u1", (2, 3, 4)), (8, ">u1", (24,)), (0x0B, ">i2", (4, 6)), (0x0E, ">f8", (24,))):
        header = struct.pack(f">BBBB{len(shape)}I", 0, 0, code, len(shape), *shape)
        files.append(header + numbers.astype(kind).tobytes())
    return tuple(files)


def _npz_seeds() -> tuple[bytes, ...]:
    images, labels = np.arange(184, 256, dtype=np.uint8).reshape(4, 3, 6), np.arange(4) % 2
    files = []
    for save, kind in ((np.savez, np.uint8), (np.savez_compressed, np.uint8), (np.savez, np.float32)):
        buffer = io.BytesIO()
        save(buffer, x_train=images.astype(kind), y_train=labels, x_test=images.astype(kind), y_test=labels)
        files.append(buffer.getvalue())
    return tuple(files)


def _image_seeds() -> tuple[bytes, ...]:
    gray = np.full((56, 48), 255, np.uint8)
    gray[10:46, 13:18] = gray[41:46, 13:36] = 0  # the same in both directions, since some are turned
    color = np.stack([gray, gray // 2, gray // 3], axis=-1)
    files = []
    for array, mode, kind in (
        *((gray, "L", "PNG"), (gray, "1", "PNG"), (gray, "P", "PNG"), (color, "RGBA", "PNG"), (gray, "I;16", "PNG")),
        *((gray, "L", "JPEG"), (color, "RGB", "JPEG"), (color, "CMYK", "JPEG")),
        *((gray, "L", "BMP"), (color, "RGB", "BMP")),
    ):
        buffer, exif = io.BytesIO(), Image.Exif()
        image = Image.fromarray(array.astype(np.uint16) * 257 if mode == "I;16" else array)
        image = image if mode == "I;16" else image.convert(mode)
        exif[0x0112] = 6
        exif[0x8769], exif[0x8825] = {0x9003: "2020:01:01 00:00:00"}, {1: "N", 2: (1.0, 2.0, 3.0)}  # its date and place
        image.save(buffer, kind, **({"exif": exif, "progressive": mode == "RGB"} if kind == "JPEG" else {}))
        files.append(buffer.getvalue())
    return tuple(files)


def _model_seeds() -> tuple[bytes, ...]:
    def stock(class_name: str, module: str = "keras.layers", **config: object) -> dict[str, object]:
        return {"class_name": class_name, "module": module, "registered_name": None, "config": config}

    image = stock("InputLayer", batch_shape=[None, 8, 8, 1], name="image")
    dense = stock("Dense", units=3, name="dense", kernel_initializer=stock("Zeros", "keras.initializers"))
    files = []
    for layers in ([image, stock("Flatten", name="flatten"), dense], [image]):
        weights, buffer = io.BytesIO(), io.BytesIO()
        with h5py.File(weights, "w") as file:
            file["layers/dense/vars/0"] = np.ones((64, 3), np.float32)
            file["layers/dense/vars/1"] = np.ones(3, np.float32)
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
            archive.writestr("config.json", json.dumps(stock("Sequential", "keras", name="model", layers=layers)))
            archive.writestr("model.weights.h5", weights.getvalue())
        files.append(buffer.getvalue())
    return tuple(files)


_RECORD = {
    **{"recipe": "cnn", "recipe_sha256": "", "hyperparameters": {"epochs": 1, "schedule": "one_cycle"}},
    **{"dataset": "digits", "dataset_sha256": "a1", "input_shape": [28, 28, 1], "class_names": ["0", "1"]},
    **{"train_examples": 12, "val_examples": 2, "seed": 0, "command": "kcnn train", "device": "cpu", "threads": 1},
    **{"precision": "float32", "engine": "", "cycles": [1], "versions": {"keras": "3.15.1"}, "started": ""},
    **{"strategy": "none", "replicas": 1},
    **{"seconds": 1.5, "status": "finished", "resumed": [{"epochs": 1, "changed": ["seed"]}]},
}
_METRICS = {
    **{"test_loss": 0.1, "test_accuracy": 0.9, "test_examples": 360, "parameters": 10, "images_per_second": 9.5},
    **{"fit_seconds": 1.0, "epochs": 1, "best_epoch": 1, "val_accuracy": 0.9},
}
_HISTORY = ",".join(HISTORY_COLUMNS) + "\n1,0.5,0.9,0.5,0.9,0.001,1.5\n2,0.4,0.9,0.5,0.9,0.001,1.5\n"


TARGETS = {
    "idx": Target(_idx_seeds(), read_idx, "train-images-idx3-ubyte", (DatasetError,)),
    "idx-gz": Target(
        tuple(gzip.compress(seed, mtime=0) for seed in _idx_seeds()), read_idx, "images-idx3-ubyte.gz", (DatasetError,)
    ),
    "npz": Target(_npz_seeds(), load_npz, "data.npz", (DatasetError,)),
    "image": Target(_image_seeds(), lambda path: prepare_image(path, (28, 28, 1)), "image.png", (ImageError,)),
    "model": Target(_model_seeds(), check_model_file, "best.keras", (RunError,)),
    "run": Target(
        (json.dumps(_RECORD, indent=2).encode(),),
        lambda path: RunDirectory(path.parent).read_record(),
        "run.json",
        (RunError,),
    ),
    "metrics": Target(
        (json.dumps(_METRICS).encode(),),
        lambda path: RunDirectory(path.parent).read_metrics(),
        "metrics.json",
        (RunError,),
    ),
    "history": Target(
        (_HISTORY.encode(),), lambda path: RunDirectory(path.parent).read_history(), "history.csv", (RunError,)
    ),
}
