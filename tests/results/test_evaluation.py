import numpy as np
import pytest

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import DatasetError
from keras_cnn_course.results.evaluation import check_dataset, evaluate_model, score_predictions
from keras_cnn_course.results.interval import wilson_interval
from keras_cnn_course.results.prediction import Guess
from keras_cnn_course.runs.directory import RunRecord

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.9, 0.1, 0.0], [0.1, 0.2, 0.7]])
LABELS = np.array([0, 1, 1, 1, 0])


def test_the_scores_of_a_small_example_by_hand():
    evaluation = score_predictions(PROBABILITIES, LABELS, loss=0.5)
    assert evaluation.accuracy == 0.4
    assert evaluation.examples == 5
    assert evaluation.interval == wilson_interval(2, 5)
    assert evaluation.confusion.tolist() == [[1, 0, 1], [2, 1, 0], [0, 0, 0]]
    zero, one, two = evaluation.classes
    assert (zero.precision, zero.recall, zero.f1, zero.support) == (1 / 3, 1 / 2, 2 / 5, 2)
    assert (one.precision, one.recall, one.f1, one.support) == (1.0, 1 / 3, 1 / 2, 3)
    assert (two.precision, two.recall, two.f1, two.support) == (0.0, None, 0.0, 0)


def test_a_class_never_seen_nor_called_has_no_scores():
    scores = score_predictions(PROBABILITIES[:1], LABELS[:1], loss=0.5).classes[2]
    assert (scores.precision, scores.recall, scores.f1) == (None, None, None)


def test_the_most_confident_mistake_comes_first():
    mistakes = score_predictions(PROBABILITIES, LABELS, loss=0.5).mistakes
    assert [mistake.index for mistake in mistakes] == [3, 4, 1]
    first = mistakes[0]
    assert (first.true, first.predicted, first.confidence) == (1, 0, 0.9)
    assert first.guesses == (Guess(0, 0.9), Guess(1, 0.1), Guess(2, 0.0))


def test_a_model_is_evaluated_as_keras_does(build_cnn, images_and_labels):
    model, (images, labels) = build_cnn(), images_and_labels(1200)
    loss, accuracy = model.evaluate(images.astype(np.float32) / 255, labels, verbose=0)
    evaluation = evaluate_model(model, images, labels)
    assert evaluation.loss == pytest.approx(loss, rel=1e-5)
    assert evaluation.accuracy == pytest.approx(accuracy, abs=1e-6)
    assert len(evaluation.mistakes) == 1200 - np.trace(evaluation.confusion)
    assert evaluation.confusion.sum(axis=1).tolist() == np.bincount(labels, minlength=4).tolist()


def test_no_images_are_refused(build_cnn):
    with pytest.raises(DatasetError, match="none"):
        evaluate_model(build_cnn(), np.zeros((0, 8, 8, 1), np.uint8), np.zeros(0, np.int32))


@pytest.fixture
def dataset():
    generator = np.random.default_rng(3)
    images, labels = generator.integers(0, 256, (8, 6, 6, 1), dtype=np.uint8), np.arange(8, dtype=np.int32) % 2
    return Dataset("pets", images[:6], labels[:6], images[6:], labels[6:], class_names=("cat", "dog"))


def record_of(dataset, /, **changes):
    values = {
        "recipe": "cnn",
        "hyperparameters": {},
        "dataset": dataset.name,
        "dataset_sha256": dataset.sha256,
        "input_shape": dataset.input_shape,
        "class_names": dataset.class_names,
        "train_examples": 5,
        "val_examples": 1,
        "seed": 0,
        "command": "",
        "device": "cpu",
        "threads": 1,
        "precision": "float32",
        "engine": "",
    }
    return RunRecord(**(values | changes))


def test_the_data_set_of_the_run_and_another_of_its_shape_fit(dataset):
    check_dataset(record_of(dataset), dataset)
    check_dataset(record_of(dataset, dataset="other", dataset_sha256="0" * 64), dataset)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_shape": (28, 28, 1)}, "28x28x1.*pets with images of 6x6x1"),
        ({"class_names": ("a", "b", "c")}, "3 classes.*pets with 2 classes"),
        ({"dataset_sha256": "0" * 64}, "SHA-256 000000000000.*other contents"),
    ],
)
def test_a_data_set_that_does_not_fit_is_refused(dataset, changes, message):
    with pytest.raises(DatasetError, match=message):
        check_dataset(record_of(dataset, **changes), dataset)
