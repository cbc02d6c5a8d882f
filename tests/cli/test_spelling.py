"""One message, two spellings: a parameter where Python raises it, an option where the command line prints it."""

import ast
import doctest
import inspect
import re
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

import keras_cnn_course as kcnn
from keras_cnn_course.cli import kcnn as command_line
from keras_cnn_course.cli import spelling

PACKAGE = Path(kcnn.__file__).parent
ROOMS = sorted(
    path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in ("cli", "homework", "data")
)
# What a whole command says is the same in both worlds.
COMMAND = re.compile(r"\b(?:kcnn|pip install|ray start)\s[^`;)]*")
ARGUMENT = re.compile(r"`(\w+)=[^`]*`")
# Of `kcnn train` alone, for a program that workers start.
WITHOUT_FUNCTION = {"strategy", "replicas", "worker_timeout"}


def list_texts(path):
    """Yield each text in the code of a file, with {} for what is put into it; docstrings are no code."""
    tree = ast.parse(path.read_text())
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def list_docstrings(path):
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}


def list_options(group=command_line):
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from list_options(command)
        else:
            yield from (option for param in command.params for option in param.opts)


def test_doctests():
    assert doctest.testmod(spelling).failed == 0


def test_no_message_of_a_room_names_an_option():
    for path in ROOMS:
        documented = list_docstrings(path)
        for text in list_texts(path):
            is_argument = re.fullmatch(r"--[a-z-]+", text)  # of a command that is put together
            if text not in documented and not is_argument:
                assert not re.search(r"(?<![\w-])--[a-z]", COMMAND.sub("", text)), f"{path}: {text}"


def test_every_parameter_that_a_message_names_is_a_parameter_and_an_option():
    callables = [getattr(kcnn, name) for name in kcnn.__all__]
    callables += [method for _, method in inspect.getmembers(kcnn.Run, inspect.isfunction)]
    functions = [each for each in callables if callable(each)]
    parameters = {name for each in functions for name in inspect.signature(each).parameters}
    known = parameters | set(kcnn.Hyperparameters.__dataclass_fields__) | WITHOUT_FUNCTION
    options = set(list_options())
    named = {}
    for path in ROOMS:
        documented = list_docstrings(path)
        messages = [text for text in list_texts(path) if text not in documented]
        named |= {name: path for text in messages for name in ARGUMENT.findall(text)}
    assert {"out", "device", "learning_rate", "pixel_range", "data"} <= set(named)
    for name, path in named.items():
        assert name in known, f"{path}: {name}"
        assert spelling.spell_options(f"`{name}=`") in options, f"{path}: {name}"


@pytest.fixture(scope="module")
def run(trained_run):
    return kcnn.open_run(trained_run.path)


@pytest.fixture(scope="module")
def unclear(tmp_path_factory):
    """An .npz whose pixels are on no known scale."""
    path = tmp_path_factory.mktemp("unclear") / "unclear.npz"
    images, labels = np.full((4, 8, 8), 100, np.uint16), np.array([0, 1, 0, 1])
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return path


CASES = {
    "device": (
        lambda run, _: run.evaluate(device="gpu:99"),
        lambda run, _: ["evaluate", run.path, "--device", "gpu:99"],
        "Use `device='cpu'`, or",
        "Use --device cpu, or",
    ),
    "out": (
        lambda run, _: run.export("onnx", out="model.keras"),
        lambda run, _: ["export", run.path, "--format", "onnx", "--out", "model.keras"],
        "`out=` must end in .onnx",
        "--out must end in .onnx",
    ),
    "page": (
        lambda run, _: run.page(out="page.txt"),
        lambda run, _: ["page", run.path, "--out", "page.txt"],
        "`out=` must name an .html file",
        "--out must name an .html file",
    ),
    "classes": (
        lambda run, _: run.evaluate(classes="a=b"),
        lambda run, _: ["evaluate", run.path, "--classes", "a=b"],
        "`classes=` needs another data set than the run's own. Name it with `data=`.",
        "--classes needs another data set than the run's own. Name it with --dataset.",
    ),
    "slide": (
        lambda *_: kcnn.slide("dense", image="seven.png"),
        lambda *_: ["lecture", "dense", "--image", "seven.png"],
        "Leave out `image=`.",
        "Leave out --image.",
    ),
    "pixel_range": (
        lambda _, unclear: kcnn.train("softmax", unclear),
        lambda _, unclear: ["train", "--recipe", "softmax", "--dataset", unclear],
        "use `pixel_range=(0, 100)`.",
        "use --pixel-range 0:100.",
    ),
    "image": (
        lambda run, _: run.features("seven.png", data="digits"),
        lambda run, _: ["features", run.path, "--image", "seven.png", "--dataset", "digits"],
        "`data=` needs the index of a test image",
        "--dataset needs the index of a test image",
    ),
    "ray": (
        lambda *_: kcnn.sweep(jobs=2, ray="local"),
        lambda *_: ["sweep", "--jobs", "2", "--ray"],
        "`jobs=` cannot be used with `ray=`",
        "--jobs cannot be used with --ray",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_python_names_the_parameter_and_the_command_the_option(name, run, unclear, started, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, make_words, as_parameter, as_option = CASES[name]
    with pytest.raises(kcnn.errors.CourseError) as raised:
        call(run, unclear)
    assert as_parameter in str(raised.value)
    assert "--" not in str(raised.value)
    result = CliRunner().invoke(command_line, [str(word) for word in make_words(run, unclear)])
    assert as_option in result.stderr, result.output
    assert result.exit_code == raised.value.exit_code
    assert "`" not in result.stderr
    assert not list(tmp_path.iterdir())
