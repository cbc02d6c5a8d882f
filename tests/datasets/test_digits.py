"""The embedded digits: their bytes, and the way they are brought to MNIST's shape."""

import hashlib
import importlib.resources
import time

import numpy as np
import scipy.ndimage

from keras_cnn_course.datasets.digits import enlarge_digits, load_digits, read_raw_digits
from keras_cnn_course.datasets.registry import DATASETS

SHA256 = "b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e"


def centres_of_mass(images):
    images = images.astype(float)
    total = images.sum(axis=(1, 2))
    pixels = np.arange(images.shape[1])
    return np.stack([images.sum(axis=2) @ pixels, images.sum(axis=1) @ pixels], axis=-1) / total[:, np.newaxis]


def test_the_file_is_the_one_whose_provenance_is_recorded():
    folder = importlib.resources.files("keras_cnn_course.data")
    assert hashlib.sha256((folder / "digits.npz").read_bytes()).hexdigest() == SHA256
    assert SHA256 in (folder / "README.md").read_text()


def test_the_bytes_are_the_published_ones():
    images, labels = read_raw_digits()
    assert images.shape == (1797, 8, 8)
    assert (images.min(), images.max()) == (0, 16)
    # The counts a class that the authors publish for their test set.
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert images[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_the_split_is_as_the_registry_says():
    dataset, info = load_digits(), DATASETS["digits"]
    assert dataset.x_train.shape == (info.train_examples, *info.image_shape)
    assert dataset.x_test.shape == (info.test_examples, *info.image_shape)
    assert dataset.x_train.dtype == np.uint8
    assert dataset.y_train.dtype == np.int32
    share = np.bincount(dataset.y_test) / np.bincount(np.concatenate([dataset.y_train, dataset.y_test]))
    # A fifth of each class; one image more or less of 180 is 0.006.
    np.testing.assert_allclose(share, 0.2, atol=0.006)


def test_no_image_is_in_both_parts():
    dataset = load_digits()
    train = {image.tobytes() for image in dataset.x_train}
    assert not train & {image.tobytes() for image in dataset.x_test}


def test_images_are_prepared_as_mnist_was():
    images = load_digits().x_train[..., 0]
    # Rounding and the stretched contrast move the centre by a fraction of a pixel.
    np.testing.assert_allclose(centres_of_mass(images), 14, atol=0.5)
    rows, columns = (images > 0).any(axis=2).sum(axis=1), (images > 0).any(axis=1).sum(axis=1)
    longest = np.maximum(rows, columns)
    assert abs(longest.mean() - 20) < 0.5
    assert longest.max() <= 22
    assert images.max() == 255


def test_they_look_like_mnist(mnist):
    """The same mean, spread, share of ink and share of full ink as real MNIST, within a fifth."""
    ours, theirs = load_digits().x_train, mnist.x_train[:5000]
    for statistic in (np.mean, np.std, lambda x: (x > 0).mean(), lambda x: (x > 250).mean()):
        assert abs(statistic(ours) / statistic(theirs) - 1) < 0.2


def test_enlarging_agrees_with_scipy():
    """SciPy's cubic zoom of the 8x8 cells, moved to the same centre, is nearly the same picture."""
    raw, _ = read_raw_digits()
    ours = enlarge_digits(raw[:40]).astype(float)
    for image, cells in zip(ours, raw, strict=False):
        ink = cells / 16
        theirs = scipy.ndimage.zoom(np.pad(ink, 4), 19 / 8, order=3, grid_mode=True, mode="grid-constant")
        centre = np.array(scipy.ndimage.center_of_mass(np.clip(theirs, 0, None)))
        theirs = scipy.ndimage.shift(theirs, 14 - centre, order=1)[:28, :28]
        # Another cubic kernel (a spline) and a linear shift: alike, not equal.
        assert np.corrcoef(image.ravel(), theirs.ravel())[0, 1] > 0.95


def test_it_takes_a_moment():
    load_digits()
    start = time.perf_counter()
    load_digits()
    # About 0.1 s on one core; ten times that would be felt on each start.
    assert time.perf_counter() - start < 1
