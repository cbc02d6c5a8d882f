"""Any words after `kcnn`: an exit code of 0, 1 or 2 and a message, never a traceback. TensorFlow is not started."""

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_cnn_course.cli import kcnn
from keras_cnn_course.devices import backend
from keras_cnn_course.errors import DatasetError, TrainingError

# `data` downloads, `doctor` looks at this machine and not at its options, and `homework` has its own commands, below.
COMMANDS = [name for name in kcnn.list_commands(click.Context(kcnn)) if name not in ("data", "doctor", "homework")]
WORDS = (
    *("cnn", "softmax", "digits", "best", "float32", "auto", "cpu", "gpu:0", "onnx", "blur", "convolution", "out.png"),
    *("0", "1", "-1", "8", "28x28", "1e-3", "nan", "inf", "1e999", "99999999999999999999", "filters=8", "units=0"),
    *("epochs=", "=1", "augment=shift", ".", "..", "x.npz", "x.gif", "-", "--", "--json", "0 1; 1 1", "½", ""),
)
# No system passes zero bytes or half characters. Without slashes nothing is written outside the test's folder.
WORD = st.sampled_from(WORDS) | st.text(
    st.characters(exclude_characters="/~\0", exclude_categories=["Cs"]), max_size=12
)

few = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def no_tensorflow(tmp_path, monkeypatch):
    """An empty folder to run in, no data set at hand, and an end where TensorFlow would begin."""

    def stop(*_, **__):
        raise TrainingError("Expected to stop here. Received: a command that would go on.")

    def offline(*_):
        raise DatasetError("Expected to be offline. Received: a download.")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KCNN_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(backend, "start", stop)
    monkeypatch.setattr("keras_cnn_course.sweeps.local.LocalExecutor.__enter__", stop)
    monkeypatch.setattr("keras_cnn_course.sweeps.ray.RayExecutor.__enter__", stop)
    monkeypatch.setattr("keras_cnn_course.datasets.loading.download_file", offline)


def invoke(arguments):
    result = CliRunner().invoke(kcnn, arguments)
    assert result.exit_code in (0, 1, 2), arguments
    assert result.exception is None or isinstance(result.exception, SystemExit), (arguments, result.exception)
    if result.exit_code:
        assert "Error: " in result.stderr, arguments
    return result


@pytest.mark.parametrize("name", COMMANDS)
def test_any_options_and_words(name, no_tensorflow):
    parameters = kcnn.get_command(click.Context(kcnn), name).params
    options = [parameter for parameter in parameters if isinstance(parameter, click.Option)]
    flags = [option.opts[0] for option in options if option.is_flag]
    valued = [option.opts[0] for option in options if not option.is_flag]
    one = [st.tuples(WORD)]
    one += [st.tuples(st.sampled_from(flags))] if flags else []
    one += [st.tuples(st.sampled_from(valued), WORD)] * 3 if valued else []

    @few
    @given(st.lists(st.one_of(one), max_size=5))
    def check(groups):
        invoke([name, *(word for group in groups for word in group)])

    check()


# The others look at this machine, or train.
HOMEWORK = (
    "start",
    "list",
    "check",
    "hint",
    "explain",
    "solution",
    "reset",
    "upgrade",
    "submit",
    "grade",
    "stats",
    "pack",
)


@pytest.mark.parametrize("name", HOMEWORK)
def test_any_words_behind_a_homework_command(name, no_tensorflow):
    """Where there is no homework, and nothing to grade: nothing is run."""

    @few
    @given(st.lists(WORD, max_size=4))
    def check(words):
        invoke(["homework", name, *words])

    check()


@pytest.mark.parametrize(
    "option",
    ["--epochs", "--batch-size", "--learning-rate", "--filters", "--augment", "--image-size", "--set", "--seed"],
)
def test_any_value_of_an_option_of_train(option, no_tensorflow):
    """Alone, so that no other mistake hides this one. `stop` is the only way on: nothing is trained."""

    @few
    @given(WORD | st.integers().map(str) | st.floats().map(str))
    def check(value):
        result = invoke(["train", f"{option}={value}"])
        assert result.exit_code == 2 or "Expected to stop here" in result.stderr

    check()


@pytest.mark.parametrize("name", [*COMMANDS, "data", "doctor", "homework"])
def test_an_unknown_option_is_wrong_use(name, no_tensorflow):
    assert invoke([name, "--no-such-option"]).exit_code == 2
