"""Data sets in Keras's own layout: one .npz file with the arrays x_train, y_train, x_test and y_test."""

from pathlib import Path

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.pixels import MAX_BYTES, PixelRange
from keras_cnn_course.errors import DatasetError, reporting_os_errors
from keras_cnn_course.files.arrays import ArrayFileError, read_npz

__all__ = ["load_npz"]

_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def load_npz(path: Path, *, name: str = "", pixel_range: PixelRange | None = None, least_classes: int = 2) -> Dataset:
    """Load an .npz file with the arrays `x_train`, `y_train`, `x_test` and `y_test`.

    Args:
        path: the file.
        name: the name to show; the path when empty.
        pixel_range: the values of black and white; recognized when None.
        least_classes: 1 to test a model with the images: some classes and the training arrays may be missing then, and
            the test images stand in for the training images.

    Raises:
        DatasetError: the file is not such an .npz, is damaged or too large, or its arrays do not fit each other.
    """
    if path.exists() and not path.is_file():  # opening a pipe would wait forever
        raise DatasetError(f"{path} is not a file but a folder, a pipe or a device.")
    needed = _ARRAYS[2:] if least_classes == 1 else _ARRAYS
    with reporting_os_errors(DatasetError, "read", path), path.open("rb") as stream:
        try:
            arrays = read_npz(stream, limit=MAX_BYTES, names=needed, optional=_ARRAYS)
        except ArrayFileError as error:
            raise DatasetError(
                f"Cannot read {path}: {error}. It must be an .npz file with the arrays {', '.join(needed)}, "
                "each of plain numbers, as numpy.savez writes it."
            ) from error
    test = arrays["x_test"], arrays["y_test"]
    train = (arrays["x_train"], arrays["y_train"]) if {"x_train", "y_train"} <= arrays.keys() else test
    return Dataset.from_arrays(
        *train,
        *test,
        name=name or str(path),
        source=str(path),
        pixel_range=pixel_range,
        least_classes=least_classes,
    )
