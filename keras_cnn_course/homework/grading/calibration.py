"""How accurate a training must be for full marks: measured with the reference, never guessed.

The reference is trained once a seed, each time on another split, with other class numbers and weights, in the sandboxes
that grade. Full marks are given from the mean less four standard deviations on, so that a right answer falls short by
bad luck about once in 30,000 times.
"""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from keras_cnn_course.errors import GraderError
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.exercises.ex11_training.task import Threshold, measure_accuracy
from keras_cnn_course.homework.judging.judge import replay_case
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

__all__ = ["measure_threshold", "threshold_path", "write_threshold"]

_DEVIATIONS = 4


def measure_threshold(
    seeds: Sequence[int], sandboxes: Sandboxes, *, report: Callable[[int, float], object] = lambda seed, accuracy: None
) -> Threshold:
    """Train the reference once a seed.

    Args:
        seeds: of the cases; at least two.
        sandboxes: where the trainings run.
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
            raise GraderError(f"Expected the reference to be trained. Received, with seed {seed}: {replay.problem}.")
        accuracies.append(measure_accuracy(replay.outcomes[0].arrays[0], replay.calls[0].kept))
        report(seed, accuracies[-1])
    mean, deviation = statistics.mean(accuracies), statistics.stdev(accuracies)
    full_marks = float(np.floor(1000 * (mean - _DEVIATIONS * deviation)) / 1000)
    return Threshold(full_marks, round(mean, 5), round(deviation, 5), tuple(seeds), tuple(accuracies))


def threshold_path() -> Path:
    """Return the file that the grader reads."""
    return Path(str(find_exercise("training").folder / "threshold.json"))


def write_threshold(threshold: Threshold, path: Path) -> None:
    """Write a threshold with the seeds it comes from, and the versions of what was trained with."""
    versions = {name: version(name) for name in ("keras", "tensorflow", "numpy")}
    values = {**asdict(threshold), "accuracies": [round(value, 5) for value in threshold.accuracies]}
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps({**values, "versions": versions}, indent=1) + "\n", encoding="utf-8")
