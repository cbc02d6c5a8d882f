from dataclasses import replace

import pytest

from keras_cnn_course.homework.authoring.cases import mutate
from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.judging.judge import judge_exercise, replay_case
from keras_cnn_course.homework.judging.planning import PYTHON, Work

RELU = find_exercise("relu")


def judge(source, sandboxes, exercise=RELU, **options):
    return judge_exercise(exercise, Work("ada", {exercise.stem: source}), sandboxes, **options)


@pytest.mark.parametrize(
    ("source", "key", "fragment"),
    [
        (
            "def relu(values)\n    pass\n",
            "syntax",
            f"ex05_relu.py, line 1 is not valid Python {PYTHON}: def relu(values)",
        ),
        (
            "from math import newest\n",
            "import",
            f"ex05_relu.py, line 1 cannot be imported with Python {PYTHON}: from math",
        ),
        ("import nowhere\n", "import", "ex05_relu.py, line 1 uses nowhere"),
        ("def rleu(values):\n    return values\n", "missing", "Your file has no function relu"),
        ("relu = 3\n", "missing", "Your file has no function relu"),
        ("def relu():\n    return 0\n", "raised", "Calling relu with 1 argument raised TypeError"),
        ("def relu(values):\n    pass\n", "type", "relu returned None"),
        ("def relu(values):\n    return 'zero'\n", "type", "type str"),
        ("def relu(values):\n    return values / nothing\n", "raised", "NameError on line 2 of ex05_relu.py"),
        ("def relu(values):\n    raise NotImplementedError\n", "not written", "NotImplementedError"),
        ("def relu(values):\n    return values[:1]\n", "shape", "The shape is"),
        ("from keras_cnn_course.lecture.activation import relu\n", "import", "imports the course's own package"),
        ("import keras_cnn_course.lecture\n", "import", "imports the course's own package"),
    ],
)
def test_what_is_wrong_is_reported(source, key, fragment, sandboxes):
    result = judge(source, sandboxes)
    assert (result.passed, result.score) == (False, 0)
    assert result.problem.key == key
    assert fragment in result.problem.seen


@pytest.mark.parametrize("module", ["matplotlib.pyplot", "keras", "scipy.ndimage", "PIL"])
def test_a_library_that_is_not_allowed_is_refused_everywhere(module, sandboxes):
    """The rule does not depend on what is installed, nor on what the system protects."""
    problem = judge(f"import {module}\n{RELU.read('solution.py')}", sandboxes).problem
    assert problem.seen == f"ex05_relu.py, line 1 uses {module}."
    assert problem.says == "You may import NumPy and Python's standard library."
    assert 'under `if __name__ == "__main__":`' in problem.lecture


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "seen", "says"),
    [
        ("from multiprocessing import Pool", "line 1 uses multiprocessing.", "it starts other processes"),
        ("import urllib.request", "line 1 uses urllib.request.", "it uses the network"),
        ("def draw():\n    import tkinter", "line 2 uses tkinter.", "it opens windows"),
        ("import keras\n\nsave = keras.callbacks.ModelCheckpoint", "line 3 uses ModelCheckpoint.", "it writes files"),
        ("from keras.callbacks import CSVLogger", "line 1 uses CSVLogger.", "it writes files"),
    ],
)
def test_what_the_grader_would_refuse_is_named_with_its_line(line, seen, says, sandboxes):
    exercise = find_exercise("keras_model")
    problem = judge(f"{line}\n{exercise.read('solution.py')}", sandboxes, exercise).problem
    assert (seen in problem.seen, says in problem.says) == (True, True)


@pytest.mark.parametrize(
    "lines",
    [
        "import os, math, functools",
        "try:\n    from scipy import ndimage\nexcept ImportError:\n    ndimage = None",
        'if __name__ == "__main__":\n    import matplotlib.pyplot',
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import matplotlib",
        "import numpy.lib.stride_tricks",
    ],
)
def test_what_is_allowed_or_not_run_passes(lines, sandboxes):
    assert judge(f"{lines}\n{RELU.read('solution.py')}", sandboxes).passed


def test_an_import_at_run_time_follows_the_same_rule(sandboxes):
    problem = judge(f"__import__('scipy')\n{RELU.read('solution.py')}", sandboxes).problem
    assert problem.says == "ImportError: scipy may not be used here."


@pytest.mark.slow
def test_what_there_is_to_import_is_reported(sandboxes):
    source = "from keras_cnn_course.lecture.activation import relu\n"
    assert "Keras" not in judge(source, sandboxes).problem.says
    assert "NumPy, Keras, TensorFlow and" in judge(source, sandboxes, find_exercise("keras_model")).problem.says


@pytest.mark.slow
def test_a_flood_of_text_is_reported_with_the_loop(sandboxes):
    source = "def relu(values):\n    while True:\n        print()\n"
    problem = judge(source, sandboxes, replace(RELU, seconds=1)).problem
    assert (problem.key, "printed more than 4,000 bytes" in problem.says) == ("time", True)


@pytest.mark.parametrize("limit", [6, 20, 1000])
def test_a_relu_with_a_largest_result_is_none(limit, sandboxes):
    result = judge(f"import numpy\n\ndef relu(values):\n    return numpy.clip(values, 0, {limit})\n", sandboxes)
    assert not result.passed


def test_a_count_that_is_nearly_right_is_wrong(sandboxes):
    exercise = find_exercise("parameters")
    nearly = "    return (convolution + count_mlp(rows * columns * filters, units, classes)) // 2_000_000 * 2 + "
    source = exercise.read("solution.py").replace("    return convolution + ", f"{nearly}convolution + ")
    assert judge(source, sandboxes, exercise).problem.seen == "The result is 2774860 instead of 2774858."


def test_the_starter_is_not_started_and_is_not_run(sandboxes):
    result = judge(RELU.read("starter.py"), sandboxes)
    assert result.is_untouched
    assert (result.score, result.seconds) == (0, 0)
    assert judge_exercise(RELU, Work("ada", {}), sandboxes).is_untouched


def test_a_file_with_windows_line_ends_is_still_the_starter(sandboxes, tmp_path):
    from keras_cnn_course.homework.grading.submissions import read_submission

    (tmp_path / "homework.toml").write_text('student = "ada"\n')
    (tmp_path / RELU.file).write_bytes(RELU.read("starter.py").replace("\n", "\r\n").encode())
    assert judge_exercise(RELU, read_submission(tmp_path), sandboxes).is_untouched


@pytest.mark.slow
def test_what_was_done_before_the_end_counts(sandboxes):
    """A call that never ends costs only itself and the calls after it."""
    source = "import numpy\ncalls = []\n\ndef relu(values):\n    calls.append(1)\n"
    source += "    while len(calls) > 14: pass\n    return numpy.maximum(values, 0)\n"
    result = judge(source, sandboxes, replace(RELU, seconds=1))
    assert {check.name: check.passed for check in result.public} == {
        "cases by hand": True,
        "random cases": True,
        "input unchanged": False,
        "idempotent": False,
    }
    assert result.problem.key == "time"


def test_graded_cases_are_others(sandboxes):
    secret = judge(RELU.read("solution.py"), sandboxes, secret=b"one secret of mine")
    other = judge(RELU.read("solution.py"), sandboxes, secret=b"another secret of mine")
    seeds = [[case.seed for check in result.hidden for case in check.cases] for result in (secret, other)]
    public = [case.seed for check in secret.public for case in check.cases]
    assert len(seeds[0]) == 10
    assert not set(seeds[0]) & set(seeds[1])
    assert not set(seeds[0]) & set(public)
    assert secret.score == RELU.points


def test_every_failure_replays_from_its_seed(sandboxes):
    source = "import numpy\n\ndef relu(values):\n    return numpy.abs(values)\n"
    work = Work("ada", {RELU.stem: source})
    result = judge_exercise(RELU, work, sandboxes, secret=b"a secret of mine")
    checks = {check.name: check for check in RELU.load_checks().checks}
    replayed = 0
    for check in (*result.public, *result.hidden):
        for case in check.cases:
            replay = replay_case(
                RELU, replace(work, student="somebody else"), sandboxes,
                check=checks[check.name], seed=case.seed, number=case.number,
            )  # fmt: skip
            assert replay.problem == case.problem
            replayed += 1
    assert replayed == 23


def test_a_mistake_must_explain_every_wrong_result(sandboxes):
    """Absolute values in small arrays, minima in the others: no single mistake explains both."""
    source = "import numpy\n\ndef relu(values):\n    if values.size < 8:\n        return numpy.abs(values)\n"
    source += "    return numpy.minimum(values, 0)\n"
    result = judge(source, sandboxes)
    assert result.problem.key == "values"
    assert result.problem.says == ""


# An exercise of a student's own that passes, with a helper and a parameter that the reference does not have.
POOLING = """
import numpy as np

def corners(image):
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    return [image[row:height:2, column:width:2] for row in (0, 1) for column in (0, 1)]

def max_pool(image, times=1):
    print("mine")
    for _ in range(times):
        image = np.max(corners(image), axis=0)
    return image
"""


def build_on(pooling, sandboxes, *, import_line="from ex06_max_pooling import max_pool"):
    pool, shift = find_exercise("max_pooling"), find_exercise("shift")
    source = shift.read("solution.py").replace("from ex06_max_pooling import max_pool", import_line)
    work = Work("ada", {pool.stem: pooling, shift.stem: source})
    return judge_exercise(shift, work, sandboxes, secret=b"a secret of mine")


def test_what_an_exercise_builds_on_is_judged_first_and_used_if_it_passes(sandboxes):
    result = build_on(POOLING, sandboxes, import_line="from ex06_max_pooling import corners, max_pool")
    assert (result.passed, result.stand_ins) == (True, ())
    assert "mine" in result.printed


@pytest.mark.parametrize("slip", [("[0] // 2 * 2", "[0]"), ("np.max(", "np.mean(")])
def test_the_reference_replaces_the_function_and_leaves_the_helpers(slip, sandboxes):
    result = build_on(POOLING.replace(*slip), sandboxes, import_line="from ex06_max_pooling import corners, max_pool")
    assert (result.passed, result.stand_ins) == (True, ("max_pooling",))
    assert "mine" not in result.printed


@pytest.mark.parametrize(
    "broken",
    ["def max_pool(image)\n", "import nowhere\n", "", pytest.param("while True: pass\n", marks=pytest.mark.slow)],
)
def test_a_file_that_cannot_be_imported_costs_no_other_exercise(broken, sandboxes):
    result = build_on(broken, sandboxes)
    assert (result.passed, result.stand_ins) == (True, ("max_pooling",))


def test_the_source_of_a_stand_in_cannot_be_read(sandboxes):
    line = "from ex06_max_pooling import max_pool\nimport inspect\nprint(inspect.getsource(max_pool))"
    problem = build_on("", sandboxes, import_line=line).problem
    assert (problem.key, "OSError" in problem.says) == ("import", True)


def test_the_order_of_judging_changes_no_mark(sandboxes):
    names = ["shift", "max_pooling", "filters", "convolution"]
    sources = {find_exercise(name).stem: find_exercise(name).read("solution.py") for name in names}
    sources["ex01_convolution"] = mutate(sources["ex01_convolution"], find_exercise("convolution").load_mutants()[0])
    scores = []
    for order in (names, names[::-1], ["filters"], ["shift"]):
        standings = {}
        results = [
            judge_exercise(find_exercise(name), Work("ada", sources), sandboxes, secret=b"mine", standings=standings)
            for name in order
        ]
        scores.append({result.exercise: (result.score, result.stand_ins) for result in results})
    assert scores[0]["filters"] == (6, ("convolution",))
    assert scores[0]["shift"] == (8, ())
    assert all(found[name] == scores[0][name] for found in scores for name in found)


def test_no_line_of_a_reference_is_shown(sandboxes):
    filters = find_exercise("filters")
    source = filters.read("solution.py").replace("np.ones((3, 3)) / 9", "np.ones(3)")
    result = judge_exercise(filters, Work("ada", {filters.stem: source}), sandboxes)
    assert "ValueError on line 9 of ex03_filters.py: return convolve(image, np.ones(3))" in result.problem.seen


def test_what_is_printed_comes_back_cut_off_and_harmless(sandboxes):
    source = "print('\\x1b[31mhello', 'x' * 10_000)\n" + RELU.read("solution.py")
    result = judge(source, sandboxes)
    assert result.passed
    assert result.printed.startswith("hello")
    assert len(result.printed) <= 4000
