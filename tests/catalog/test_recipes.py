import subprocess
import sys

import pytest

from keras_cnn_course.catalog.recipes import find_recipe, list_recipes, load_recipe, recipe_names, reporting_line
from keras_cnn_course.errors import RecipeError, UsageError

WHOLE = '''"""My own."""
from keras_cnn_course.catalog.hyperparameters import Hyperparameters
HYPERPARAMETERS = Hyperparameters(epochs=1, batch_size=10, learning_rate=0.1)
def build_model(hyperparameters, input_shape, num_classes):
    return undefined_name
'''


@pytest.fixture
def write(tmp_path):
    def write_recipe(text):
        path = tmp_path / "my_recipe.py"
        path.write_text(text)
        return str(path)

    return write_recipe


def test_the_lecture_recipes_come_first():
    assert recipe_names()[:4] == ["softmax", "mlp", "cnn", "deep_cnn"]


def test_reading_the_recipes_imports_neither_keras_nor_numpy():
    code = (
        "import sys; from keras_cnn_course.catalog.recipes import list_recipes; recipes = list_recipes();"
        "assert all(recipe.hyperparameters and recipe.summary and recipe.stated_parameters for recipe in recipes);"
        "print(sorted({'keras', 'tensorflow', 'numpy', 'matplotlib'} & set(sys.modules)))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output == "[]\n"


def test_summaries_are_one_line():
    for recipe in list_recipes():
        assert recipe.summary.endswith(".")
        assert len(recipe.summary) < 100


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(
        UsageError, match=r"No recipe named 'deepcnn'\. Did you mean 'deep_cnn'\? Available: softmax, mlp, "
    ):
        find_recipe("deepcnn")


@pytest.mark.parametrize(
    ("encoding", "first_line"),
    [
        ("utf-8-sig", ""),
        ("latin-1", "# -*- coding: latin-1 -*-\n"),
        ("cp1252", "#!/bin/sh\n# vim: fileencoding=cp1252\n"),
    ],
)
def test_a_recipe_in_another_encoding_is_read_and_so_is_its_copy(tmp_path, encoding, first_line):
    text = first_line + WHOLE.replace("My own", "Größe")
    (tmp_path / "mine.py").write_bytes(text.encode(encoding))
    source = find_recipe(str(tmp_path / "mine.py"))
    assert source.summary == "Größe."
    (tmp_path / "copy.py").write_text(source.text, encoding="utf-8")
    copy = find_recipe(str(tmp_path / "copy.py"))
    assert (copy.text, copy.sha256) == (source.text, source.sha256)


@pytest.mark.parametrize("content", [WHOLE.encode("utf-16"), WHOLE.replace("My own", "Größe").encode("latin-1")])
def test_a_recipe_in_an_unknown_encoding_is_refused(tmp_path, content):
    (tmp_path / "mine.py").write_bytes(content)
    with pytest.raises(RecipeError, match=r"mine\.py: it is not text in UTF-8.* Save it as UTF-8\."):
        find_recipe(str(tmp_path / "mine.py"))


@pytest.mark.parametrize("name", ["a:b", "a\xa0b", "x" * 201])
def test_a_file_name_that_run_json_could_not_hold_is_refused(tmp_path, name):
    (tmp_path / f"{name}.py").write_text(WHOLE)
    with pytest.raises(UsageError, match=r"^The name of a recipe's file must be a name of at most 200 .* Rename the"):
        find_recipe(str(tmp_path / f"{name}.py"))


def test_missing_file():
    with pytest.raises(UsageError, match=r"No recipe named|does not exist"):
        find_recipe("nowhere/my.py")


def test_syntax_error_names_file_and_line(write):
    path = write("x = 1\ndef build_model(:\n")
    with pytest.raises(RecipeError, match=r"my_recipe\.py, line 2: not valid Python"):
        find_recipe(path)


def test_wrong_hyperparameter_names_file_and_line(write):
    path = write(WHOLE.replace("epochs=1", "epochs=0"))
    with pytest.raises(RecipeError, match=r"my_recipe\.py, line 3: epochs must be a whole number from 1"):
        find_recipe(path)


def test_computed_hyperparameters_are_read_when_loaded(write):
    source = find_recipe(write(WHOLE.replace("epochs=1", "epochs=1 + 1")))
    assert source.hyperparameters is None
    assert load_recipe(source).hyperparameters.epochs == 2


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("epochs=1,", "**{'epochs': 1},"),
        ("HYPERPARAMETERS =", "class Hyperparameters(Hyperparameters):\n    dropout: float = 0.5\nHYPERPARAMETERS ="),
    ],
)
def test_an_unpacked_table_and_a_class_of_the_same_name_are_read_when_loaded(write, written, instead):
    source = find_recipe(write(WHOLE.replace(written, instead)))
    assert source.hyperparameters is None
    assert load_recipe(source).hyperparameters.epochs == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "must define HYPERPARAMETERS"),
        (WHOLE.replace("def build_model", "def make_model"), "must define a function build_model"),
        (WHOLE + "1 / 0\n", r"my_recipe\.py, line 6: ZeroDivisionError"),
        (WHOLE + "exit()\n", r"my_recipe\.py, line 6: the recipe calls exit\(\)\. Remove the call\."),
        (WHOLE + "import sys\nsys.exit(0)\n", r"my_recipe\.py, line 7: the recipe calls exit\(\)"),
        (WHOLE + "import no_such_module\n", r"line 6: ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_broken_recipes_are_explained(write, text, message):
    with pytest.raises(RecipeError, match=message):
        load_recipe(find_recipe(write(text)))


def test_what_a_recipe_prints_goes_to_stderr(write, capsys):
    recipe = load_recipe(
        find_recipe(write("print('at the top')\n" + WHOLE.replace("undefined_name", "print('inside')")))
    )
    with reporting_line(recipe.source):
        recipe.build_model(recipe.hyperparameters, (28, 28, 1), 10)
    assert capsys.readouterr() == ("", "at the top\ninside\n")
    recipe.build_model(recipe.hyperparameters, (28, 28, 1), 10)  # as a layer that is computed much later
    assert capsys.readouterr() == ("", "inside\n")


def test_an_error_inside_build_model_names_the_line(write):
    recipe = load_recipe(find_recipe(write(WHOLE)))
    with pytest.raises(RecipeError, match=r"my_recipe\.py, line 5: NameError"), reporting_line(recipe.source):
        recipe.build_model(recipe.hyperparameters, (28, 28, 1), 10)
