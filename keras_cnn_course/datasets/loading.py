"""`load_dataset`: from what `--dataset` was given, a name or a path, to a `Dataset`."""

import dataclasses
from pathlib import Path

from keras_cnn_course.datasets.arrays import MAX_BYTES, RawArrays, build_dataset
from keras_cnn_course.datasets.cifar import read_cifar10
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.digits import load_digits
from keras_cnn_course.datasets.download import download_file, file_sha256
from keras_cnn_course.datasets.idx import find_idx_files, load_idx_folder, read_idx
from keras_cnn_course.datasets.locations import find_file
from keras_cnn_course.datasets.npz import load_npz
from keras_cnn_course.datasets.registry import DATASETS, DatasetFile, DatasetInfo
from keras_cnn_course.errors import DatasetError, UsageError, did_you_mean

__all__ = ["is_as_published", "load_dataset"]

_MAX_SIDE = 4096


def load_dataset(spec: str, *, image_size: tuple[int, int] | None = None) -> Dataset:
    """Load a data set by name or by path.

    A name is looked for in `$KCNN_DATA_HOME`, then in Keras's cache, then downloaded; `digits` is embedded. A path
    is an .npz in Keras's layout, a folder with MNIST's four IDX files, or a folder of images with a sub-folder a
    class. A name wins over a folder of the same name: write `./digits` for the folder.

    Args:
        spec: the name or the path.
        image_size: `(height, width)` to bring every image to; as they are when None.

    Raises:
        UsageError: neither a known name nor a path that exists, or an impossible image size.
        DatasetError: the data set is missing and cannot be downloaded, is broken, or does not fit.

    >>> load_dataset("digits", image_size=(32, 32)).input_shape
    (32, 32, 1)
    """
    if image_size is not None and not all(1 <= side <= _MAX_SIDE for side in image_size):
        raise UsageError(
            f"Expected an image size of 1 to {_MAX_SIDE} pixels each way. Received: {image_size[0]}x{image_size[1]}."
        )
    if not spec.isprintable():  # it is printed, and stored in run.json
        raise UsageError(f"Expected a data set's name or path without control characters. Received: {spec!r}.")
    if spec in DATASETS:
        return _resized(_load_by_name(DATASETS[spec]), image_size)
    path = Path(spec).expanduser()
    if not path.exists():
        raise UsageError(
            f"Expected a data set's name ({', '.join(DATASETS)}) or a path that exists. "
            f"Received: {spec!r}.{did_you_mean(spec, DATASETS)}"
        )
    if path.is_dir() and not find_idx_files(path):
        from keras_cnn_course.datasets.image_folder import load_image_folder

        return load_image_folder(path, image_size=image_size, name=spec)
    return _resized(_load_file(path, spec), image_size)


def _load_file(path: Path, spec: str) -> Dataset:
    if path.is_dir():
        return load_idx_folder(path, name=spec)
    if path.suffix == ".npz":
        return load_npz(path, name=spec)
    raise DatasetError(
        "Expected an .npz with x_train, y_train, x_test and y_test, a folder with MNIST's four IDX files, or a folder "
        f"of images with a sub-folder a class. Received: the file {path}."
    )


def _resized(dataset: Dataset, image_size: tuple[int, int] | None) -> Dataset:
    if image_size is None:
        return dataset
    from keras_cnn_course.datasets.images import resize_images

    numbers = dataset.x_train.shape[0] * dataset.x_train.shape[3] * image_size[0] * image_size[1]
    if numbers * dataset.x_train.itemsize > MAX_BYTES:
        raise DatasetError(
            f"Expected images that fit into {MAX_BYTES / 2**30:g} GiB together. Received: {len(dataset.x_train)} of "
            f"{image_size[0]}x{image_size[1]} pixels. Choose a smaller --image-size."
        )
    return dataclasses.replace(
        dataset,
        x_train=resize_images(dataset.x_train, image_size),
        x_test=resize_images(dataset.x_test, image_size),
    )


def _load_by_name(info: DatasetInfo) -> Dataset:
    """Load a data set of the registry, checked against its hashes."""
    if info.name == "digits":
        return load_digits()
    if info.name == "mnist":
        return _load_mnist(info)
    paths = [_obtain(file) for file in info.files]
    # fashion_mnist: the four IDX files in the registry's order, which is that of the four arrays.
    arrays = read_cifar10(paths[0]) if info.name == "cifar10" else RawArrays(*map(read_idx, paths))
    source = str(paths[0] if len(paths) == 1 else paths[0].parent)
    return build_dataset(info.name, arrays, class_names=info.class_names, source=source, licence=info.licence)


def _load_mnist(info: DatasetInfo) -> Dataset:
    """Load mnist.npz and check the arrays: the same images are in circulation in more than one container."""
    path = find_file(info.files[0]) or download_file(info.files[0])
    dataset = dataclasses.replace(load_npz(path, name=info.name), source=str(path), licence=info.licence)
    if dataset.sha256 != info.sha256:
        raise _wrong_bytes(path, f"other arrays (SHA-256 {dataset.sha256[:12]}..., not {info.sha256[:12]}...)")
    return dataset


def _obtain(file: DatasetFile) -> Path:
    """Return the path of a file with the published bytes, downloaded where it is not here."""
    path = find_file(file)
    if path is None:
        return download_file(file)
    digest = file_sha256(path)
    if digest != file.sha256:
        raise _wrong_bytes(path, f"another file (SHA-256 {digest[:12]}..., not {file.sha256[:12]}...)")
    return path


def _wrong_bytes(path: Path, received: str) -> DatasetError:
    return DatasetError(f"Expected {path} as it was published. Received: {received}. Delete it and fetch it again.")


def is_as_published(info: DatasetInfo, file: DatasetFile, path: Path) -> bool:
    """Return whether a file that is here holds what was published: its bytes, or for mnist its arrays."""
    if file_sha256(path) == file.sha256:
        return True
    if not info.sha256:
        return False
    try:
        return load_npz(path, name=info.name).sha256 == info.sha256
    except DatasetError:
        return False
