"""Grade many submissions: none stops the others, and no student loses points for a failure of the grader."""

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from packaging.version import InvalidVersion, Version

from keras_cnn_course.errors import CourseError, GraderError, HomeworkError
from keras_cnn_course.homework.authoring.exercise import Exercise
from keras_cnn_course.homework.grading.ownership import Submission
from keras_cnn_course.homework.grading.roster import Person, Roster
from keras_cnn_course.homework.grading.submission_results import (
    GRADED,
    GRADER_ERROR,
    UNREADABLE,
    SubmissionResult,
    mark_shared_ids,
)
from keras_cnn_course.homework.judging.judge import judge_exercise
from keras_cnn_course.homework.judging.planning import PYTHON, Standing, Work, plan_cases
from keras_cnn_course.homework.judging.verdict import ExerciseResult
from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
from keras_cnn_course.homework.sandbox.turns import Turns

__all__ = ["grade_submissions", "refuse_submission"]

_POLL_SECONDS = 0.5
_LONGEST_END = 5.0


def grade_submissions(
    submissions: Sequence[Submission | Path],
    *,
    secret: bytes,
    exercises: Sequence[Exercise],
    jobs: int = 1,
    roster: Roster | None = None,
    report: Callable[[SubmissionResult], object] = lambda result: None,
) -> list[SubmissionResult]:
    """Return the results of the submissions, in their order.

    All cases are planned once before any student code runs. This loads everything that grading needs, so that student
    code cannot change it where files are not protected.

    Args:
        submissions: zips and folders, or what `find_submissions` found.
        secret: for the graded cases.
        jobs: number of submissions to grade at the same time.
        roster: decides whose submission it is.
        report: called with each result as soon as it exists, in this thread.
    """
    for exercise in exercises:
        plan_cases(exercise, "", secret)
    results: dict[int, SubmissionResult] = {}

    def grade(number: int, sandboxes: Sandboxes) -> SubmissionResult:
        return _grade(submissions[number], sandboxes, secret=secret, exercises=exercises, roster=roster)

    with closing(_grade_all(grade, len(submissions), jobs=jobs)) as finished:
        for number, result in finished:
            results[number] = result
            report(result)
    return mark_shared_ids([results[number] for number in range(len(submissions))])


def _grade_all(
    grade: Callable[[int, Sandboxes], SubmissionResult], number: int, *, jobs: int
) -> Generator[tuple[int, SubmissionResult]]:
    """Yield the number and the result of each submission as soon as it is graded.

    Threads grade; the caller's thread only waits, so that Ctrl-C reaches it at once. When this generator is closed, the
    sandboxes are stopped.

    Raises:
        GraderError: the threads ended without grading everything.
    """
    waiting, finished = queue.SimpleQueue[int](), queue.SimpleQueue[tuple[int, SubmissionResult]]()
    for each in range(number):
        waiting.put(each)
    turns = Turns() if min(jobs, number) > 1 else None
    all_sandboxes = [Sandboxes(turns=turns) for _ in range(min(jobs, number))]

    def grade_next(sandboxes: Sandboxes) -> None:
        with sandboxes, suppress(queue.Empty):
            while not sandboxes.is_stopped:
                each = waiting.get_nowait()
                result = grade(each, sandboxes)
                if not sandboxes.is_stopped:  # otherwise, the result says only that
                    finished.put((each, result))

    threads = [threading.Thread(target=grade_next, args=(each,), daemon=True) for each in all_sandboxes]
    for thread in threads:
        thread.start()
    try:
        for _ in range(number):
            yield _wait_for_next(finished, threads)
    finally:
        for sandboxes in all_sandboxes:
            sandboxes.stop()
        for thread in threads:
            thread.join(_LONGEST_END)


def _wait_for_next(
    finished: "queue.SimpleQueue[tuple[int, SubmissionResult]]", threads: Sequence[threading.Thread]
) -> tuple[int, SubmissionResult]:
    """Return the next result.

    Raises:
        GraderError: no thread is left that could give one.
    """
    while True:
        is_last_chance = not any(thread.is_alive() for thread in threads)
        try:
            return finished.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            if is_last_chance:
                raise GraderError("The grader ended before all submissions were graded.") from None


def refuse_submission(
    submission: Submission | Path, message: str, *, exercises: Sequence[Exercise]
) -> SubmissionResult:
    """Return the result of a submission that cannot be graded: no mark, and the reason."""
    each = Submission(submission, "") if isinstance(submission, Path) else submission
    points = sum(exercise.points for exercise in exercises)
    return SubmissionResult(each.path, "", UNREADABLE, message, (), 0.0, points, each.label, each.files)


def _grade(
    submission: Submission | Path,
    sandboxes: Sandboxes,
    *,
    secret: bytes,
    exercises: Sequence[Exercise],
    roster: Roster | None,
) -> SubmissionResult:
    """Return the result of one submission, even if reading or judging it fails."""
    began = time.monotonic()
    submission = Submission(submission, "") if isinstance(submission, Path) else submission
    empty, note = refuse_submission(submission, "", exercises=exercises), submission.note
    person, _ = _identify(submission, roster, "")
    try:
        with _reporting_bugs(f"read {empty.name}"):
            work = submission.read(known_as=person.id_for_cases if person else "")
    except (HomeworkError, GraderError) as error:
        status = GRADER_ERROR if isinstance(error, GraderError) else UNREADABLE
        message = " ".join(filter(None, [str(error), note]))
        student = person.student if person else ""
        return replace(empty, student=student, status=status, message=message, seconds=time.monotonic() - began)
    person, about_roster = _identify(submission, roster, work.student)
    judged, failures = _judge_all(work, sandboxes, secret=secret, exercises=exercises)
    return replace(
        empty,
        student=person.student if person else work.student,
        status=GRADER_ERROR if failures else GRADED,
        message=" ".join(
            filter(
                None,
                [*failures, about_roster, *work.notes, note, *_describe_versions(work), *_describe_stand_ins(judged)],
            )
        ),
        exercises=judged,
        seconds=time.monotonic() - began,
    )


def _identify(submission: Submission, roster: Roster | None, student: str) -> tuple[Person | None, str]:
    """Return the person to whom a submission belongs by the roster, if there is one, and a note."""
    if roster is None:
        return None, ""
    return roster.find(owners=submission.owners, label=submission.label, shared=submission.shared, student=student)


def _judge_all(
    work: Work, sandboxes: Sandboxes, *, secret: bytes, exercises: Sequence[Exercise]
) -> tuple[tuple[ExerciseResult, ...], list[str]]:
    """Judge the exercises one after the other; return their results, and the failures of the grader.

    If the grader fails at an exercise, it tries once more, then leaves the exercise out.
    """
    standings: dict[str, Standing] = {}
    results: list[ExerciseResult] = []
    failures: list[str] = []

    def judge(exercise: Exercise) -> ExerciseResult:
        with _reporting_bugs(f"judge {exercise.name}"):
            return judge_exercise(exercise, work, sandboxes, secret=secret, standings=standings)

    for exercise in exercises:
        try:
            results.append(_try_twice(judge, exercise))
        except GraderError as error:
            failures.append(f"{exercise.name}: {error}")
    return tuple(results), failures


def _try_twice(judge: Callable[[Exercise], ExerciseResult], exercise: Exercise) -> ExerciseResult:
    """Return a result; if the grader fails, try once more.

    Raises:
        GraderError: both tries failed.
    """
    with suppress(GraderError):
        return judge(exercise)
    return judge(exercise)


@contextmanager
def _reporting_bugs(action: str) -> Iterator[None]:
    """Turn any bug in the grader into a GraderError, so that it neither stops the batch nor goes unnoticed.

    Args:
        action: what the body does, as a verb with its object.

    Raises:
        GraderError: the body raised anything but a CourseError.
    """
    try:
        yield
    except CourseError:
        raise
    except Exception as error:
        raise GraderError(f"The grader failed to {action}: {type(error).__name__}: {error}") from error


def _describe_stand_ins(judged: Sequence[ExerciseResult]) -> list[str]:
    """Return a note for each exercise that was judged with functions of the reference."""
    return [
        f"{result.exercise}: judged with the reference's functions of {', '.join(result.stand_ins)}."
        for result in judged
        if result.stand_ins
    ]


def _describe_versions(work: Work) -> Iterator[str]:
    """Yield a note if the homework was started with another version of the course, or written with a newer Python."""
    ours = Version(version("keras-cnn-course"))
    try:
        if work.course and Version(work.course) != ours:
            yield f"Started with version {work.course} of the course; this is version {ours}."
    except InvalidVersion:
        yield f"homework.toml names an invalid version of the course: {work.course!r}."
    if work.python and Version(work.python) > Version(PYTHON):
        yield f"Written with Python {work.python}, graded with {PYTHON}: code for newer versions fails here."
