"""The data sets known by name: what they are, where their files come from and what those files must hash to."""

from dataclasses import dataclass

__all__ = ["DATASETS", "DOWNLOAD_TIMEOUT", "DatasetFile", "DatasetInfo"]

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
        url: where it is published.
        size: bytes.
        sha256: SHA-256 of the file as published.
    """

    path: str
    keras_path: str
    url: str
    size: int
    sha256: str


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a data set before it is loaded.

    Args:
        name: what `--dataset` takes.
        summary: one line.
        image_shape: `(height, width, channels)`.
        train_examples: number of training images.
        test_examples: number of test images.
        class_names: one name a class, in the order of the labels.
        licence: the licence of the data.
        source_url: the page that describes it.
        sha256: `Dataset.sha256` of the loaded arrays, where that is checked instead of the files; else empty.
        files: the files to download; empty for the embedded set.
    """

    name: str
    summary: str
    image_shape: tuple[int, int, int]
    train_examples: int
    test_examples: int
    class_names: tuple[str, ...]
    licence: str
    source_url: str
    sha256: str = ""
    files: tuple[DatasetFile, ...] = ()

    @property
    def download_size(self) -> int:
        """Bytes of all files to download."""
        return sum(file.size for file in self.files)


def _fashion_file(name: str, size: int, sha256: str) -> DatasetFile:
    return DatasetFile(f"fashion-mnist/{name}", f"fashion-mnist/{name}", _KERAS_MIRROR + name, size, sha256)


_INFOS = (
    DatasetInfo(
        name="digits",
        summary="handwritten digits of 13 writers, 8x8 brought to 28x28; embedded",
        image_shape=(28, 28, 1),
        train_examples=1437,
        test_examples=360,
        class_names=_DIGITS,
        licence="CC BY 4.0",
        source_url="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
    ),
    DatasetInfo(
        name="mnist",
        summary="handwritten digits of some 500 writers, the lecture's data set",
        image_shape=(28, 28, 1),
        train_examples=60_000,
        test_examples=10_000,
        class_names=_DIGITS,
        licence="CC BY-SA 3.0",
        source_url="http://yann.lecun.com/exdb/mnist/",
        # The arrays count, not their container: the same images are in circulation in more than one .npz.
        sha256="ceda791d3e53beaf95f8e213c414aa4d975006504eff93f785d685ecea3e892c",
        files=(
            DatasetFile(
                "mnist.npz",
                "mnist.npz",
                _KERAS_MIRROR + "mnist.npz",
                11_490_434,
                "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
            ),
        ),
    ),
    DatasetInfo(
        name="fashion_mnist",
        summary="pictures of clothes in the shape of MNIST, a harder task",
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
        licence="MIT",
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
        summary="small colour photographs: three channels, the lecture's depth d",
        image_shape=(32, 32, 3),
        train_examples=50_000,
        test_examples=10_000,
        class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        licence="not stated; cite Krizhevsky, 2009",
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
