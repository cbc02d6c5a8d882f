"""A student's first ten minutes, for docs/homework.md: the commands and what they print when the page is made."""

import os
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.homework.authoring.cases import mutate
from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.judging.judge import replay_case
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
from keras_cnn_course.homework.student.explanation import list_panels
from keras_cnn_course.plots.homework_case import plot_case
from keras_cnn_course.plots.saving import Picture

SEED = 0x5F2A


def make_table(part: str) -> str:
    """Return one part of the session as a code block: `start`, `mistake`, `explain` or `pass`."""
    convolution = find_exercise("convolution")
    with _in_empty_folder() as folder:
        blocks = {"start": _run("kcnn homework start --student ada")}
        file = folder / "hw" / convolution.file
        file.write_text(_make_mistake())
        blocks["mistake"] = _run("kcnn homework check convolution")
        blocks["explain"] = _run(f"kcnn homework explain convolution --seed {SEED:04x}")
        file.write_text(convolution.read("solution.py"))
        blocks["pass"] = _run("kcnn homework check convolution")
    return blocks[part]


def make_picture() -> Picture:
    """Draw the case of the session, as `explain --out` does."""
    convolution = find_exercise("convolution")
    check = next(check for check in convolution.load_checks().checks if check.is_random)
    work = Work("ada", {convolution.stem: _make_mistake()})
    with Sandboxes() as sandboxes:
        replay = replay_case(convolution, work, sandboxes, check=check, seed=SEED)
    panels = [(panel.title, panel.values) for panel in list_panels(convolution, replay)]
    return plot_case(f"convolution, {check.name} (seed {SEED:04x})", panels, replay.problem.seen)


def _make_mistake() -> str:
    """Return a common first solution, in which the kernel is rotated by 180 degrees."""
    convolution = find_exercise("convolution")
    return mutate(convolution.read("solution.py"), convolution.load_mutants()[0])


def _run(command: str) -> str:
    """Return a command and its output, without the line about the isolation on this machine."""
    result = CliRunner().invoke(kcnn, shlex.split(command)[1:], prog_name="kcnn")
    lines = [line for line in result.stdout.splitlines() if not line.startswith("isolation: ")]
    text = "\n".join(lines).rstrip()
    return f"```console\n$ {command}\n{text}\n```\n"


@contextmanager
def _in_empty_folder() -> Iterator[Path]:
    """Run the body in a new temporary folder."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        try:
            yield Path(place)
        finally:
            os.chdir(before)
