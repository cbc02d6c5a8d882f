"""Which models are loaded: those of stock layers, as the recipes save them, and no others."""

import json
import zipfile

import numpy as np
import pytest

from keras_cnn_course.catalog.recipes import find_recipe, load_recipe, recipe_names
from keras_cnn_course.errors import RunError
from keras_cnn_course.runs.model_file import check_model_file, load_model_file


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


def test_a_lambda_of_keras_own_making_is_refused(keras, save):
    path = save(keras.layers.Lambda(lambda x: x * 2, name="twice"))
    with pytest.raises(RunError, match=r"Received: 'Lambda' \(layer 'twice'\), which runs code"):
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

    with pytest.raises(RunError, match=r"'Doubled' .*not part of Keras's public layers"):
        load_model_file(save(Doubled()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda layer: layer.update(registered_name="keras_cnn_course>OneCycle"), "a class of somebody's own"),
        (lambda layer: layer.update(module="keras.src.legacy.layers"), "keras.src.legacy.layers"),
        (lambda layer: layer.pop("module"), "of module None"),
        (lambda layer: layer.update(module=["keras"]), "of module"),
        (lambda layer: layer.update(class_name=["Dense"]), "which is no name"),
        (lambda layer: layer.update(class_name="NoSuchLayer"), "an error from Keras"),
        (lambda layer: layer["config"].update(units="many"), "an error from Keras"),
        (lambda layer: layer["config"].update(units=10**12), "weights of its model"),
        (lambda layer: layer["config"].update(activation={"class_name": "function", "module": "os"}), "module 'os'"),
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
    with pytest.raises(RunError, match="an error from Keras"):
        load_model_file(path)


def test_two_members_of_one_name_are_refused(keras, save):
    path = save(keras.layers.Flatten())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("config.json", "{}")
    with pytest.raises(RunError, match=r"to hold config\.json, metadata\.json, model\.weights\.h5"):
        load_model_file(path)


def test_the_copy_is_removed(keras, save, tmp_path, monkeypatch):
    path = save(keras.layers.Flatten())
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    load_model_file(path)
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize("layer_name", ["\x1b[2J", "two\nlines", "x" * 300, 7, ["a"]])
def test_a_name_that_a_terminal_would_obey_is_refused(keras, save, layer_name):
    path = save(keras.layers.Flatten())
    change_config(path, lambda config: config["config"]["layers"][-1]["config"].update(name=layer_name))
    with pytest.raises(RunError, match="names of one short line") as caught:
        load_model_file(path)
    assert str(caught.value).isprintable()
