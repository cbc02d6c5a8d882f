"""The lecture's models, as the slides draw them."""

import ast
import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from keras_cnn_course.catalog.building import build_compiled_model
from keras_cnn_course.catalog.recipes import find_recipe, load_recipe, recipe_names
from keras_cnn_course.training.plan import split_validation

LAYERS = {
    "softmax": ["flatten", "classifier"],
    "mlp": ["flatten", "dense_1", "classifier"],
    "cnn": ["conv_1", "relu_1", "pool_1", "flatten", "dense_1", "classifier"],
    "deep_cnn": [
        *["conv_1", "relu_1", "pool_1", "conv_2", "relu_2", "pool_2"],
        *["flatten", "dense_1", "classifier"],
    ],
}
PARAMETERS = {"softmax": 7_850, "mlp": 407_050, "cnn": 2_774_858, "deep_cnn": 843_658}
# Mean test accuracy that a training with the recipe's own values must reach, and one that would be too good.
MNIST_BAND = {
    "softmax": (0.92, 0.935),
    "mlp": (0.975, 0.99),
    "cnn": (0.985, 0.995),
    "deep_cnn": (0.99, 0.997),
    "fast_cnn": (0.985, 0.995),
}


def build(name, *, input_shape=(28, 28, 1), num_classes=10, **overrides):
    recipe = load_recipe(find_recipe(name))
    return build_compiled_model(
        recipe,
        recipe.hyperparameters.with_overrides(overrides),
        input_shape=input_shape,
        num_classes=num_classes,
        seed=0,
    )


@pytest.mark.parametrize("name", LAYERS)
def test_layers_and_parameters_are_the_lectures(started, name):
    model = build(name)
    assert [tensor.name for tensor in model.inputs] == ["image"]
    assert [layer.name for layer in model.layers] == LAYERS[name]
    assert model.count_params() == PARAMETERS[name]


@pytest.mark.parametrize("name", recipe_names())
def test_the_docstring_states_the_true_number_of_parameters(started, name):
    assert find_recipe(name).stated_parameters == build(name).count_params()


@pytest.mark.parametrize("name", recipe_names())
def test_the_docstring_states_the_accuracy_that_was_measured(name):
    results = Path(__file__).resolve().parent.parent / "benchmarks" / "accuracy.json"
    if not results.is_file():
        pytest.skip("needs the recorded results in benchmarks/, which are not installed")
    runs = [run for run in json.loads(results.read_text())["runs"] if run["recipe"] == name]
    assert ("mnist" if name != "residual_cnn" else "fashion_mnist") in {run["dataset"] for run in runs}
    for dataset in {run["dataset"] for run in runs}:
        accuracies = [run["test_accuracy"] for run in runs if run["dataset"] == dataset]
        assert f"{statistics.mean(accuracies):.2%}" in find_recipe(name).docstring


def test_shapes_of_the_two_blocks(started):
    model = build("deep_cnn")
    shapes = [tuple(layer.output.shape[1:]) for layer in model.layers]
    assert shapes == [
        *[(26, 26, 32), (26, 26, 32), (13, 13, 32)],
        *[(11, 11, 64), (11, 11, 64), (5, 5, 64)],
        *[(1600,), (512,), (10,)],
    ]
    assert model.get_layer("conv_1").kernel.shape == (3, 3, 1, 32)
    assert model.get_layer("conv_2").bias.shape == (64,)


def test_filters_change_k(started):
    model = build("cnn", filters=7)
    assert model.count_params() == (9 + 1) * 7 + (13 * 13 * 7 + 1) * 512 + 513 * 10


@pytest.mark.parametrize("name", recipe_names())
@pytest.mark.parametrize(("shape", "classes"), [((32, 32, 3), 10), ((24, 18, 1), 3)])
def test_every_recipe_takes_other_shapes(started, name, shape, classes):
    model = build(name, input_shape=shape, num_classes=classes)
    assert model.output_shape == (None, classes)


def test_depth_d_gives_kernels_of_depth_d(started):
    conv = build("cnn", input_shape=(32, 32, 3)).get_layer("conv_1")
    assert conv.count_params() == 32 * (9 * 3 + 1)


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_is_read_in_one_breath(name):
    source = find_recipe(name)
    assert source.text.count("\n") <= 40
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.parse(source.text).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {"keras", "keras_cnn_course"}
    assert source.path.stem not in sys.stdlib_module_names
    assert 'Slide "' in source.docstring or "slide" in source.docstring


@pytest.mark.slow
def test_a_recipe_runs_by_itself(tmp_path):
    recipe = find_recipe("softmax").path.resolve()
    result = subprocess.run([sys.executable, recipe], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "\ntest accuracy 9" in result.stderr
    assert Path(tmp_path, "runs", "softmax-001", "metrics.json").is_file()


# What a training does without, unless it is asked for.
NOT_USED = [("plain_epochs", 0), ("class_weight", "none"), ("patience", 0), ("train_examples", 0)]


@pytest.mark.parametrize("name", recipe_names())
def test_every_value_that_the_training_uses_is_written_down(name):
    source = find_recipe(name)
    assert source.hyperparameters is not None
    for name, value in source.hyperparameters.used().items():
        if (name, value) not in NOT_USED:
            assert f"{name}=" in source.text


@pytest.mark.parametrize("name", recipe_names())
def test_the_length_on_the_embedded_digits_is_stated(name, digits):
    values = find_recipe(name).hyperparameters
    train_index, _ = split_validation(digits.y_train, values.validation_split, 0)
    steps = -(-len(train_index) // values.batch_size)
    stated = (
        f"# {values.epochs_for(len(train_index))} epochs on the embedded digits, where an epoch has only {steps} steps"
    )
    assert stated in find_recipe(name).text


OLD_RECIPE = '''"""Written for version 0.1."""

import keras
from keras import layers

from keras_cnn_course.hyperparameters import Hyperparameters

HYPERPARAMETERS = Hyperparameters(epochs=1, batch_size=250, learning_rate=0.01)


def build_model(hyperparameters: Hyperparameters, input_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input(input_shape, name="image"),
            layers.Flatten(name="flatten"),
            layers.Dense(num_classes, activation="softmax", name="classifier"),
        ]
    )
    model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    from keras_cnn_course.cli import main

    main(["train", "--recipe", __file__])
'''


@pytest.mark.slow
def test_a_recipe_of_version_0_1_runs_by_itself(tmp_path):
    (tmp_path / "old.py").write_text(OLD_RECIPE)
    assert find_recipe(str(tmp_path / "old.py")).hyperparameters.batch_size == 250
    result = subprocess.run([sys.executable, "old.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("test accuracy ")
    assert (tmp_path / "runs" / "old-001" / "recipe.py").read_text() == OLD_RECIPE


@pytest.mark.slow
@pytest.mark.parametrize("name", MNIST_BAND)
def test_a_recipe_reaches_its_accuracy_on_mnist(started, mnist, tmp_path, name):
    from keras_cnn_course.training.trainer import TrainingSettings, train

    run = train(
        find_recipe(name),
        mnist,
        TrainingSettings(out=tmp_path / name),
        backend=started,
    )
    low, high = MNIST_BAND[name]
    assert low <= run.read_metrics()["test_accuracy"] <= high
