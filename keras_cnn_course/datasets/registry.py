"""The data sets known by name: what they are, the URL and SHA-256 of their files, and where the files are."""

import functools
import os
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "DATASETS",
    "DOWNLOAD_TIMEOUT",
    "DatasetFile",
    "DatasetInfo",
    "data_home",
    "download_path",
    "find_file",
    "is_here",
    "keras_cache",
]

# Seconds to wait for a server before giving up.
DOWNLOAD_TIMEOUT = 30.0

_KERAS_MIRROR = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class DatasetFile:
    """One file to download.

    Args:
        path: path below `$KCNN_DATA_HOME`, with forward slashes.
        keras_path: path below the `datasets` folder of Keras's cache, where Keras itself would keep the file.
        size: number of bytes.
        sha256: SHA-256 of the file as published.
        arrays_sha256: `Dataset.sha256` of the loaded arrays, where files with other bytes and the same images are in
            circulation and are accepted too; otherwise empty.
    """

    path: str
    keras_path: str
    url: str
    size: int
    sha256: str
    arrays_sha256: str = ""


@dataclass(frozen=True)
class DatasetInfo:
    """A data set before it is loaded.

    Args:
        name: the name for `--dataset`.
        summary: one line.
        image_shape: `(height, width, channels)`.
        class_names: one name per class, in the order of the labels.
        source_url: the page that describes it.
        files: the files to download; empty for the embedded set.
    """

    name: str
    summary: str
    image_shape: tuple[int, int, int]
    train_examples: int
    test_examples: int
    class_names: tuple[str, ...]
    license: str
    source_url: str
    files: tuple[DatasetFile, ...] = ()

    @property
    def download_size(self) -> int:
        """Bytes of all files to download."""
        return sum(file.size for file in self.files)


_MNIST_FILE = DatasetFile(
    "mnist.npz",
    "mnist.npz",
    _KERAS_MIRROR + "mnist.npz",
    11_490_434,
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    arrays_sha256="ceda791d3e53beaf95f8e213c414aa4d975006504eff93f785d685ecea3e892c",
)


def _file_in(folder: str, site: str, name: str, size: int, sha256: str) -> DatasetFile:
    return DatasetFile(f"{folder}/{name}", f"{folder}/{name}", site + name, size, sha256)


_fashion_file = functools.partial(_file_in, "fashion-mnist", _KERAS_MIRROR)
_qmnist_file = functools.partial(
    _file_in, "qmnist", "https://raw.githubusercontent.com/facebookresearch/qmnist/master/"
)


_INFOS = (
    DatasetInfo(
        name="digits",
        summary="handwritten digits by 13 people, enlarged from 8x8 to 28x28; embedded",
        image_shape=(28, 28, 1),
        train_examples=1437,
        test_examples=360,
        class_names=_DIGITS,
        license="CC BY 4.0",
        source_url="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
    ),
    DatasetInfo(
        name="mnist",
        summary="handwritten digits by about 500 people, the lecture's data set",
        image_shape=(28, 28, 1),
        train_examples=60_000,
        test_examples=10_000,
        class_names=_DIGITS,
        license="CC BY-SA 3.0",
        source_url="http://yann.lecun.com/exdb/mnist/",
        files=(_MNIST_FILE,),
    ),
    DatasetInfo(
        name="qmnist",
        summary="MNIST's training images with six times as many test images",
        image_shape=(28, 28, 1),
        train_examples=60_000,
        test_examples=60_000,
        class_names=_DIGITS,
        license="CC BY-SA 3.0 (training images), BSD 3-Clause (test images)",
        source_url="https://github.com/facebookresearch/qmnist",
        # The sizes of QMNIST's files are rounded up to a multiple of 8,192; their SHA-256 are exact.
        files=(
            _MNIST_FILE,
            _qmnist_file(
                "qmnist-test-images-idx3-ubyte.gz",
                9_748_480,
                "43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375",
            ),
            _qmnist_file(
                "qmnist-test-labels-idx2-int.gz",
                532_480,
                "9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06",
            ),
        ),
    ),
    DatasetInfo(
        name="fashion_mnist",
        summary="pictures of clothes in MNIST's format, a harder task",
        image_shape=(28, 28, 1),
        train_examples=60_000,
        test_examples=10_000,
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        license="MIT",
        source_url="https://github.com/zalandoresearch/fashion-mnist",
        files=(
            _fashion_file(
                "train-images-idx3-ubyte.gz",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            _fashion_file(
                "train-labels-idx1-ubyte.gz",
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            _fashion_file(
                "t10k-images-idx3-ubyte.gz",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            _fashion_file(
                "t10k-labels-idx1-ubyte.gz",
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
    ),
    DatasetInfo(
        name="cifar10",
        summary="small color photographs: three channels, the lecture's depth d",
        image_shape=(32, 32, 3),
        train_examples=50_000,
        test_examples=10_000,
        class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        license="not stated; cite Krizhevsky, 2009",
        source_url="https://www.cs.toronto.edu/~kriz/cifar.html",
        files=(
            DatasetFile(
                "cifar-10-python.tar.gz",
                "cifar-10-batches-py-target_archive",
                "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
                170_498_071,
                "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            ),
        ),
    ),
)

DATASETS: dict[str, DatasetInfo] = {info.name: info for info in _INFOS}


def data_home() -> Path | None:
    """Return the folder `$KCNN_DATA_HOME`, or None if the variable is unset or empty."""
    value = os.environ.get("KCNN_DATA_HOME", "")
    return Path(value).expanduser() if value else None


def keras_cache() -> Path:
    """Return the folder in which Keras keeps its data sets: `$KERAS_HOME/datasets` or `~/.keras/datasets`."""
    value = os.environ.get("KERAS_HOME", "")
    return (Path(value) if value else Path.home() / ".keras") / "datasets"


def find_file(file: DatasetFile) -> Path | None:
    """Return the path of a file in `$KCNN_DATA_HOME` or in Keras's cache, or None if it is in neither."""
    home, cache = data_home(), keras_cache()
    candidates = [] if home is None else [home / file.path]
    candidates += [cache / file.keras_path, cache / file.path]
    return next((path for path in candidates if path.is_file()), None)


def download_path(file: DatasetFile) -> Path:
    """Return the path for a download: in `$KCNN_DATA_HOME` if that is set, otherwise where Keras would put it."""
    home = data_home()
    return keras_cache() / file.keras_path if home is None else home / file.path


def is_here(info: DatasetInfo) -> bool:
    """Return whether a data set can be loaded without a download."""
    return all(find_file(file) is not None for file in info.files)
