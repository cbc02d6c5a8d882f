import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.errors import DatasetError
from keras_cnn_course.results.evaluation import (
    average_probabilities,
    evaluate_ensemble,
    evaluate_model,
    score_predictions,
)
from keras_cnn_course.results.interval import wilson_interval
from keras_cnn_course.results.prediction import Guess

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
    with pytest.raises(DatasetError, match="no test images"):
        evaluate_model(build_cnn(), np.zeros((0, 8, 8, 1), np.uint8), np.zeros(0, np.int32))


def test_an_ensemble_of_one_model_twice_is_that_model(trained_run, digits):
    metrics = trained_run.read_metrics()
    together = evaluate_ensemble([trained_run.load_model()] * 2, digits)
    assert together.accuracy == pytest.approx(metrics["test_accuracy"], abs=1e-6)
    assert together.loss == pytest.approx(metrics["test_loss"], rel=1e-3)


def test_an_ensemble_is_the_mean_of_the_models_probabilities(trained_run, digits):
    images = digits.x_test[:50]
    best, final = (trained_run.load_model(which) for which in ("best", "final"))
    final.layers[-1].bias.assign_add(np.linspace(-3, 3, 10))
    expected = [model.predict(images.astype("float32") / 255, verbose=0) for model in (best, final)]
    mean = average_probabilities([best, final], images)
    np.testing.assert_allclose(mean, np.mean(expected, axis=0), atol=1e-6)
    assert np.abs(expected[0] - expected[1]).max() > 0.1


def test_training_an_ensemble(started, tmp_path):
    arguments = ["train", "--recipe", "softmax", "--epochs", "2", "--ensemble", "2", "--seed", "5", "--quiet", "--json"]
    result = CliRunner().invoke(kcnn, [*arguments, "--out", str(tmp_path / "together")])
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    assert values["runs"] == [str(tmp_path / "together" / f"seed-{seed}") for seed in (5, 6)]
    assert len(set(values["test_accuracy"])) > 1
    assert 0.5 < values["ensemble_accuracy"] <= 1


@pytest.mark.slow
def test_a_large_ensemble_is_trained_without_a_word(tmp_path):
    """TensorFlow warns when a function is traced again for one model after another."""
    command = ["train", "--recipe", "softmax", "--epochs", "1", "--ensemble", "6", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "keras_cnn_course", *command, "--out", str(tmp_path / "r")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def test_an_ensemble_of_one_is_refused():
    result = CliRunner().invoke(kcnn, ["train", "--ensemble", "1"])
    assert result.exit_code == 2
