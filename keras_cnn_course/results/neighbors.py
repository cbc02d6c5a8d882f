"""Images and their nearest neighbors: copies, near copies, and images unlike all others.

All pairs of 70,000 images of 784 pixels would take minutes. So the images are projected on their principal components
first. A projection never makes a distance larger: a pair that is near in pixels is near there, too. The few pairs that
are left are compared pixel by pixel.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

__all__ = ["Neighbors", "Pair", "find_neighbors"]

_COMPONENTS = 32
_MOST_NUMBERS = 1024
_ROWS = 500
_NEAR = 0.2  # of the median distance to the nearest neighbor
_MOST_PAIRS = 200_000
_CANDIDATES = 200


@dataclass(frozen=True)
class Pair:
    """Two images, and how much they differ.

    Args:
        first: index of an image; for a copy or a near copy, that of the earlier one.
        second: index of the other image.
        distance: root mean square of the differences between their pixels, from 0 to 255; 0 for exact copies.
    """

    first: int
    second: int
    distance: float


@dataclass(frozen=True, eq=False)
class Neighbors:
    """What the distances between images show.

    Args:
        copies: pairs of equal images, each with the first of its kind.
        near_copies: other pairs that are at most `limit` apart, the nearest first.
        limit: the distance that counts as near, from 0 to 255.
        median: of the distances to the nearest neighbors, or slightly above it: what counts is the neighbor that is
            nearest in the principal components, which may be the second nearest in pixels.
        loners: images unlike all others, with their nearest neighbor, the loneliest first.
        cut: whether there are more near copies than are listed.
    """

    copies: list[Pair]
    near_copies: list[Pair]
    limit: float
    median: float
    loners: list[Pair]
    cut: bool


def find_neighbors(images: np.ndarray, *, loners: int = 50) -> Neighbors:
    """Compare all images with each other.

    An image counts as a near copy if its distance to another one is at most a fifth of `Neighbors.median`, in which
    each set of equal images counts once.

    Args:
        images: from 0 to 255, `(n, height, width, channels)`.
        loners: number of images unlike all others to return; fewer if there are fewer images.
    """
    first_of = _find_first_copies(images)
    copies = [Pair(int(first), index, 0.0) for index, first in enumerate(first_of) if first != index]
    kept = np.flatnonzero(first_of == np.arange(len(images)))
    pixels = images.reshape(len(images), -1)
    if len(kept) < 2:
        return Neighbors(copies, [], 0.0, 0.0, [], cut=False)
    features = _project(images, kept)
    squares, nearest = _find_nearest(features)
    exact = _measure(pixels, kept, kept[nearest])
    limit = float(_NEAR * np.median(exact))
    places, cut = _find_near(features, np.flatnonzero(squares <= _slack(limit, pixels)), limit=_slack(limit, pixels))
    distances = _measure(pixels, kept[places[:, 0]], kept[places[:, 1]])
    order = np.argsort(distances, kind="stable")
    near = [
        Pair(int(kept[places[at, 0]]), int(kept[places[at, 1]]), float(distances[at]))
        for at in order
        if distances[at] <= limit
    ]
    lonely = _find_exact_nearest(pixels, kept, kept[np.argsort(-squares, kind="stable")[:_CANDIDATES]])
    lonely.sort(key=lambda pair: -pair.distance)
    return Neighbors(copies, near, limit, float(np.median(exact)), lonely[:loners], cut=cut)


def _find_first_copies(images: np.ndarray) -> np.ndarray:
    """Return for each image the index of the first one that is equal, `(n,)`."""
    seen: dict[bytes, int] = {}
    return np.array([seen.setdefault(hashlib.sha256(image.tobytes()).digest(), at) for at, image in enumerate(images)])


def _project(images: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return the principal components of images, and the length of what they leave out, float32 `(n, components + 1)`.

    Distances between the rows are never larger than those between the images.
    """
    blocks = [kept[start : start + _ROWS] for start in range(0, len(kept), _ROWS)]
    mean = images[kept].mean(axis=0, dtype=np.float64).astype(np.float32)
    covariance = np.zeros(())
    for block in blocks:
        small = _shrink(images[block].astype(np.float32) - mean)
        covariance = covariance + small.T @ small
    basis = np.linalg.eigh(covariance)[1][:, ::-1][:, :_COMPONENTS].astype(np.float32)
    parts = []
    for block in blocks:
        centered = images[block].astype(np.float32) - mean
        components = _shrink(centered) @ basis
        left = np.maximum((centered**2).sum(axis=(1, 2, 3)) - (components**2).sum(axis=1), 0)
        parts.append(np.concatenate([components, np.sqrt(left)[:, None]], axis=1))
    return np.concatenate(parts)


def _shrink(images: np.ndarray) -> np.ndarray:
    """Return at most about 1,000 numbers per image: sums over square blocks of pixels, scaled to be a projection."""
    count, height, width, channels = images.shape
    side = min(height, width, math.ceil(math.sqrt(height * width * channels / _MOST_NUMBERS)))
    rows, columns = height // side, width // side
    whole = images[:, : rows * side, : columns * side].reshape(count, rows, side, columns, side, channels)
    return np.asarray(whole.sum(axis=(2, 4)).reshape(count, -1) / np.float32(side))


def _find_nearest(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the squared distance to the nearest other row, and which row that is, `(n,)` each."""
    squares, nearest = np.empty(len(features), np.float32), np.empty(len(features), dtype=np.int64)
    for start, distances in _compare_all(features):
        own = np.arange(len(distances))
        distances[own, own + start] = np.inf
        at = distances.argmin(axis=1)
        squares[start : start + len(own)], nearest[start : start + len(own)] = distances[own, at], at
    return np.maximum(squares, 0), nearest


def _compare_all(features: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the number of a first row, and the squared distances of some rows to all rows; the array is used again."""
    squares = (features**2).sum(axis=1, keepdims=True)
    ones = np.ones_like(squares)
    left = np.concatenate([features, squares, ones], axis=1)
    right = np.concatenate([-2 * features, ones, squares], axis=1).T
    distances = np.empty((min(_ROWS, len(features)), len(features)), np.float32)
    for start in range(0, len(features), _ROWS):
        rows = left[start : start + _ROWS]
        yield start, np.matmul(rows, right, out=distances[: len(rows)])


def _find_near(features: np.ndarray, lively: np.ndarray, *, limit: float) -> tuple[np.ndarray, bool]:
    """Return pairs of rows whose squared distance is at most `limit`, `(pairs, 2)`, and whether there are more.

    Args:
        lively: the rows whose nearest neighbor is that near.
    """
    part, found, count = features[lively], [np.empty((0, 2), dtype=np.int64)], 0
    for start, distances in _compare_all(part):
        rows, columns = np.nonzero(distances <= limit)
        later = columns > rows + start
        found.append(np.stack([lively[rows[later] + start], lively[columns[later]]], axis=1))
        count += int(later.sum())
        if count > _MOST_PAIRS:
            return np.concatenate(found)[:_MOST_PAIRS], True
    return np.concatenate(found), False


def _slack(limit: float, pixels: np.ndarray) -> float:
    """Return a squared distance that is safely above `limit`, which is a root mean square.

    Squares of lengths up to 255 times the root of the number of pixels are subtracted in float32.
    """
    size = pixels.shape[1]
    return float(limit**2 * size + 1e-6 * 255**2 * size)


def _measure(pixels: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the root mean square difference of pairs of images, `(pairs,)`."""
    parts = [
        np.sqrt(np.mean((pixels[a].astype(np.float32) - pixels[b].astype(np.float32)) ** 2, axis=1, dtype=np.float64))
        for a, b in (
            (first[start : start + _ROWS], second[start : start + _ROWS]) for start in range(0, len(first), _ROWS)
        )
    ]
    return np.concatenate([np.empty(0), *parts])


def _find_exact_nearest(pixels: np.ndarray, kept: np.ndarray, chosen: np.ndarray) -> list[Pair]:
    """Return some images with their nearest neighbors among `kept`."""
    own = pixels[chosen].astype(np.float32)
    best, nearest = np.full(len(chosen), np.inf), np.zeros(len(chosen), dtype=np.int64)
    for start in range(0, len(kept), _ROWS):
        part = kept[start : start + _ROWS]
        others = pixels[part].astype(np.float32)
        squares = (own**2).sum(axis=1)[:, None] - 2 * own @ others.T + (others**2).sum(axis=1)
        squares[chosen[:, None] == part] = np.inf
        at = squares.argmin(axis=1)
        found = squares[np.arange(len(chosen)), at]
        nearest = np.where(found < best, part[at], nearest)
        best = np.minimum(found, best)
    distances = _measure(pixels, chosen, nearest)
    return [Pair(int(a), int(b), float(c)) for a, b, c in zip(chosen, nearest, distances, strict=True)]
