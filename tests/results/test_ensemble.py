import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.results.ensemble import average_probabilities, evaluate_ensemble


def test_one_model_alone_is_itself(trained_run, digits):
    metrics = trained_run.read_metrics()
    together = evaluate_ensemble([trained_run, trained_run], digits)
    assert together.accuracy == pytest.approx(metrics["test_accuracy"], abs=1e-6)
    assert together.loss == pytest.approx(metrics["test_loss"], rel=1e-3)


def test_it_is_the_mean_of_the_models_probabilities(trained_run, digits):
    images = digits.x_test[:50]
    best, final = (trained_run.load_model(which) for which in ("best", "final"))
    final.layers[-1].bias.assign_add(np.linspace(-3, 3, 10))
    expected = [model.predict(images.astype("float32") / 255, verbose=0) for model in (best, final)]

    class Changed:
        def load_model(self, which):
            return final

    mean = average_probabilities([trained_run, Changed()], images)
    np.testing.assert_allclose(mean, np.mean(expected, axis=0), atol=1e-6)
    assert np.abs(expected[0] - expected[1]).max() > 0.1


def test_training_an_ensemble(started, tmp_path):
    arguments = ["train", "--recipe", "softmax", "--epochs", "2", "--ensemble", "3", "--seed", "5", "--quiet", "--json"]
    result = CliRunner().invoke(kcnn, [*arguments, "--out", str(tmp_path / "together")])
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    assert values["runs"] == [str(tmp_path / "together" / f"seed-{seed}") for seed in (5, 6, 7)]
    assert len(set(values["test_accuracy"])) > 1
    assert 0.5 < values["ensemble_accuracy"] <= 1


def test_a_large_ensemble_is_trained_without_a_word(tmp_path):
    """TensorFlow warns of a function that is traced anew for model after model."""
    command = [
        "train",
        "--recipe",
        "softmax",
        "--epochs",
        "1",
        "--ensemble",
        "6",
        "--quiet",
        "--out",
        str(tmp_path / "r"),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "keras_cnn_course", *command], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_an_ensemble_of_one_is_refused():
    result = CliRunner().invoke(kcnn, ["train", "--ensemble", "1"])
    assert result.exit_code == 2
