"""Runs, loaded from their folders, on the same test images."""

import itertools
from collections.abc import Sequence
from typing import Any

from keras_cnn_course.datasets.given import read_into_memory
from keras_cnn_course.errors import CourseError
from keras_cnn_course.inspection.opened_run import OpenedRun
from keras_cnn_course.results.comparability import explain_incomparable
from keras_cnn_course.results.comparison import RunSummary
from keras_cnn_course.results.same_images import PairTest, RunAnswers, answer_test_images, compare_pair

__all__ = ["answer_all", "answer_own_images", "compare_pairwise"]


def answer_own_images(run: OpenedRun, *, name: str, data: Any = None, which: str = "best") -> RunAnswers:
    """Return what the model of a run says about its own test images, or about those of another data set.

    Raises:
        CourseError: the model or the data set is missing or does not fit.
    """
    images = run.load_dataset(data)
    with run.open_model(which) as model:
        return answer_test_images(model, images, run.record, name=name, load_data=run.load_dataset)


def compare_pairwise(
    runs: Sequence[OpenedRun], summaries: Sequence[RunSummary], *, data: Any, which: str
) -> list[PairTest]:
    """Test each pair of runs on the test images that both have, or on those of another data set.

    Args:
        summaries: of the runs, with their names.
        data: as `Run.load_dataset` takes it.

    Raises:
        CourseError: the model or the data set of a run is missing or does not fit.
    """
    data = read_into_memory(data)
    known: dict[int, RunAnswers] = {}

    def answer(number: int) -> RunAnswers:
        if number not in known:
            known[number] = answer_own_images(runs[number], name=summaries[number].name, data=data, which=which)
        return known[number]

    tests = []
    for first, second in itertools.combinations(range(len(runs)), 2):
        pair = [summaries[first], summaries[second]]
        reason = explain_incomparable(pair) if data is None else ""
        if reason:
            tests.append(PairTest(pair[0].name, pair[1].name, None, reason))
        else:
            tests.append(compare_pair(answer(first), answer(second)))
    return tests


def answer_all(runs: Sequence[OpenedRun], *, names: Sequence[str], which: str) -> list[RunAnswers | str]:
    """Return each run's answers to its own test images, or why they are not known, as a sentence."""
    answers: list[RunAnswers | str] = []
    for run, name in zip(runs, names, strict=True):
        try:
            answers.append(answer_own_images(run, name=name, which=which))
        except CourseError as error:
            answers.append(f"{name}: {error}")
    return answers
