import numpy as np
import pytest

from keras_cnn_course.results import neighbors
from keras_cnn_course.results.neighbors import Pair, find_neighbors


@pytest.fixture(scope="module")
def images():
    """Random images, among them exact copies, near copies, and one that is unlike all others."""
    generator = np.random.default_rng(2)
    made = generator.integers(60, 190, (300, 9, 10, 2)).astype(np.uint8)
    made[40] = made[7]
    made[200] = made[7]
    made[150] = made[100]
    made[150, 3, 4, 1] += 1
    made[260] = np.clip(made[255].astype(int) + generator.integers(-4, 5, made[255].shape), 0, 255)
    made[99] = 255 * (np.indices((9, 10)).sum(axis=0) % 2)[..., None]
    return made


def measure_all(images):
    """Return the root mean square difference of every pair."""
    flat = images.reshape(len(images), -1).astype(np.float64)
    return np.array([np.sqrt(np.mean((flat - one) ** 2, axis=1)) for one in flat])


@pytest.mark.parametrize("small", [False, True], ids=["as they are", "shrunk first"])
def test_copies_and_near_copies_are_those_that_a_loop_finds(images, monkeypatch, small):
    monkeypatch.setattr(neighbors, "_ROWS", 64)
    monkeypatch.setattr(neighbors, "_MOST_NUMBERS", 40 if small else 1024)
    monkeypatch.setattr(neighbors, "_COMPONENTS", 8)
    found = find_neighbors(images)
    assert found.copies == [Pair(7, 40, 0.0), Pair(7, 200, 0.0)]
    kept = np.setdiff1d(np.arange(300), [40, 200])
    distances = measure_all(images[kept])
    np.fill_diagonal(distances, np.inf)
    near = sorted(
        (distances[a, b], int(kept[a]), int(kept[b])) for a, b in np.argwhere(distances <= found.limit) if a < b
    )
    assert [(pair.first, pair.second) for pair in found.near_copies] == [pair[1:] for pair in near]
    assert [(pair.first, pair.second) for pair in found.near_copies] == [(100, 150), (255, 260)]
    np.testing.assert_allclose([pair.distance for pair in found.near_copies], [pair[0] for pair in near], rtol=1e-5)
    assert not found.cut


def test_the_loneliest_image_and_its_neighbor_are_exact(images):
    found = find_neighbors(images, loners=5)
    distances = measure_all(images)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.min(axis=1)
    order = np.argsort(-nearest)[:5]
    assert order[0] == 99
    assert [pair.first for pair in found.loners] == order.tolist()
    np.testing.assert_allclose([pair.distance for pair in found.loners], nearest[order], rtol=1e-5)
    assert [pair.second for pair in found.loners] == distances.argmin(axis=1)[order].tolist()


def test_too_many_near_copies_are_cut_and_this_is_said(images, monkeypatch):
    monkeypatch.setattr(neighbors, "_MOST_PAIRS", 1)
    found = find_neighbors(images)
    assert found.cut
    assert len(found.near_copies) == 1


def test_equal_images_are_copies_and_nothing_else():
    found = find_neighbors(np.zeros((3, 4, 4, 1), np.uint8))
    assert found.copies == [Pair(0, 1, 0.0), Pair(0, 2, 0.0)]
    assert found.near_copies == found.loners == []
