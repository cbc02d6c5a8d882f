"""`load_dataset`: load a data set by its name or by its path."""

import dataclasses
import os
from pathlib import Path

from keras_cnn_course.datasets.cifar import read_cifar10
from keras_cnn_course.datasets.dataset import Dataset, check_dataset_name, check_image_size
from keras_cnn_course.datasets.digits import load_digits
from keras_cnn_course.datasets.download import download_file, file_sha256
from keras_cnn_course.datasets.idx import find_idx_files, load_idx_folder, read_idx, read_idx_labels
from keras_cnn_course.datasets.npz import load_npz
from keras_cnn_course.datasets.pixels import MAX_BYTES, PixelRange, check_pixel_range
from keras_cnn_course.datasets.registry import DATASETS, DatasetFile, DatasetInfo, find_file
from keras_cnn_course.errors import DatasetError, UsageError, did_you_mean
from keras_cnn_course.files.values import check_path

__all__ = ["is_as_published", "load_dataset"]


def load_dataset(
    spec: str | os.PathLike[str],
    *,
    image_size: tuple[int, int] | None = None,
    pixel_range: PixelRange | None = None,
    class_names: tuple[str, ...] = (),
    white: float | None = None,
) -> Dataset:
    """Load a data set by name or by path.

    The files of a named data set are searched for in `$KCNN_DATA_HOME`, then in Keras's cache, and otherwise
    downloaded; `digits` is embedded. A path is an .npz file in Keras's layout, a folder with MNIST's four IDX files, or
    a folder of images with one sub-folder per class. A name wins over a folder of the same name: write `./digits` for
    the folder.

    Args:
        spec: the name or the path.
        image_size: `(height, width)` to resize every image to; None keeps their size.
        pixel_range: the values of black and white in a file of your own; recognized when None.
        class_names: the classes of a model that is to be tested. Some of them may be missing then, and in an .npz file
            also the training images.
        white: the level of white in a folder's files of more than 8 bits; found from their largest level when None.

    Raises:
        UsageError: neither a known name nor a path that exists, an impossible image size, or a range for a named set.
        DatasetError: the data set is missing and cannot be downloaded, is broken, or does not fit.

    >>> load_dataset("digits", image_size=(32, 32)).input_shape
    (32, 32, 1)
    """
    path = check_path("The data set", spec)
    spec = os.fspath(spec)
    check_image_size(image_size)
    check_dataset_name(spec)
    check_pixel_range(pixel_range)
    if spec in DATASETS:
        if pixel_range is not None:
            raise UsageError(
                f"The data set {spec} has a known scale. `pixel_range=` is for data of your own: an .npz file, IDX "
                "files or a folder of images."
            )
        return _resized(_load_by_name(DATASETS[spec]), image_size)
    if not path.exists():
        raise UsageError(
            f"No data set or path named {spec!r}.{did_you_mean(spec, DATASETS)} Available: {', '.join(DATASETS)}, "
            "or the path of a file or folder."
        )
    if path.is_dir() and not find_idx_files(path):
        return Dataset.from_folder(
            path, image_size=image_size, name=spec, pixel_range=pixel_range, class_names=class_names, white=white
        )
    least_classes = 1 if class_names else 2
    dataset = _resized(_load_file(path, spec, pixel_range, least_classes), image_size)
    return dataclasses.replace(dataset, path=str(path.resolve()))


def _load_file(path: Path, spec: str, pixel_range: PixelRange | None, least_classes: int) -> Dataset:
    if path.is_dir():
        return load_idx_folder(path, name=spec, pixel_range=pixel_range, least_classes=least_classes)
    if path.suffix.lower() == ".npz":
        return load_npz(path, name=spec, pixel_range=pixel_range, least_classes=least_classes)
    raise DatasetError(
        f"The file {path} is not a data set. Use an .npz file with x_train, y_train, x_test and y_test, a folder with "
        "MNIST's four IDX files, or a folder of images with one sub-folder per class."
    )


def _resized(dataset: Dataset, image_size: tuple[int, int] | None) -> Dataset:
    if image_size is None:
        return dataset
    from keras_cnn_course.datasets.images import resize_images

    numbers = dataset.x_train.shape[0] * dataset.x_train.shape[3] * image_size[0] * image_size[1]
    if numbers * dataset.x_train.itemsize > MAX_BYTES:
        raise DatasetError(
            f"{len(dataset.x_train)} images of {image_size[0]}x{image_size[1]} pixels do not fit into "
            f"{MAX_BYTES / 2**30:g} GiB of memory. Train with a smaller `image_size=`."
        )
    return dataclasses.replace(
        dataset,
        x_train=resize_images(dataset.x_train, image_size),
        x_test=resize_images(dataset.x_test, image_size),
    )


def _load_by_name(info: DatasetInfo) -> Dataset:
    """Load a data set of the registry and check it against its SHA-256."""
    if info.name == "digits":
        return load_digits()
    if info.name == "mnist":
        return _load_mnist(info)
    if info.name == "qmnist":
        return _load_qmnist(info)
    paths = [_obtain(file) for file in info.files]
    # The registry lists the four IDX files of fashion_mnist in the order of the arrays.
    arrays = read_cifar10(paths[0]) if info.name == "cifar10" else tuple(map(read_idx, paths))
    source = str(paths[0] if len(paths) == 1 else paths[0].parent)
    return Dataset.from_arrays(
        *arrays, name=info.name, class_names=info.class_names, source=source, license=info.license
    )


def _load_mnist(info: DatasetInfo) -> Dataset:
    """Load mnist.npz and check its arrays, because several files with the same images are in circulation."""
    file = info.files[0]
    path = find_file(file) or download_file(file)
    dataset = dataclasses.replace(load_npz(path, name=info.name), source=str(path), license=info.license)
    if dataset.sha256 != file.arrays_sha256:
        raise _wrong_bytes(
            path, f"the SHA-256 of its arrays is {dataset.sha256[:12]}..., not {file.arrays_sha256[:12]}..."
        )
    return dataset


def _load_qmnist(info: DatasetInfo) -> Dataset:
    """Load MNIST's training images, with QMNIST's test images: MNIST's 10,000 reconstructed, and 50,000 more."""
    mnist = _load_mnist(DATASETS["mnist"])
    images, labels = (_obtain(file) for file in info.files[1:])
    return Dataset.from_arrays(
        *(mnist.x_train, mnist.y_train, read_idx(images), read_idx_labels(labels)),
        name=info.name,
        class_names=info.class_names,
        source=str(images.parent),
        license=info.license,
    )


def _obtain(file: DatasetFile) -> Path:
    """Return the path of a file with the published bytes; download it if it is missing."""
    path = find_file(file)
    if path is None:
        return download_file(file)
    digest = file_sha256(path)
    if digest != file.sha256:
        raise _wrong_bytes(path, f"its SHA-256 is {digest[:12]}..., not {file.sha256[:12]}...")
    return path


def _wrong_bytes(path: Path, reason: str) -> DatasetError:
    return DatasetError(f"{path} is not the published file: {reason}. Delete it and fetch it again.")


def is_as_published(file: DatasetFile, path: Path) -> bool:
    """Return whether a local file has the published bytes, or for mnist.npz the published arrays."""
    if file_sha256(path) == file.sha256:
        return True
    if not file.arrays_sha256:
        return False
    try:
        return load_npz(path).sha256 == file.arrays_sha256
    except DatasetError:
        return False
