"""The shell's side: completion and help are there for every command and start nothing heavy."""

import json
import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn

_HEAVY = {"tensorflow", "keras", "numpy", "matplotlib", "PIL"}
_COMMANDS = kcnn.list_commands(click.Context(kcnn))


def _complete(words: str, folder) -> list[str]:
    """Return what a shell offers for a command line, and check that nothing heavy was imported for it."""
    code = (
        "import sys\n"
        "from keras_cnn_course.cli import kcnn\n"
        "try:\n"
        "    kcnn.main(prog_name='kcnn')\n"
        "finally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    environment = {
        **os.environ,
        "_KCNN_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr
    assert not _HEAVY & set(done.stderr.split())
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("kcnn do", ["doctor"]),
        ("kcnn train --recipe d", ["deep_cnn"]),
        ("kcnn show ", ["softmax", "mlp", "cnn", "deep_cnn"]),
        ("kcnn train --dataset m", ["mnist"]),
        ("kcnn show cnn --dataset ", ["digits", "mnist", "qmnist", "fashion_mnist", "cifar10"]),
        ("kcnn export --format o", ["onnx"]),
        ("kcnn export runs/c", ["runs/cnn-001", "runs/cnn-002"]),
        ("kcnn compare runs/mlp-001 runs/cnn-002", ["runs/cnn-002"]),
    ],
)
def test_completion_offers_commands_recipes_data_sets_and_runs(words, offered, tmp_path):
    for name in ("cnn-001", "cnn-002", "mlp-001"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "run.json").write_text("{}")
    (tmp_path / "runs" / "cnn-notes").mkdir()
    assert _complete(words, tmp_path)[: len(offered)] == offered


def test_a_path_that_is_no_run_or_recipe_yet_is_left_to_the_shell(tmp_path):
    assert _complete("kcnn export elsewhere/r", tmp_path) == ["elsewhere/r"]
    assert _complete("kcnn show ./my_", tmp_path) == ["./my_"]


def test_no_help_imports_anything_heavy():
    code = (
        "import json, sys\n"
        "import click\n"
        "from click.testing import CliRunner\n"
        "from keras_cnn_course.cli import kcnn\n"
        "codes = {}\n"
        "def visit(group, words):\n"
        "    codes[' '.join(words)] = CliRunner().invoke(kcnn, [*words, '--help']).exit_code\n"
        "    if isinstance(group, click.Group):\n"
        "        context = click.Context(group)\n"
        "        for name in group.list_commands(context):\n"
        "            visit(group.get_command(context, name), [*words, name])\n"
        "visit(kcnn, [])\n"
        "print(json.dumps([codes, list(sys.modules)]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    codes, modules = json.loads(done.stdout)
    assert set(_COMMANDS) <= set(codes)
    assert set(codes.values()) == {0}
    assert not _HEAVY & set(modules)


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_has_a_help_with_an_example_and_describes_its_options(name):
    command = kcnn.get_command(click.Context(kcnn), name)
    assert command is not None
    text = CliRunner().invoke(kcnn, [name, "-h"]).stdout
    assert f"Usage: kcnn {name}" in text
    examples = [command, *getattr(command, "commands", {}).values()]
    assert any(f"kcnn {name}" in (each.help or "") for each in examples)
    for each in examples:
        options = [parameter for parameter in each.params if isinstance(parameter, click.Option)]
        assert [option.name for option in options if not option.help] == []


def test_the_whole_help_lists_every_command_with_its_summary():
    text = CliRunner().invoke(kcnn, ["--help"]).stdout
    for name in _COMMANDS:
        (line,) = [line for line in text.splitlines() if line.startswith(f"  {name} ")]
        assert len(line.split()) >= 4
