"""Measure the accuracy that exercise 11 requires for full marks, with the reference solution.

The reference is trained once per seed, in the same sandboxes that grade. Each seed gives another split, other class
numbers and other initial weights. Full marks start at the mean minus six standard deviations. Four would not do,
because the accuracies have a long tail downwards: of the trainings of about 160 correct solutions, two ended below
that.
"""

import json
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from keras_cnn_course.devices.backend import find_tensorflow
from keras_cnn_course.errors import GraderError, HomeworkError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.exercises.ex11_training.task import Threshold, measure_accuracy
from keras_cnn_course.homework.judging.judge import replay_case
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

__all__ = ["check_place", "measure_threshold", "threshold_path", "write_threshold"]

_DEVIATIONS = 6
_OTHER = "Choose another --out."


def measure_threshold(
    seeds: Sequence[int], sandboxes: Sandboxes, *, report: Callable[[int, float], object] = lambda seed, accuracy: None
) -> Threshold:
    """Train the reference once per seed, and return the threshold.

    Args:
        seeds: of the cases; at least two.
        report: called after each training with its seed and accuracy.

    Raises:
        GraderError: a training failed.
    """
    exercise = find_exercise("training")
    work = Work("calibration", {exercise.stem: exercise.read("solution.py")})
    check = exercise.load_checks().checks[0]
    accuracies = []
    for seed in seeds:
        replay = replay_case(exercise, replace(work, student=f"calibration-{seed}"), sandboxes, check=check, seed=seed)
        if not replay.outcomes or not replay.outcomes[0].arrays:
            reason = replay.problem.seen if replay.problem else "it returned no predictions"
            raise GraderError(f"The reference solution of {exercise.name} failed with seed {seed}: {reason}")
        accuracies.append(measure_accuracy(replay.outcomes[0].arrays[0], replay.calls[0].kept))
        report(seed, accuracies[-1])
    mean, deviation = statistics.mean(accuracies), statistics.stdev(accuracies)
    full_marks = float(np.floor(1000 * (mean - _DEVIATIONS * deviation)) / 1000)
    return Threshold(full_marks, round(mean, 5), round(deviation, 5), tuple(seeds), tuple(accuracies))


def threshold_path() -> Path:
    """Return the path of the file that the grader reads."""
    return Path(str(find_exercise("training").folder / "threshold.json"))


def check_place(path: Path) -> None:
    """Check that a threshold can be written to a path, so that no training is lost.

    Raises:
        HomeworkError: its folder cannot be written to.
    """
    with reporting_os_errors(HomeworkError, "write", path, hint=_OTHER):
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()


def write_threshold(threshold: Threshold, path: Path) -> None:
    """Write a threshold with its seeds and the versions of the libraries.

    Raises:
        HomeworkError: it cannot be written.
    """
    versions = {"keras": version("keras"), "tensorflow": find_tensorflow()[1], "numpy": version("numpy")}
    values = {**asdict(threshold), "accuracies": [round(value, 5) for value in threshold.accuracies]}
    with reporting_os_errors(HomeworkError, "write", path, hint=_OTHER), atomic_file(path) as temporary:
        temporary.write_text(json.dumps({**values, "versions": versions}, indent=1) + "\n", encoding="utf-8")
