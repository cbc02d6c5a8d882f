"""Grading many submissions: none stops the others, and nobody is marked for the grader's own failure."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from keras_cnn_course.errors import CourseError, GraderError, HomeworkError
from keras_cnn_course.homework.authoring.exercise import Exercise
from keras_cnn_course.homework.grading.submissions import read_submission
from keras_cnn_course.homework.judging.judge import judge_exercise
from keras_cnn_course.homework.judging.planning import Work, plan_cases
from keras_cnn_course.homework.judging.verdict import ExerciseResult
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

__all__ = ["GRADED", "GRADER_ERROR", "UNREADABLE", "SubmissionResult", "grade_submissions", "refuse_submission"]

GRADED, UNREADABLE, GRADER_ERROR = "graded", "unreadable", "grader error"


@dataclass(frozen=True)
class SubmissionResult:
    """One submission.

    Args:
        source: path of the submission.
        student: whose it is; empty where that cannot be read.
        status: `graded`; `unreadable`, which is worth 0 points; or `grader error`, which is worth no number at all.
        message: what the instructor should know.
        exercises: a result each; after an error of the grader's those that were judged nevertheless.
        seconds: that grading took.
        max_score: points that could be reached.
    """

    source: Path
    student: str
    status: str
    message: str
    exercises: tuple[ExerciseResult, ...]
    seconds: float
    max_score: int

    @property
    def score(self) -> float | None:
        """Points; None where the grader failed."""
        if self.status == GRADER_ERROR:
            return None
        return round(sum(result.score for result in self.exercises), 2)


def grade_submissions(
    paths: Sequence[Path],
    *,
    secret: bytes,
    exercises: Sequence[Exercise],
    jobs: int = 1,
    report: Callable[[SubmissionResult], object] = lambda result: None,
) -> list[SubmissionResult]:
    """Return a result for each submission, in their order.

    Cases are planned once before the first student's code runs: that loads all they are made of and judged by, which
    student code could change where files are not protected.

    Args:
        paths: zips and folders.
        secret: of the graded cases.
        exercises: to grade.
        jobs: submissions at a time, each with sandboxes of its own.
        report: called with each result as soon as it is there, from any thread.
    """
    for exercise in exercises:
        plan_cases(exercise, "", secret)
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(paths)):
        waiting.put(number)
    results: dict[int, SubmissionResult] = {}

    def grade_next() -> None:
        with Sandboxes() as sandboxes:
            while True:
                try:
                    number = waiting.get_nowait()
                except queue.Empty:
                    return
                results[number] = _grade(paths[number], sandboxes, secret=secret, exercises=exercises)
                report(results[number])

    threads = [threading.Thread(target=grade_next) for _ in range(min(jobs, len(paths)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _mark_shared_ids([results[number] for number in range(len(paths))])


def refuse_submission(path: Path, message: str, *, exercises: Sequence[Exercise]) -> SubmissionResult:
    """Return the result of what cannot be graded: no points, and why."""
    return SubmissionResult(path, "", UNREADABLE, message, (), 0.0, sum(exercise.points for exercise in exercises))


def _grade(path: Path, sandboxes: Sandboxes, *, secret: bytes, exercises: Sequence[Exercise]) -> SubmissionResult:
    """Return the result of one submission, whatever happens."""
    began = time.monotonic()
    empty = refuse_submission(path, "", exercises=exercises)
    try:
        with _taking_the_blame(f"read {path.name}"):
            work = read_submission(path)
    except HomeworkError as error:
        return replace(empty, message=str(error), seconds=time.monotonic() - began)
    except GraderError as error:
        return replace(empty, status=GRADER_ERROR, message=str(error), seconds=time.monotonic() - began)
    judged, failures = _judge_all(work, sandboxes, secret=secret, exercises=exercises)
    return replace(
        empty,
        student=work.student,
        status=GRADER_ERROR if failures else GRADED,
        message=" ".join(failures) or _describe_version(work),
        exercises=judged,
        seconds=time.monotonic() - began,
    )


def _judge_all(
    work: Work, sandboxes: Sandboxes, *, secret: bytes, exercises: Sequence[Exercise]
) -> tuple[tuple[ExerciseResult, ...], list[str]]:
    """Judge the exercises one after the other; return what was found, and what went wrong in the grader.

    An exercise at which the grader fails is tried once more, and then left out.
    """
    trusted: set[str] = set()
    results: list[ExerciseResult] = []
    failures: list[str] = []

    def judge(exercise: Exercise) -> ExerciseResult:
        with _taking_the_blame(f"judge {exercise.name}"):
            return judge_exercise(exercise, work, sandboxes, secret=secret, trusted=trusted)

    for exercise in exercises:
        try:
            result = _try_twice(judge, exercise)
        except GraderError as error:
            failures.append(f"{exercise.name}: {error}")
            continue
        results.append(result)
        if result.passed:
            trusted.add(exercise.stem)
    return tuple(results), failures


def _try_twice(judge: Callable[[Exercise], ExerciseResult], exercise: Exercise) -> ExerciseResult:
    """Return a result; where the grader fails, that of a second try.

    Raises:
        GraderError: both failed.
    """
    with suppress(GraderError):
        return judge(exercise)
    return judge(exercise)


@contextmanager
def _taking_the_blame(what: str) -> Iterator[None]:
    """Turn a mistake of the grader's, of any kind, into a GraderError: it must neither stop the batch nor hide.

    Raises:
        GraderError: the body raised something that is no CourseError; the cause is kept.
    """
    try:
        yield
    except CourseError:
        raise
    except Exception as error:
        raise GraderError(f"Expected to {what}. Received: {type(error).__name__} in the grader: {error}") from error


def _describe_version(work: Work) -> str:
    """Return a note where homework was begun with another version of the course."""
    ours = version("keras-cnn-course")
    return "" if work.course in ("", ours) else f"Begun with version {work.course} of the course; this is {ours}."


def _mark_shared_ids(results: Sequence[SubmissionResult]) -> list[SubmissionResult]:
    """Return the results with a note where several submissions carry one student's id."""
    marked = []
    for result in results:
        others = [other.source.name for other in results if other.student == result.student and other is not result]
        note = f"The same student id as in {', '.join(others[:5])}." if result.student and others else ""
        marked.append(replace(result, message=" ".join(filter(None, [result.message, note]))))
    return marked
