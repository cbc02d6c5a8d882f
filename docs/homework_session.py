"""A student's first ten minutes, made anew when docs/homework.md is written: the commands and what they print."""

import os
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.authoring.mutation import mutate
from keras_cnn_course.homework.judging.judge import replay_case
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
from keras_cnn_course.homework.student.explanation import list_panels
from keras_cnn_course.plots.homework_case import plot_case
from keras_cnn_course.plots.saving import Picture

SEED = 0x5F2A


def make_table(part: str) -> str:
    """Return one part of the session as a code block: `begin`, `wrong`, `explain` or `right`."""
    convolution = find_exercise("convolution")
    with _in_empty_folder() as folder:
        begin = _run("kcnn homework start --student ada")
        file = folder / "hw" / convolution.file
        file.write_text(_flipped())
        wrong = _run("kcnn homework check convolution")
        explain = _run(f"kcnn homework explain convolution --seed {SEED:04x}")
        file.write_text(convolution.read("solution.py"))
        right = _run("kcnn homework check convolution")
    return {"begin": begin, "wrong": wrong, "explain": explain, "right": right}[part]


def make_picture() -> Picture:
    """Draw the case of the session as `explain --out` does."""
    convolution = find_exercise("convolution")
    check = next(check for check in convolution.load_checks().checks if check.is_random)
    with Sandboxes() as sandboxes:
        replay = replay_case(
            convolution, Work("ada", {convolution.stem: _flipped()}), sandboxes, check=check, seed=SEED
        )
    panels = [(panel.title, panel.values) for panel in list_panels(convolution, replay)]
    return plot_case(f"convolution, {check.name} (seed {SEED:04x})", panels, replay.problem.seen)


def _flipped() -> str:
    """Return the exercise as many solve it at first: with the kernel rotated by 180 degrees."""
    convolution = find_exercise("convolution")
    return mutate(convolution.read("solution.py"), convolution.load_mutants()[0])


def _run(command: str) -> str:
    """Return a command and what it prints, without the line on this machine's isolation."""
    result = CliRunner().invoke(kcnn, shlex.split(command)[1:], prog_name="kcnn")
    lines = [line for line in result.stdout.splitlines() if not line.startswith("isolation: ")]
    text = "\n".join(lines).rstrip()
    return f"```console\n$ {command}\n{text}\n```\n"


@contextmanager
def _in_empty_folder() -> Iterator[Path]:
    """Run the body in a new folder."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        try:
            yield Path(place)
        finally:
            os.chdir(before)
