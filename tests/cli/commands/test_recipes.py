import json

from click.testing import CliRunner

from keras_cnn_course.catalog.recipes import recipe_names
from keras_cnn_course.cli import kcnn


def test_a_line_a_recipe_with_its_parameters():
    result = CliRunner().invoke(kcnn, ["recipes"])
    assert result.exit_code == 0
    lines = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in lines] == recipe_names()
    assert "2,774,858" in lines[2]


def test_json():
    rows = json.loads(CliRunner().invoke(kcnn, ["recipes", "--json"]).stdout)
    assert {row["name"]: row["parameters"] for row in rows}["softmax"] == 7850
    assert rows[2]["hyperparameters"]["filters"] == 32
