"""The learning rate range test, against gradient descent in NumPy and against what is known of quadratic losses."""

import doctest
import json
from itertools import repeat
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.cli import kcnn
from keras_cnn_course.inspection.found_rate import find_rate
from keras_cnn_course.training import rate_test
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.rate_test import GrowingRate, RateTest, measure_rates


def test_doctests(started):
    assert doctest.testmod(rate_test).failed == 0


IMAGES = np.random.default_rng(0).integers(0, 256, (50, 3, 3, 1), dtype=np.uint8)
LABELS = np.random.default_rng(1).integers(0, 3, 50, dtype=np.int32)


@pytest.fixture(scope="module")
def linear(started):
    """The test of linear regression to one-hot labels with full batches: a loss that is quadratic in the weights."""

    def squares(labels, outputs):
        return keras.ops.mean((keras.ops.one_hot(keras.ops.cast(labels, "int32"), 3) - outputs) ** 2)

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3, 3, 1)), keras.layers.Flatten(), keras.layers.Dense(3, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1), squares)
    kernel = np.array(model.layers[-1].kernel, dtype="float64")
    engine = Engine(model, batch_size=50, schedule=GrowingRate(1e-4, 100, 200))
    engine.load(IMAGES, LABELS)
    return kernel, measure_rates(engine, repeat(np.arange(50)))


def test_the_losses_are_those_of_gradient_descent(linear):
    kernel, test = linear
    inputs, targets = IMAGES.reshape(50, 9) / 255, np.eye(3)[LABELS]
    stable = test.rates.index(test.best)  # beyond, each step multiplies the rounding errors
    assert stable > 100
    for step, (rate, loss) in enumerate(zip(test.rates[:stable], test.losses, strict=False)):
        assert rate == pytest.approx(1e-4 * 10 ** (6 * step / 199), rel=1e-4)
        error = inputs @ kernel - targets
        assert loss == pytest.approx((error**2).mean(), rel=1e-3)
        kernel = kernel - rate * 2 * inputs.T @ error / error.size


def test_the_loss_rises_where_gradient_descent_is_known_to_diverge(linear):
    _, test = linear
    inputs = IMAGES.reshape(50, 9) / 255
    limit = 2 / np.linalg.eigvalsh(2 * inputs.T @ inputs / (50 * 3)).max()
    assert limit / 3 < test.best < 3 * limit
    assert test.suggestion < limit
    assert limit < test.rates[-1] < 10 * limit, "it stops soon after the limit, not at the highest rate"


def test_a_step_that_is_skipped_repeats_its_rate(started):
    """As in float16, where the scaled loss may be too large at first."""
    model = keras.Sequential([keras.Input((3, 3, 1)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=3e38)
    model.compile(optimizer, "sparse_categorical_crossentropy", loss_weights=[1000.0])
    engine = Engine(model, batch_size=50, schedule=GrowingRate(1e-4, 1, 20))
    engine.load(IMAGES, LABELS)
    rates = measure_rates(engine, repeat(np.arange(50))).rates
    assert rates[0] == rates[1] == pytest.approx(1e-4)
    assert rates[-2] < rates[-1] < 1


def test_a_loss_that_does_not_fall_gives_no_suggestion():
    rates = tuple(np.geomspace(1e-6, 1, 60))
    assert RateTest(rates, (2.3,) * 60).suggestion is None
    assert RateTest(rates, tuple(np.linspace(2.3, 5, 60))).suggestion is None


@pytest.fixture
def measure():
    """A function that tests the rates with an engine of which only the losses are known; the last one repeats."""

    def measure_losses(*losses, steps=60):
        left = iter([*losses, *[losses[-1]] * steps])
        engine = SimpleNamespace(
            schedule=GrowingRate(1e-6, 1, steps),
            train=lambda _: SimpleNamespace(loss=next(left)),
            optimizer=SimpleNamespace(learning_rate=0.1),
        )
        return measure_rates(engine, repeat(np.arange(1)))

    return measure_losses


def test_one_lucky_batch_does_not_end_the_test(measure):
    assert len(measure(*[2.3] * 20, 0.1, 2.3).losses) == 60


@pytest.mark.parametrize("loss", [30.0, 1e30])
def test_losses_that_stay_large_end_the_test(measure, loss):
    assert 20 < len(measure(*[2.3] * 20, loss).losses) <= 25


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_a_loss_that_is_not_finite_ends_the_test(measure, loss):
    assert measure(2.3, 2.2, loss).losses == (2.3, 2.2)


@pytest.fixture
def write_recipe(tmp_path):
    """A function that writes softmax regression with a loss function of its own, and returns the file."""

    def write(loss):
        path = tmp_path / "shifted.py"
        text = find_recipe("softmax").text.replace('loss="sparse_categorical_crossentropy"', "loss=own_loss")
        function = f"return {loss} + keras.losses.sparse_categorical_crossentropy(labels, outputs)"
        path.write_text(
            text.replace("def build_model", f"def own_loss(labels, outputs):\n    {function}\n\n\ndef build_model")
        )
        return str(path)

    return write


@pytest.mark.parametrize("loss", ["nan", "inf", "-inf"])
def test_a_first_loss_that_is_not_finite_is_explained(started, write_recipe, tmp_path, loss):
    words = ["train", write_recipe(f"float('{loss}')"), "--find-rate", "--out", str(tmp_path / "rates.png")]
    result = CliRunner().invoke(kcnn, words)
    assert result.exit_code == 1
    message = " ".join(result.stderr.split())
    assert f"The loss of the first batch is {loss}, before any optimizer step" in message
    assert "try --precision float32." in message
    assert not (tmp_path / "rates.png").exists()


def test_a_loss_below_zero_has_a_rate_and_a_picture(started, digits, write_recipe):
    plain = find_rate("softmax", digits, backend=started)
    found = find_rate(write_recipe(-3.0), digits, backend=started)
    assert len(found.losses) >= len(plain.losses)
    assert found.losses[0] == pytest.approx(plain.losses[0] - 3, abs=1e-3)
    assert plain.suggestion / 1.5 < found.suggestion < 1.5 * plain.suggestion
    bottom, top = found.plot().axes[0].get_ylim()
    assert bottom <= min(found.losses) < max(found.test.smoothed[:100]) < top


@pytest.mark.slow
def test_the_command_suggests_a_rate_that_trains_and_writes_no_run(started, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["train", "softmax", "--find-rate", "--train-examples", "300", "--json"]
    result = CliRunner().invoke(kcnn, words)
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    assert [path.name for path in tmp_path.iterdir()] == ["learning-rate-softmax.png"] == [values["picture"]]
    assert values["used"] == 0.01
    assert 0.002 < values["suggestion"] < 0.2
    assert CliRunner().invoke(kcnn, words).stdout == result.stdout, "the seed decides"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "run"], "must end in .png, .svg or .pdf"),
        (["--ensemble", "2"], "--find-rate trains no run, so --ensemble cannot be used with it."),
        (["--resume", "run"], "--find-rate cannot be used with --resume"),
    ],
)
def test_options_of_a_run_are_refused(words, message):
    result = CliRunner().invoke(kcnn, ["train", "--find-rate", *words])
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
