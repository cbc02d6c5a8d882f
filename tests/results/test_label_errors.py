import numpy as np
import pytest

from keras_cnn_course.results.label_errors import count_confident, find_doubtful_labels


@pytest.fixture(scope="module")
def noisy():
    """Probabilities of a mediocre model, and labels of which a tenth were replaced at random."""
    generator = np.random.default_rng(4)
    true = generator.integers(0, 5, 600)
    logits = generator.normal(size=(600, 5))
    logits[np.arange(600), true] += generator.uniform(0, 6, 600)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.where(generator.random(600) < 0.1, generator.integers(0, 5, 600), true)
    return probabilities.astype(np.float32), labels, true


def test_the_confident_joint_agrees_with_its_definition(noisy):
    probabilities, labels, _ = noisy
    thresholds = [
        np.mean([row[label] for row, own in zip(probabilities, labels, strict=True) if own == label])
        for label in range(5)
    ]
    joint = np.zeros((5, 5), dtype=int)
    for row, label in zip(probabilities, labels, strict=True):
        reached = [(float(row[other]), other) for other in range(5) if row[other] >= thresholds[other]]
        if reached:
            joint[label, max(reached)[1]] += 1
    np.testing.assert_array_equal(count_confident(probabilities, labels), joint)
    assert 0 < joint.trace() < joint.sum() < 600


def test_all_contradicted_labels_are_listed_by_the_probability_of_the_label(noisy):
    probabilities, labels, true = noisy
    found = find_doubtful_labels(probabilities, labels)
    assert {one.index for one in found} == set(np.flatnonzero(probabilities.argmax(axis=1) != labels))
    values = [one.label_probability for one in found]
    assert values == sorted(values)
    for one in found:
        assert one.label == labels[one.index] != one.suggested
        assert one.label_probability == probabilities[one.index, one.label]
        assert one.suggested_probability == probabilities[one.index, one.suggested]
    # Most of the labels that were replaced are found, and most that are called probable errors are some.
    replaced = set(np.flatnonzero(labels != true))
    confident = {one.index for one in found if one.is_confident}
    assert len(replaced & {one.index for one in found[: len(replaced)]}) > 0.6 * len(replaced)
    assert len(replaced & confident) > 0.8 * len(confident)


@pytest.mark.slow
def test_cleanlab_finds_the_same_errors_in_the_same_order(noisy):
    filters = pytest.importorskip("cleanlab.filter", reason="needs cleanlab: pip install cleanlab")
    probabilities, labels, _ = noisy
    values = probabilities.astype(np.float64)
    theirs = filters.find_label_issues(
        labels, values, filter_by="confident_learning", return_indices_ranked_by="self_confidence", n_jobs=1
    )
    ours = [one.index for one in find_doubtful_labels(values, labels) if one.is_confident]
    assert ours == theirs.tolist()
    assert len(ours) > 10


def test_perfect_answers_leave_no_doubt():
    assert find_doubtful_labels(np.eye(3)[[0, 1, 2, 2]], np.array([0, 1, 2, 2])) == []
