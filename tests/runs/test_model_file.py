"""Which models are loaded: those of stock layers, as the recipes save them, and no others."""

import errno
import json
import zipfile

import numpy as np
import pytest

from keras_cnn_course.catalog.recipes import find_recipe, load_recipe, recipe_names
from keras_cnn_course.errors import RunError
from keras_cnn_course.runs.model_file import check_model_file, load_model_file

# What any function or class of Keras is called in a configuration.
FUNCTION = {"class_name": "function", "module": "keras.layers", "config": "TFSMLayer"}
# What a configuration calls a loss that is a function of Keras.
LOSS = {"module": "builtins", "class_name": "function", "config": "huber", "registered_name": "function"}


@pytest.fixture
def keras(started):
    import keras

    return keras


@pytest.fixture
def save(keras, tmp_path):
    """Return a function that saves layers, stacked on an image of 8x8, as a model."""

    def save(*layers, path=tmp_path / "model.keras"):
        keras.Sequential([keras.layers.Input((8, 8, 1)), *layers]).save(path)
        return path

    return save


def change_config(path, change):
    """Rewrite a model's configuration, and everything else as it was."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipes_model_is_loaded_as_it_was(started, tmp_path, name):
    recipe = load_recipe(find_recipe(name))
    model = recipe.build_model(recipe.hyperparameters, (28, 28, 1), 10)
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    _, stored = check_model_file(tmp_path / "model.keras")
    assert stored >= model.count_params()
    loaded = load_model_file(tmp_path / "model.keras")
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert type(loaded.optimizer) is type(model.optimizer)


def test_the_checks_leave_names_as_they_were(keras, save):
    """The model is built twice; what a later layer is called must not depend on that, nor where it is computed."""
    loaded = load_model_file(save(keras.layers.Flatten(), keras.layers.Dense(3)))
    assert loaded(np.zeros((1, 8, 8, 1))).numpy().shape == (1, 3)


def test_layers_of_a_students_choice(keras, tmp_path):
    layers = keras.layers
    image = layers.Input((8, 8, 1))
    x = layers.SeparableConv2D(4, 3, padding="same", depthwise_regularizer="l2")(image)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("gelu")(x + layers.Conv2D(4, 1)(image)) * 2.0
    x = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(keras.ops.relu(x)))
    x = layers.Bidirectional(layers.LSTM(3))(layers.Reshape((2, 2))(x))
    model = keras.Model(image, layers.Dense(2, kernel_constraint=keras.constraints.MaxNorm(2))(x))
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    model.compile(keras.optimizers.SGD(schedule), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    loaded = load_model_file(tmp_path / "model.keras")
    pixels = np.random.default_rng(0).random((3, 8, 8, 1), dtype=np.float32)
    np.testing.assert_array_equal(np.asarray(loaded(pixels)), np.asarray(model(pixels)))


LOSSES = (
    *("binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy", "categorical_focal_crossentropy"),
    *("categorical_hinge", "cosine_similarity", "hinge", "huber", "kl_divergence", "log_cosh", "mean_absolute_error"),
    *("mean_squared_error", "poisson", "sparse_categorical_crossentropy", "squared_hinge"),
)
METRICS = (
    *("binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy"),
    "top_k_categorical_accuracy",
)


@pytest.mark.parametrize("name", LOSSES + METRICS)
def test_functions_of_keras_as_loss_and_metric_are_loaded_as_they_were(keras, tmp_path, name):
    function = getattr(keras.losses if name in LOSSES else keras.metrics, name)
    model = keras.Sequential([keras.layers.Input((8, 8, 1)), keras.layers.Flatten()])
    model.compile("sgd", loss=[function], metrics=[function])
    model.save(tmp_path / "model.keras")
    assert load_model_file(tmp_path / "model.keras").loss == [function]


@pytest.mark.parametrize(
    "change",
    [
        {"config": "deserialize"},
        {"config": "get"},
        {"config": "relu"},
        {"config": "Huber"},
        {"config": "hostile_test>huber"},
        {"config": ["huber"]},
        {"config": {"name": "huber"}},
        {"module": "keras.losses"},
        {"module": "os"},
        {"registered_name": "hostile_test>huber"},
        {"build_config": {}},
    ],
)
@pytest.mark.parametrize("setting", ["loss", "metrics"])
def test_functions_beyond_losses_and_metrics_are_refused(keras, save, setting, change):
    path = save(keras.layers.Flatten())
    change_config(path, lambda config: config.update(compile_config={"optimizer": "sgd", setting: LOSS | change}))
    with pytest.raises(RunError, match=r"'function' .*of module"):
        load_model_file(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config.update(compile_config={"optimizer": LOSS}),
        lambda config: config["config"]["layers"][-1]["config"].update(activation=LOSS),
    ],
)
def test_functions_are_known_as_loss_and_metric_only(keras, save, change):
    path = save(keras.layers.Flatten(), keras.layers.Dense(3))
    change_config(path, change)
    with pytest.raises(RunError, match="'function' of module 'builtins'"):
        load_model_file(path)


def test_a_lambda_of_keras_own_making_is_refused(keras, save):
    path = save(keras.layers.Lambda(lambda x: x * 2, name="twice"))
    with pytest.raises(RunError, match=r"contains 'Lambda' \(named 'twice'\) .*Nothing in the file was run"):
        load_model_file(path)


def test_a_lambda_within_a_model_within_a_model_is_refused(keras, save):
    inner = keras.Sequential([keras.layers.TimeDistributed(keras.layers.Lambda(lambda x: x))])
    with pytest.raises(RunError, match="'Lambda'"):
        load_model_file(save(inner))


def test_a_registered_class_is_refused_although_it_is_known_here(keras, save):
    @keras.saving.register_keras_serializable("hostile_test")
    class Doubled(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 2

    with pytest.raises(RunError, match=r"'Doubled' .*not one of the Keras classes"):
        load_model_file(save(Doubled()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda layer: layer.update(registered_name="keras_cnn_course>OneCycle"), "a class of its author's own"),
        (lambda layer: layer.update(module="keras.src.legacy.layers"), "keras.src.legacy.layers"),
        (lambda layer: layer.pop("module"), "of module None"),
        (lambda layer: layer.update(module=["keras"]), "of module"),
        (lambda layer: layer.update(class_name=["Dense"]), "not one of the Keras classes"),
        (lambda layer: layer.update(class_name="NoSuchLayer"), "not one of the Keras classes"),
        (lambda layer: layer["config"].update(units="many"), "Keras cannot load the model"),
        (lambda layer: layer["config"].update(units=10**12), "stores 195 numbers, but its model has"),
        (lambda layer: layer["config"].update(activation="os.system"), "activation 'os.system'"),
        (lambda layer: layer["config"].update(activation=FUNCTION), "'function' of module 'keras.layers'"),
        (lambda layer: layer["config"].update(kernel_initializer=FUNCTION), "'function' of module 'keras.layers'"),
        (lambda layer: layer["config"].update(dtype=FUNCTION), "'function' of module 'keras.layers'"),
        (lambda layer: layer["config"].update(units=FUNCTION), "neither a number nor a short word"),
        (lambda layer: layer["config"].update(units="/etc/passwd"), "neither a number nor a short word"),
        (lambda layer: layer.update(build_config={"input_shape": FUNCTION}), "names 'function' among its shapes"),
        (lambda layer: layer.update(compile_config={"loss": FUNCTION}), "'function' of module 'keras.layers'"),
        (lambda layer: layer.update(surprise=1), "'surprise' beside its configuration"),
    ],
)
def test_a_changed_layer_is_explained(keras, save, change, message):
    path = save(keras.layers.Flatten(), keras.layers.Dense(3, name="dense"))
    change_config(path, lambda config: change(config["config"]["layers"][-1]))
    with pytest.raises(RunError, match=message) as caught:
        load_model_file(path)
    assert len(str(caught.value).splitlines()) == 1


def test_weights_of_another_size_are_explained(keras, save):
    path = save(keras.layers.Flatten(), keras.layers.Dense(3))
    change_config(path, lambda config: config["config"]["layers"][-1]["config"].update(units=4))
    with pytest.raises(RunError, match="Keras cannot load the model"):
        load_model_file(path)


def test_two_members_of_one_name_are_refused(keras, save):
    path = save(keras.layers.Flatten())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("config.json", "{}")
    with pytest.raises(RunError, match=r"holds config\.json, metadata\.json, model\.weights\.h5; .* holds "):
        load_model_file(path)


def test_the_copy_is_removed(keras, save, tmp_path, monkeypatch):
    path = save(keras.layers.Flatten())
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    load_model_file(path)
    assert not list((tmp_path / "temporary").iterdir())


def test_a_full_temporary_folder_is_named(keras, save, tmp_path, monkeypatch):
    path = save(keras.layers.Flatten())
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(
        RunError, match=rf"Cannot copy {path} to {tmp_path / 'missing'}: No such file or directory\. Free"
    ):
        load_model_file(path)


def test_a_machine_without_a_temporary_folder_is_explained(keras, save, monkeypatch):
    def fail():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    path = save(keras.layers.Flatten())
    monkeypatch.setattr("tempfile.gettempdir", fail)
    with pytest.raises(RunError, match=r"Cannot find a temporary folder: No usable .* in the variable TMPDIR\."):
        load_model_file(path)


@pytest.mark.parametrize("layer_name", ["\x1b[2J", "two\nlines", "x" * 300, 7, ["a"]])
def test_a_name_that_a_terminal_would_obey_is_refused(keras, save, layer_name):
    path = save(keras.layers.Flatten())
    change_config(path, lambda config: config["config"]["layers"][-1]["config"].update(name=layer_name))
    with pytest.raises(RunError, match="not one short line of text") as caught:
        load_model_file(path)
    assert str(caught.value).isprintable()


@pytest.fixture
def save_branched(keras, tmp_path):
    """Return a function that saves a Functional model whose last two layers a change may rewrite."""

    def save(change):
        image = keras.Input((8, 8, 1), name="image")
        flat = keras.layers.Flatten(name="flat")(image)
        doubled = flat * 2.0
        model = keras.Model(image, keras.layers.Dense(2, name="answer")(doubled))
        model.save(tmp_path / "model.keras")
        change_config(tmp_path / "model.keras", lambda config: change(config["config"]))
        return tmp_path / "model.keras"

    return save


def test_a_layer_beside_the_path_to_the_output_is_refused(save_branched):
    def add(config):
        beside = json.loads(json.dumps(config["layers"][-1]))
        beside["name"] = beside["config"]["name"] = "beside"
        beside["config"]["units"] = 10**8
        config["layers"].append(beside)

    with pytest.raises(RunError, match="'beside', which leads to no output"):
        load_model_file(save_branched(add))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([2.0, 3.0], "is called on constants"),
        ([{"class_name": "__numpy__", "config": {"value": [1], "dtype": "float32"}}], "is called on '__numpy__'"),
        ([{"class_name": "__tensor__", "config": {"value": [1], "dtype": "float32"}}], "is called on '__tensor__'"),
        (["/etc/passwd"], "is called on the text"),
        ([{"class_name": "function", "config": "open", "module": "builtins"}], "is called on"),
    ],
)
def test_an_operation_on_anything_but_tensors_and_numbers_is_refused(save_branched, arguments, message):
    def call(config):
        operation = next(layer for layer in config["layers"] if layer["class_name"] == "Multiply")
        operation["inbound_nodes"][0]["args"] = arguments

    with pytest.raises(RunError, match=message):
        load_model_file(save_branched(call))


def test_a_layer_that_is_called_on_a_path_is_refused(save_branched):
    def call(config):
        config["layers"][-1]["inbound_nodes"][0]["kwargs"] = {"training": "relative-name/of/a/folder"}

    with pytest.raises(RunError, match="is called on the text"):
        load_model_file(save_branched(call))


def test_a_layer_with_an_enormous_output_is_refused_before_it_is_computed(keras, save):
    path = save(keras.layers.UpSampling2D(2, name="larger"))
    change_config(path, lambda config: config["config"]["layers"][-1]["config"].update(size=[10_000, 10_000]))
    with pytest.raises(RunError, match=r"'larger' .*computes 6,400,000,000 numbers per image"):
        load_model_file(path)


def test_steps_that_would_be_unrolled_are_refused(keras, save):
    layers = keras.layers
    with pytest.raises(RunError, match="unrolls its steps"):
        load_model_file(save(layers.Reshape((8, 8)), layers.LSTM(2, unroll=True)))
