"""The code of a notebook is that of its code cells, without checks; everything else that is not Python is refused."""

import json
import random
import time
from contextlib import suppress

import pytest

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.files.notebook_file import Cell, read_cells, render_notebook
from keras_cnn_course.homework.authoring.exercise import list_exercises
from keras_cnn_course.homework.student.notebook_code import read_code, render_starter


def code_of(*cells, limit=1 << 18):
    return read_code(render_notebook([Cell("code", cell) for cell in cells]), limit=limit)


@pytest.mark.parametrize("exercise", list_exercises(), ids=lambda exercise: exercise.name)
def test_a_starter_has_the_statement_and_the_code_and_counts_as_not_started(exercise):
    text = render_starter(exercise)
    kinds = [cell.kind for cell in read_cells(text)]
    assert kinds[:2] == ["markdown", "code"]
    statement = read_cells(text)[0].source
    assert statement.startswith(f"# Exercise {exercise.number}: ")
    code = read_code(text, limit=1 << 18)
    assert exercise.is_starter(code.text)
    # Nothing of the starter is lost, and nothing is there twice.
    words = " ".join(f"{statement} {code.text}".replace("```text", "").replace("```", "").replace("# ", "", 1).split())
    starter = exercise.read("starter.py").replace('"""', "", 2).split()
    assert sorted(words.replace(":", "").replace(".", "").split()) == sorted(
        " ".join(starter).replace(":", "").replace(".", "").split()
    )
    namespace = {}
    exec(compile(code.text, exercise.notebook, "exec"), namespace)
    assert set(exercise.functions) <= set(namespace)


def test_checks_are_left_out_wherever_they_are():
    code = code_of(
        "%load_ext keras_cnn_course\nx = 1",
        "%kcnn check relu",
        "if x:\n    %kcnn check relu\ny = 2\n!kcnn homework check \\\n  relu",
    )
    assert code.text == "\nx = 1\n\n\nif x:\n    pass\ny = 2\n"
    assert code.cells == ((1, 1), (5, 3))


@pytest.mark.parametrize("line", ["!pip install keras-cnn-course", "%pip install -q numpy", "  %matplotlib inline"])
def test_lines_that_prepare_the_notebook_are_left_out(line):
    assert code_of(f"{line}\nx = 1").text.strip() in ("x = 1", "pass\nx = 1")


def test_percent_signs_and_question_marks_in_python_stay():
    cell = 'x = (7\n%3)\ns = """\n%magic\n!ls\n"""\nt = "a?" \\\n  "%s" % 3  # right?\nu = [\n!'.replace("\n!", "\n2]")
    assert code_of(cell).text == f"{cell}\n"


@pytest.mark.parametrize(
    "line",
    [
        "%timeit f()",
        "!ls",
        "%%time",
        "files = !ls",
        "a, b = %who_ls",
        "np.zeros?",
        "?x",
        "%kcn",
    ],
)
def test_what_only_a_notebook_understands_is_refused_with_its_cell(line):
    with pytest.raises(HomeworkError) as caught:
        code_of("x = 1", "", f"if 1:\n  y = 2\n{line}\n")
    assert str(caught.value).startswith(f"has the line {line.strip()!r} in code cell 3, which is not Python.")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ((), "has no code cell"),
        (("  \n", "%kcnn check relu"), "has no code cell"),
        (("x = 1\n" * 99,), "has more than 500"),
    ],
)
def test_a_notebook_without_code_or_with_too_much_is_refused(cells, message):
    with pytest.raises(HomeworkError, match=message):
        code_of(*cells, limit=500)


@pytest.mark.parametrize("piece", [" ", "'", '"""', "(\n", "\\\n", "%kcnn \\\n", "a,", '"\\'])
def test_no_text_takes_long(piece):
    began = time.process_time()
    with suppress(HomeworkError):
        code_of("x = 1\n" + piece * (200_000 // len(piece)))
    assert time.process_time() - began < 3


def test_a_notebook_that_was_changed_at_random_is_read_or_refused():
    chance = random.Random(1)
    odd = [None, 1, 10**4000, True, "", [], {}, "\ud800", [1], ["a", None], {"a": 1}]
    pieces = ['"', "\\", "%", "!", "?", "\n", "(", "'''", "{", "\0", "\\ud800"]

    def change(value):
        if isinstance(value, (dict, list)) and value and chance.random() < 0.8:
            key = chance.choice(list(value)) if isinstance(value, dict) else chance.randrange(len(value))
            value = value.copy()
            value[key] = change(value[key])
            return value
        return chance.choice(odd)

    starter = render_starter(list_exercises()[0])
    messages = []
    for number in range(300):
        place = chance.randrange(len(starter))
        text = starter[:place] + chance.choice(pieces) + starter[place + number % 3 :]
        try:
            read_code(json.dumps(change(change(json.loads(starter)))) if number % 2 else text, limit=1 << 18)
        except HomeworkError as error:
            messages.append(str(error))
    assert 100 < len(messages) < 300
    assert all(message.isprintable() and len(message) < 200 for message in messages)


def test_an_instructors_starter_without_docstring_or_with_a_mistake_is_one_cell():
    class Own:
        number, title, name = 14, "Mine", "mine"
        text = "def f(:\n    ...\n"

        def read(self, name):
            return self.text

    own = Own()
    assert [cell.source for cell in read_cells(render_starter(own))][2] == "def f(:\n    ..."
    own.text = "A = 1\n# About f.\ndef f():\n    ...\n\n\nB = 2\n"
    sources = [cell.source for cell in read_cells(render_starter(own))]
    assert sources[0] == "# Exercise 14: Mine"
    assert sources[2:5] == ["A = 1", "# About f.\ndef f():\n    ...", "B = 2"]
