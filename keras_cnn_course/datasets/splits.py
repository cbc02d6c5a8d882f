"""A fixed, stratified split into training and test images for data without one."""

import numpy as np

__all__ = ["stratified_split"]


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
