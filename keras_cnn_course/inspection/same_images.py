"""Runs, loaded from their folders, on the same test images."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_cnn_course.datasets.given import read_into_memory
from keras_cnn_course.errors import CourseError
from keras_cnn_course.inspection.opened_run import OpenedRun
from keras_cnn_course.results.comparability import explain_incomparable
from keras_cnn_course.results.comparison import RunSummary
from keras_cnn_course.results.same_images import PairTest, RunAnswers, answer_test_images, compare_pair
from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["answer_all", "answer_own_images", "compare_pairwise"]


def answer_own_images(path: Path, *, name: str, data: Any = None) -> RunAnswers:
    """Return what the best model of a run says about its own test images, or about those of another data set.

    Raises:
        CourseError: the model or the data set is missing or does not fit.
    """
    run = OpenedRun(RunDirectory.open(path))
    images = run.load_dataset(data)
    with run.open_model() as model:
        return answer_test_images(model, images, run.record, name=name, load_data=run.load_dataset)


def compare_pairwise(runs: Sequence[RunSummary], data: Any = None) -> list[PairTest]:
    """Test each pair of runs on the test images that both have, or on those of another data set.

    Args:
        data: as `Run.load_dataset` takes it.

    Raises:
        CourseError: the model or the data set of a run is missing or does not fit.
    """
    data = read_into_memory(data)
    known: dict[Path, RunAnswers] = {}

    def answer(run: RunSummary) -> RunAnswers:
        if run.path not in known:
            known[run.path] = answer_own_images(run.path, name=run.name, data=data)
        return known[run.path]

    tests = []
    for first, second in itertools.combinations(runs, 2):
        reason = explain_incomparable([first, second]) if data is None else ""
        if reason:
            tests.append(PairTest(first.name, second.name, None, reason))
        else:
            tests.append(compare_pair(answer(first), answer(second)))
    return tests


def answer_all(runs: Sequence[RunSummary]) -> list[RunAnswers | str]:
    """Return each run's answers to its own test images, or why they are not known, as a sentence."""
    answers: list[RunAnswers | str] = []
    for run in runs:
        try:
            answers.append(answer_own_images(run.path, name=run.name))
        except CourseError as error:
            answers.append(f"{run.name}: {error}")
    return answers
