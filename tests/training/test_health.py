"""The health of a network's layers, against finite differences and loops, and the sentences about what is wrong."""

import doctest
import json
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from keras import layers

import keras_cnn_course
from keras_cnn_course.cli import kcnn
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.runs.health_file import LayerHealth, format_health, parse_health
from keras_cnn_course.training import health
from keras_cnn_course.training.diagnosis import diagnose, diagnose_run
from keras_cnn_course.training.health import HealthCheck

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 5, 5, 1), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def test_doctests():
    assert doctest.testmod(health).failed == 0


@pytest.fixture(scope="module")
def model(started):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((5, 5, 1), name="image"),
            layers.Conv2D(4, 3, name="conv"),
            layers.ReLU(name="relu"),
            layers.Flatten(name="flatten"),
            layers.Dropout(0.5, name="dropout"),
            layers.Dense(6, activation="relu", name="hidden"),
            layers.Dense(3, activation="softmax", name="classifier"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    generator = np.random.default_rng(0)
    for name in ("conv", "hidden"):  # no sum is exactly 0, where the slope of a ReLU is a convention
        kernel, bias = model.get_layer(name).get_weights()
        model.get_layer(name).set_weights([kernel, generator.uniform(0.1, 0.3, bias.shape)])
    kernel, bias = (np.array(value) for value in model.get_layer("conv").get_weights())
    bias[2] = -100  # one dead channel
    model.get_layer("conv").set_weights([kernel, bias])
    return model


def compute_with_numpy(weights):
    """Return the outputs of the ReLU and of the hidden layer for the images, and the mean loss, in float64."""
    conv, conv_bias, hidden, hidden_bias, last, last_bias = weights
    windows = np.lib.stride_tricks.sliding_window_view(IMAGES[..., 0] / 255, (3, 3), axis=(1, 2))
    maps = np.maximum(np.einsum("nhwij,ijk->nhwk", windows, conv[:, :, 0]) + conv_bias, 0)
    units = np.maximum(maps.reshape(6, -1) @ hidden + hidden_bias, 0)
    logits = units @ last + last_bias
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[range(6), LABELS]
    return maps, units, losses.mean()


def test_norms_are_those_of_the_weights_and_of_finite_differences(model):
    before = model.get_weights()
    rows = {row.layer: row for row in HealthCheck(model, IMAGES, LABELS).measure(7)}
    assert list(rows) == ["conv", "relu", "hidden", "classifier"]
    assert {row.epoch for row in rows.values()} == {7}
    assert all((old == new).all() for old, new in zip(before, model.get_weights(), strict=True))
    weights = [weight.astype("float64") for weight in before]
    for number, name in enumerate(("conv", "hidden", "classifier")):
        own = weights[2 * number : 2 * number + 2]
        assert rows[name].weight_norm == pytest.approx(np.sqrt(sum((weight**2).sum() for weight in own)), rel=1e-5)
        slopes = [find_slope(weights, weight, place) for weight in own for place in np.ndindex(weight.shape)]
        assert rows[name].gradient_norm == pytest.approx(np.linalg.norm(slopes), rel=1e-3)


def find_slope(weights, weight, place, step=1e-6):
    """Return the derivative of the loss with respect to one weight, from two losses."""
    losses = []
    for sign in (1, -1):
        weight[place] += sign * step
        losses.append(compute_with_numpy(weights)[2])
        weight[place] -= sign * step
    return (losses[0] - losses[1]) / (2 * step)


def test_dead_units_are_those_that_are_0_for_every_image(model):
    rows = {row.layer: row for row in HealthCheck(model, IMAGES, LABELS).measure(1)}
    maps, units, _ = compute_with_numpy([weight.astype("float64") for weight in model.get_weights()])
    assert rows["relu"].dead_share == (maps.max(axis=(0, 1, 2)) == 0).mean() >= 0.25
    assert rows["hidden"].dead_share == pytest.approx((units.max(axis=0) == 0).mean(), abs=1e-6)
    assert rows["classifier"].dead_share is rows["conv"].dead_share is None


def test_a_model_with_a_call_of_its_own_is_trained_without_being_measured(tmp_path, capsys):
    (tmp_path / "mine.py").write_text(
        "import keras\n"
        "from keras import layers\n"
        "import keras_cnn_course as kcnn\n"
        "HYPERPARAMETERS = kcnn.Hyperparameters(epochs=1, batch_size=500, learning_rate=0.01)\n"
        "class Mine(keras.Model):\n"
        "    def call(self, images, training=None):\n"
        "        return self.layers[2](self.layers[1](images))\n"
        "def build_model(hyperparameters, input_shape, num_classes):\n"
        "    image = keras.Input(input_shape)\n"
        "    classes = layers.Dense(num_classes, activation='softmax')(layers.Flatten()(image))\n"
        "    model = Mine(image, classes)\n"
        "    model.compile('adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])\n"
        "    return model\n"
    )
    run = keras_cnn_course.train(tmp_path / "mine.py", "digits", out=tmp_path / "run")
    assert run.record.status == "finished"
    assert not run.health
    assert "are not measured, because its `call` is written by hand." in capsys.readouterr().err


def test_the_file_keeps_every_value():
    rows = [LayerHealth(1, 'a "b", c', 0.5, None, None), LayerHealth(2, "relu", None, None, 0.25)]
    assert parse_health(format_health(rows)) == rows
    for text in ("epoch,layer\n1,a\n", format_health(rows).replace("0.25", "inf"), "", format_health(rows) + "1,2\n"):
        with pytest.raises(ValueError):  # noqa: PT011  several reasons
            parse_health(text)


GOOD = {
    **{"loss": [2.0, 0.5, 0.2, 0.1], "accuracy": [0.3, 0.8, 0.9, 0.97]},
    **{"val_loss": [1.0, 0.4, 0.3, 0.31], "val_accuracy": [0.5, 0.9, 0.9, 0.9]},
}


@pytest.mark.parametrize(
    ("changes", "rows", "only", "sentence"),
    [
        ({}, [], "", None),
        ({"loss": [0.05, 0.049, 0.05, 0.049]}, [], "", None),
        ({"loss": [2.301, 2.302, 2.303, 2.302]}, [], "", "The training loss does not fall: it is 2.3010"),
        ({"loss": [12.18]}, [], "", "After one epoch, the training loss of 12.1800 is not clearly below that of guess"),
        ({"val_loss": [1.0, 0.2, 0.3, 0.4]}, [], "", "The validation loss rises from 0.2000 in epoch 2 to 0.4000"),
        ({"val_loss": [0.01, 0.001, 0.003, 0.004]}, [], "", None),
        ({"val_loss": [0.2, 0.07, 0.1, 0.14]}, [], "", None),  # no worse than the training images
        (
            {"val_accuracy": [0.5, 0.7, 0.7, 0.8]},
            [],
            "",
            "The network recognizes 97.0% of the training images, but only",
        ),
        ({}, [LayerHealth(3, "relu", None, None, 1.0)], "", "Layer 'relu' is dead"),
        ({}, [LayerHealth(3, "relu", None, None, 0.6)], "", "In layer 'relu', 60% of the units are 0"),
        ({}, [LayerHealth(2, "relu", None, None, 1.0), LayerHealth(3, "relu", None, None, 0.1)], "", None),
        ({}, [], "cat", "The model answers 'cat' for every test image"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_else(changes, rows, only, sentence):
    findings = diagnose({**GOOD, **changes}, rows, classes=10, val_examples=1000, only_class=only)
    assert len(findings) == (sentence is not None)
    assert not findings or findings[0].startswith(sentence)


@pytest.mark.parametrize("changes", [{"val_loss": [1.0, 0.2, 0.2, 0.4]}, {"val_accuracy": [0.5, 0.7, 0.7, 0.8]}])
def test_what_a_few_validation_images_do_by_chance_is_no_finding(changes):
    assert diagnose({**GOOD, **changes}, [], classes=10, val_examples=8) == []


@pytest.mark.parametrize(
    ("epochs", "patience", "start", "end"),
    [
        (2, 0, "", ""),
        (3, 1, "", ""),
        (20, 1, "The training ended after 2 of 20 epochs", "or with a larger patience."),
        (20, 0, "A callback ended the training after 2 of 20 epochs", "or without this callback."),
    ],
)
def test_a_training_that_ended_while_the_learning_rate_was_high_says_so(
    trained_run, tmp_path, epochs, patience, start, end
):
    run = RunDirectory.open(shutil.copytree(trained_run.path, tmp_path / "run"))
    record = run.read_record()
    values = {**record.hyperparameters, "epochs": epochs, "patience": patience}
    run.write_record(replace(record, cycles=(epochs,), hyperparameters=values))
    findings = [finding for finding in diagnose_run(run) if "most accurate in the last epochs" in finding]
    assert len(findings) == bool(start)
    assert not findings or (findings[0].startswith(start) and findings[0].endswith(end))


@pytest.mark.slow
def test_a_training_that_fails_says_so_and_a_good_one_does_not(started, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["train", "mlp", "--set", "units=16", "--train-examples", "200", "--set", "schedule=constant", "--json"]
    result = CliRunner().invoke(kcnn, [*words, "--learning-rate", "5", "--epochs", "3", "--out", "bad"])
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    warnings = " ".join(result.stderr.split())
    rows = RunDirectory.open(tmp_path / "bad").read_health()
    assert {row.layer for row in rows} == {"dense_1", "classifier"}
    assert "Warning: Layer 'dense_1' is dead" in warnings
    assert f"Warning: The model answers '{values['only_class']}' for every test image" in warnings
    result = CliRunner().invoke(kcnn, [*words, "--learning-rate", "0.003", "--epochs", "8", "--out", "good"])
    assert result.exit_code == 0, result.output
    assert "Warning" not in result.stderr
    assert "only_class" not in json.loads(result.stdout)
