"""`kcnn show` as a student calls it."""

import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.cli import kcnn


def _show(*arguments, columns=100):
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(kcnn, ["show", *map(str, arguments)])


def test_the_table_spells_out_the_lectures_arithmetic():
    result = _show("cnn")
    assert result.exit_code == 0
    for text in ("28-3+1 = 26", "(3*3*1+1)*32 = 320", "5408*512+512 = 2,769,408", "2,774,858", "194,688"):
        assert text in result.stdout
    assert "values  epochs=4" in result.stdout
    assert "sees 2" not in result.stdout.partition("total")[2]
    table = result.stdout.partition("\nlayer")[2]
    assert max(map(len, table.splitlines())) <= 96


def test_what_two_blocks_do_not_see_is_said():
    result = _show("deep_cnn")
    assert "The last layer sees 26x26 of the 28x28 pixels" in result.stdout


def test_data_set_and_filters_change_the_model():
    result = _show("cnn", "--dataset", "cifar10", "--filters", "16", "--set", "units=8", "--json")
    assert result.exit_code == 0
    facts = json.loads(result.stdout)
    assert facts["input_shape"] == [32, 32, 3]
    assert facts["hyperparameters"]["filters"] == 16
    assert facts["layers"][0]["parameter_arithmetic"] == "(3*3*3+1)*16 = 448"
    assert facts["parameters"] == 448 + 15 * 15 * 16 * 8 + 8 + 8 * 10 + 10
    assert facts["multiply_adds"] == sum(layer["multiply_adds"] for layer in facts["layers"])


def test_a_students_file_and_a_data_set_by_path(tmp_path):
    recipe = tmp_path / "mine.py"
    shutil.copy(find_recipe("softmax").path, recipe)
    images, labels = np.zeros((6, 5, 7), np.uint8), np.arange(6) % 3
    np.savez(tmp_path / "tiny.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    result = _show(recipe, "--dataset", tmp_path / "tiny.npz", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert (facts["input_shape"], facts["num_classes"], facts["parameters"]) == ([5, 7, 1], 3, 35 * 3 + 3)


def test_a_recipe_that_prints_leaves_the_json_alone(tmp_path):
    text = find_recipe("softmax").text.replace("    return model", "    model.summary()\n    return model")
    assert "summary" in text
    (tmp_path / "mine.py").write_text(f"{text}print('loaded')\n")
    result = _show(tmp_path / "mine.py", "--json")
    assert json.loads(result.stdout)["parameters"] == 7850
    assert "loaded" in result.stderr
    assert "Total params" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cn"], "Did you mean 'cnn'?"),
        (["cnn", "--filters", "many"], "filters must be a whole number from 1 to 4096; got 'many'"),
        (["cnn", "--set", "filtres=3"], "Did you mean 'filters'?"),
        (["cnn", "--set", "filters"], "--set needs KEY=VALUE"),
        (["softmax", "--filters", "3"], "This recipe has no hyperparameter 'filters'."),
        (["cnn", "--dataset", "mnits"], "Did you mean 'mnist'?"),
        ([], "Missing argument 'RECIPE'"),
    ],
)
def test_wrong_use_exits_with_2_and_says_what_to_do(arguments, message):
    result = _show(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert result.stdout == ""
