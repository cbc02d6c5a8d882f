"""A model with a layer of the student's own opens again only where its recipe is trusted."""

import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn

RECIPE = '''"""A network with a layer of its own."""
import keras
from keras_cnn_course import Hyperparameters

HYPERPARAMETERS = Hyperparameters(epochs=1, batch_size=8, learning_rate=0.01)


class Double(keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs


def build_model(hyperparameters, input_shape, num_classes):
    model = keras.Sequential([
        keras.Input(input_shape, name="image"), Double(name="double"), keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(num_classes, activation="softmax", name="classifier"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
'''


@pytest.fixture(scope="module")
def own_layer_run(tmp_path_factory, started):
    from keras_cnn_course.api import train

    folder = tmp_path_factory.mktemp("own")
    (folder / "mine.py").write_text(RECIPE)
    images = np.random.default_rng(0).integers(0, 256, (40, 6, 6), dtype=np.uint8)
    labels = np.arange(40) % 2
    np.savez(folder / "two.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    return train(folder / "mine.py", folder / "two.npz", out=folder / "run", quiet=True, backend=started)


@pytest.mark.slow
def test_training_draws_and_names_what_the_recipe_builds(own_layer_run, tmp_path):
    folder = own_layer_run.path.parent
    words = ["train", str(folder / "mine.py"), "--dataset", str(folder / "two.npz"), "--out"]
    trained = CliRunner().invoke(kcnn, [*words, str(tmp_path / "run")])
    assert trained.exit_code == 0, trained.output
    assert (tmp_path / "run" / "plots" / "confusion.png").exists()
    assert f"kcnn report {tmp_path / 'run'} --trust-recipe --open" in trained.stderr
    together = CliRunner().invoke(kcnn, [*words, str(tmp_path / "two"), "--ensemble", "2"])
    assert together.exit_code == 0, together.output
    assert "with the mean of their probabilities" in together.stdout


def test_trusted_runs_are_compared_on_their_test_images(own_layer_run, tmp_path):
    runs = [str(own_layer_run.path), str(shutil.copytree(own_layer_run.path, tmp_path / "again"))]
    refused = CliRunner().invoke(kcnn, ["compare", *runs, "--test"])
    assert refused.exit_code == 1
    assert "--trust-recipe" in refused.stderr
    trusted = CliRunner().invoke(kcnn, ["compare", *runs, "--test", "--trust-recipe"])
    assert "The runs are not shown to differ" in " ".join(trusted.stdout.split())
    words = ["report", *runs, "--trust-recipe", "--which", "final", "--out", str(tmp_path / "compared.html")]
    assert CliRunner().invoke(kcnn, words).exit_code == 0
    assert "kcnn does not open" not in (tmp_path / "compared.html").read_text(encoding="utf-8")


def test_a_run_with_the_layer_is_verified(own_layer_run):
    verified = CliRunner().invoke(kcnn, ["verify", str(own_layer_run.path)])
    assert verified.exit_code == 0, verified.output
    assert "reproduced bit for bit" in verified.stdout


def test_evaluate_refuses_the_layer_and_takes_it_when_trusted(own_layer_run, tmp_path):
    arguments = ["evaluate", str(own_layer_run.path), "--out", str(tmp_path)]
    refused = CliRunner().invoke(kcnn, arguments)
    assert refused.exit_code == 1
    assert "Double" in refused.stderr
    assert "--trust-recipe" in refused.stderr
    trusted = CliRunner().invoke(kcnn, [*arguments, "--trust-recipe"])
    assert trusted.exit_code == 0, trusted.output
    assert f"accuracy  {own_layer_run.metrics['test_accuracy']:.2%}" in trusted.stdout


def test_it_learns_shuffled_labels_only_when_trusted(own_layer_run, tmp_path):
    arguments = ["explain", str(own_layer_run.path), "0", "--shuffled-labels", "--out", str(tmp_path / "why.png")]
    refused = CliRunner().invoke(kcnn, arguments)
    assert refused.exit_code == 1
    assert "--trust-recipe" in refused.stderr
    assert not own_layer_run.directory.shuffled_weights_file.exists()
    trusted = CliRunner().invoke(kcnn, [*arguments, "--trust-recipe"])
    assert trusted.exit_code == 0, trusted.output
    assert own_layer_run.directory.shuffled_weights_file.exists()
