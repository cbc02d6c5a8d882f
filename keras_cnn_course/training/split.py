"""Holding out some training images to choose the best epoch."""

import numpy as np

from keras_cnn_course.errors import DatasetError

__all__ = ["split_validation"]


def split_validation(labels: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Split the training images by their labels: the same share of every class is held out, chosen by the seed.

    Args:
        labels: `(n,)` class of each image.
        share: share of each class to hold out.
        seed: another seed holds out other images.

    Returns:
        Indices to train on and indices held out, each sorted; every class keeps at least one image to train on.

    Raises:
        DatasetError: no class has an image to spare.

    >>> train, val = split_validation(np.array([0, 0, 0, 0, 1, 1, 1, 1]), 0.25, seed=0)
    >>> len(train), len(val)
    (6, 2)
    """
    rng = np.random.default_rng(seed)
    held_out = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        held_out.append(members[: min(max(1, round(share * len(members))), len(members) - 1)])
    val = np.sort(np.concatenate(held_out))
    if not len(val):
        raise DatasetError(
            f"Expected at least one class with two training images, to hold one out. Received: {len(labels)} images."
        )
    return np.setdiff1d(np.arange(len(labels)), val), val
