"""Stratified choices: a fixed split into training and test images for data without one, and a part of the images."""

import numpy as np

__all__ = ["stratified_part", "stratified_split"]


def stratified_split(labels: np.ndarray, *, test_share: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Choose test examples at random, but always the same ones, and from each class in proportion.

    The test set has `test_share` of all examples, rounded up. Each class gets its exact share rounded down, and the
    classes that lose most by rounding get one more until the sum fits. The only example of a class stays in training.

    Args:
        labels: `(n,)`, integers from 0.
        test_share: share of all examples.

    Returns:
        Indices of the training and of the test examples, each ascending.

    >>> train, test = stratified_split(np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]))
    >>> len(train), len(test), sorted(np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])[test].tolist())
    (8, 2, [0, 1])
    """
    counts = np.bincount(labels)
    exact = counts * test_share
    share = np.floor(exact).astype(int)
    missing = int(np.ceil(len(labels) * test_share - 1e-9)) - int(share.sum())
    share[np.argsort(share - exact, kind="stable")[: max(missing, 0)]] += 1
    share = np.minimum(share, np.maximum(counts - 1, 0))
    # RandomState, not default_rng: NumPy promises that only the former draws the same numbers in every version.
    generator = np.random.RandomState(0)
    test = np.concatenate(
        [generator.permutation(np.flatnonzero(labels == label))[:count] for label, count in enumerate(share)]
    )
    return np.setdiff1d(np.arange(len(labels)), test), np.sort(test)


def stratified_part(labels: np.ndarray, count: int, *, seed: int) -> np.ndarray:
    """Choose `count` examples at random, from each class in proportion, and at least one of each.

    With the same seed, a larger part contains every smaller one. The images of a class are put in a random order, and
    image number i of n has the rank (i + 1/2) / n; the smallest ranks are chosen. So each class gets its share as the
    method of Sainte-Lague divides seats.

    Args:
        labels: `(n,)`, integers from 0.
        count: from the number of classes to `n`.
        seed: a different seed chooses different examples.

    Returns:
        Indices of the chosen examples, ascending.

    >>> labels = np.repeat([0, 1], [30, 10])
    >>> np.bincount(labels[stratified_part(labels, 8, seed=0)]).tolist()
    [6, 2]
    """
    generator = np.random.default_rng([seed, len(labels)])
    ranks = np.empty(len(labels))
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        ranks[members] = (np.arange(len(members)) + 0.5) / len(members)
        ranks[members[0]] = 0  # each class has one image before any class has two
    # Of equal ranks, a random one comes first, so that a small part does not favor the first classes.
    return np.sort(np.lexsort([generator.permutation(len(labels)), ranks])[:count])
