"""The event files of a training, read back with TensorBoard's own reader."""

import io

import numpy as np
import pytest

from keras_cnn_course import resume, train
from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.training.callbacks import Callback
from keras_cnn_course.training.tensorboard import continue_log, tile

pytest.importorskip("tensorboard", reason='needs TensorBoard: pip install "keras-cnn-course[tensorboard]"')
SMALL = {"epochs": 2, "min_steps": 0, "filters": 4, "units": 16, "quiet": True, "device": "cpu"}


@pytest.fixture(scope="module")
def logged_run(started, digits, tmp_path_factory):
    """A run of two epochs with event files."""
    out = tmp_path_factory.mktemp("logged") / "cnn-001"
    return train("cnn", digits, out=out, log="tensorboard", backend=started, **SMALL)


def read_log(path):
    """Return the events of a file, or of the files of a folder."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(path), {"tensors": 0}).Reload()


def read_pictures(events, tag):
    """Yield the pictures of a tag, one for each epoch from 0."""
    from PIL import Image
    from tensorboard.util.tensor_util import make_ndarray

    for event in events.Tensors(tag):
        width, height, picture = make_ndarray(event.tensor_proto)[:3]
        with Image.open(io.BytesIO(picture)) as image:
            assert image.size == (int(width), int(height))
            yield np.asarray(image)


@pytest.fixture(scope="module")
def read_events(logged_run):
    """A function that returns the events of a part of the log."""
    return lambda part: read_log(logged_run.path / "tensorboard" / part)


def scalars(events, tag):
    from tensorboard.util.tensor_util import make_ndarray

    return {event.step: float(make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)}


@pytest.mark.parametrize(
    ("part", "tag", "column"),
    [
        ("train", "epoch_loss", "loss"),
        ("train", "epoch_accuracy", "accuracy"),
        ("train", "epoch_learning_rate", "learning_rate"),
        ("validation", "epoch_loss", "val_loss"),
        ("validation", "epoch_accuracy", "val_accuracy"),
    ],
)
def test_the_scalars_are_those_of_the_history(logged_run, read_events, part, tag, column):
    logged, history = scalars(read_events(part), tag), logged_run.history[column]
    assert list(logged) == [1, 2]
    assert list(logged.values()) == pytest.approx(history, rel=1e-6)  # float32


def test_there_are_histograms_of_every_weight_and_its_gradient(logged_run, read_events):
    from tensorboard.util.tensor_util import make_ndarray

    events = read_events("train")
    for variable in logged_run.model.trainable_variables:
        for kind in ("weights", "gradients"):
            histograms = [make_ndarray(event.tensor_proto) for event in events.Tensors(f"{kind}/{variable.path}")]
            assert len(histograms) == 3  # before the training, and after each epoch
            assert all(histogram[:, 2].sum() == np.prod(variable.shape) for histogram in histograms)
            assert len({float(histogram[0, 0]) for histogram in histograms}) > 1, "they change"


def test_the_images_are_the_kernels_and_the_feature_maps(read_events):
    events = read_events("train")
    names = [tag for tag in events.Tags()["tensors"] if tag.startswith(("kernels/", "feature_maps/"))]
    assert names == ["kernels/conv_1", "feature_maps/conv_1", "feature_maps/relu_1", "feature_maps/pool_1"]
    for name in names:
        *_, last = read_pictures(events, name)
        assert np.ptp(last) > 100, "not a single gray"


def test_feature_maps_of_negative_numbers_are_black(started, digits, tmp_path):
    bias = "bias_initializer=keras.initializers.Constant(-9)"
    (tmp_path / "mine.py").write_text(find_recipe("cnn").text.replace('name="conv_1"', f'name="conv_1", {bias}'))
    run = train(tmp_path / "mine.py", digits, out=tmp_path / "run", log="tensorboard", backend=started, **SMALL)
    first, *_ = read_pictures(read_log(run.path / "tensorboard" / "train"), "feature_maps/conv_1")
    assert np.median(first) == 0


def test_a_network_with_one_feature_map_is_logged(started, digits, tmp_path):
    recipe = tmp_path / "one.py"
    recipe.write_text(
        "import keras\n"
        "from keras import layers\n"
        "import keras_cnn_course as kcnn\n"
        "HYPERPARAMETERS = kcnn.Hyperparameters(epochs=1, batch_size=250, learning_rate=0.01)\n"
        "def build_model(hyperparameters, input_shape, num_classes):\n"
        "    answer = layers.Dense(num_classes, 'softmax')\n"
        "    model = keras.Sequential([keras.Input(input_shape), layers.Conv2D(4, 3), layers.Flatten(), answer])\n"
        "    model.compile(keras.optimizers.SGD(hyperparameters.learning_rate), 'sparse_categorical_crossentropy')\n"
        "    return model\n"
    )
    run = train(recipe, digits, out=tmp_path / "run", log="tensorboard", backend=started, quiet=True)
    assert run.record.status == "finished"
    assert list((run.path / "tensorboard" / "train").iterdir())


def test_the_hyperparameters_are_in_their_tab(logged_run, read_events):
    from tensorboard.plugins.hparams import metadata

    plugin = read_events("").PluginTagToContent("hparams")
    assert set(plugin) == {metadata.EXPERIMENT_TAG, metadata.SESSION_START_INFO_TAG, metadata.SESSION_END_INFO_TAG}
    start = metadata.parse_session_start_info_plugin_data(plugin[metadata.SESSION_START_INFO_TAG])
    assert start.hparams["recipe"].string_value == "cnn"
    assert start.hparams["filters"].number_value == 4


def test_the_log_changes_no_bit_of_the_run(logged_run, started, digits, tmp_path):
    plain = train("cnn", digits, out=tmp_path / "plain", backend=started, **SMALL)
    for one, other in zip(plain.model.get_weights(), logged_run.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_missing_package_or_a_wrong_name_is_reported_before_anything_is_written(monkeypatch, tmp_path):
    with pytest.raises(UsageError, match="log must be 'tensorboard' or None; got 'wandb'"):
        train("cnn", "digits", out=tmp_path / "run", log="wandb")
    monkeypatch.setattr("keras_cnn_course.training.tensorboard.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r'pip install "keras-cnn-course\[tensorboard\]"'):
        train("cnn", "digits", out=tmp_path / "run", log="tensorboard")
    assert not (tmp_path / "run").exists()


def validated_epochs(run):
    """Return the epochs for which a log has a validation loss, from files whose names may all be of one second."""
    files = (run / "tensorboard" / "validation").iterdir()
    return sorted(event.step for file in files for event in read_log(file).Tensors("epoch_loss"))


def test_a_run_that_python_resumes_continues_its_log(started, digits, tmp_path):
    options = {"backend": started, "quiet": True}
    run = train("softmax", digits, out=tmp_path / "run", log="tensorboard", epochs=1, **options)
    resume(run, epochs=2, **options)
    assert validated_epochs(run.path) == [1, 2]


@pytest.mark.slow
def test_a_resumed_run_continues_its_log(started, tmp_path):
    from click.testing import CliRunner

    from keras_cnn_course.cli import kcnn

    words = ["train", "softmax", "--epochs", "1", "--log", "tensorboard", "--out", str(tmp_path / "run"), "--quiet"]
    assert CliRunner().invoke(kcnn, words).exit_code == 0
    longer = CliRunner().invoke(kcnn, ["train", "--resume", str(tmp_path / "run"), "--epochs", "2", "--quiet"])
    assert longer.exit_code == 0, longer.output
    assert validated_epochs(tmp_path / "run") == [1, 2]


def test_without_the_package_a_resumed_run_says_that_its_log_ends(logged_run, monkeypatch):
    warnings = []

    class Listener(Callback):
        def on_warning(self, text):
            warnings.append(text)

    monkeypatch.setattr("keras_cnn_course.training.tensorboard.find_spec", lambda name: None)
    listener = Listener()
    assert continue_log(logged_run.directory, listener) is listener
    assert len(warnings) == 1
    assert warnings[0].startswith("The log of this run is not continued. Logging for TensorBoard needs")


def test_a_full_disk_is_reported(started, digits, tmp_path, monkeypatch):
    import tensorflow as tf

    def fail(*arguments, **named):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(tf.summary, "histogram", fail)
    with pytest.raises(RunError, match=r"Cannot write .*tensorboard: No space left on device"):
        train("softmax", digits, out=tmp_path / "run", log="tensorboard", backend=started, epochs=1, quiet=True)


def test_tiles_keep_every_pixel():
    pictures = np.linspace(0, 1, 5 * 3 * 2).reshape(5, 3, 2, 1)
    sheet = tile(pictures)
    assert set(np.unique(pictures.astype("float32"))) <= set(np.unique(sheet))
    assert tile(np.zeros((2, 3, 3, 3))).shape[2] == 3
    assert tile(np.zeros((2, 3, 3, 5))).shape[2] == 1
