"""No attack gets points, leaves a trace, or stops the grader."""

import os
import runpy
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.judging.judge import judge_exercise
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.sandbox.confinement import find_isolation

ATTACKS = runpy.run_path(str(Path(__file__).with_name("attacks.py")))["ATTACKS"]
TOOLS = runpy.run_path(str(Path(__file__).with_name("generated_class.py")))

needs_isolation = pytest.mark.skipif(
    not (find_isolation().landlock and find_isolation().seccomp),
    reason="needs Landlock and seccomp: Linux 5.13 or newer on x86-64 or AArch64",
)


# These take seconds.
SLOW = {"computes forever", "computes forever and ignores signals", "waits forever", "recurses forever"}


def parameter_of(attack):
    is_slow = attack.what in SLOW or find_exercise(attack.exercise).kind == "keras"
    marks = [pytest.mark.slow] if is_slow else []
    return pytest.param(attack, id=attack.what.replace(" ", "-"), marks=marks)


@needs_isolation
@pytest.mark.parametrize("attack", [parameter_of(attack) for attack in ATTACKS])
def test_an_attack_gains_nothing(attack, sandboxes, tmp_path):
    exercise = replace(find_exercise(attack.exercise), seconds=1)
    changed = TOOLS["lay_out"](tmp_path)
    with TOOLS["listening"]() as listeners:
        source = TOOLS["arm"](attack.source, exercise, tmp_path, listeners)
        result = judge_exercise(exercise, Work("mallory", {exercise.stem: source}), sandboxes)
        assert not result.passed
        assert result.score <= attack.most
        assert TOOLS["find_traces"](tmp_path, listeners, changed) == []
    assert all(character.isprintable() for character in result.problem.seen + result.problem.says)


def test_the_attacks_are_many_and_of_many_kinds():
    assert len(ATTACKS) >= 15
    assert len({attack.what for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize(
    "what",
    [
        *("writes a file elsewhere", "starts a program", "reads the solution and runs it"),
        *("makes someone else's file unreadable", "sends over a pair of Unix sockets"),
        *("hides memory in unnamed files", "lowers its own priority"),
        "watches other people's file accesses",
    ],
)
def test_an_attack_would_work_where_nothing_stops_it(what, tmp_path):
    """The test above can fail: without confinement these attacks reach what they want."""
    attack = next(attack for attack in ATTACKS if attack.what == what)
    changed = TOOLS["lay_out"](tmp_path)
    with TOOLS["listening"]() as listeners:
        source = TOOLS["arm"](attack.source, find_exercise(attack.exercise), tmp_path, listeners)
        source += "\nimport numpy\nprint(relu(numpy.array([-1.0, 2.0])))\n"
        done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
        assert TOOLS["find_traces"](tmp_path, listeners, changed) or done.stdout.strip() == "[0. 2.]"


@needs_isolation
def test_nothing_is_left_running(sandboxes, tmp_path):
    attack = next(attack for attack in ATTACKS if attack.what.startswith("writes after"))
    exercise = find_exercise(attack.exercise)
    source = attack.source.replace("@FOLDER@", str(tmp_path))
    judge_exercise(exercise, Work("mallory", {exercise.stem: source}), sandboxes)
    time.sleep(0.5)
    assert not (tmp_path / "LOOT").exists()
    server = sandboxes.server_pids["numpy"]
    assert Path(f"/proc/{server}/task/{server}/children").read_text().split() == []
    assert os.getpid() != server


@needs_isolation
def test_written_down_results_of_public_cases_gain_nothing(sandboxes):
    """Hard-coded results of public cases earn no points."""
    exercise = find_exercise("relu")
    source = f"{exercise.read('solution.py')}\n\nright = relu\nseen = set()\n\ndef relu(values):\n"
    # Public cases come before graded ones: correct for the public calls, zeros after that.
    source += "    seen.add(len(seen))\n    return right(values) if len(seen) <= 21 else values * 0\n"
    work = Work("mallory", {exercise.stem: source})
    public = judge_exercise(exercise, work, sandboxes)
    graded = judge_exercise(exercise, work, sandboxes, secret=b"s" * 16)
    assert public.passed
    assert public.public_points == pytest.approx(0.6 * exercise.points)
    assert not graded.passed
    assert graded.score == 0
