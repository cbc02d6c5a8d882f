"""`kcnn homework verify`: a test of the grader."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import exercises_argument
from keras_cnn_course.cli.groups import PlainOption
from keras_cnn_course.cli.options import json_option
from keras_cnn_course.cli.output import echo_json, format_table
from keras_cnn_course.errors import GraderError, HomeworkError
from keras_cnn_course.homework.authoring.exercise import Exercise, list_exercises

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.proof import ExerciseProof

__all__ = ["command"]

_KINDS = {
    "starter": "starters failed",
    "solution": "solutions passed",
    "accepted": "variants passed",
    "mutant": "mutants diagnosed",
}


@click.command("verify")
@exercises_argument
@click.option(
    "--students",
    metavar="N",
    cls=PlainOption,
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Number of students whose cases are tried.",
)
@json_option
def command(exercises: tuple[Exercise, ...], students: int, as_json: bool) -> None:
    """Test the grader with known answers.

    For each exercise EX, the starter must fail, all correct solutions must pass, and each incorrect one (a mutant) must
    get its own diagnosis, with public and with graded cases. Otherwise the exit code is 3. Without EX, all exercises
    are tested, or those of --exercises.

    \b
    Example:  kcnn homework verify
              kcnn homework verify relu --students 10
    """
    from keras_cnn_course.homework.grading.proof import prove_exercise
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

    ids = [f"student-{number}" for number in range(1, students + 1)]
    proofs = []
    everything = list_exercises()
    own = tuple(exercise for exercise in everything if exercise.is_own)
    chosen = exercises or own or everything
    _refuse_gaps(chosen)
    with Sandboxes() as sandboxes:
        for exercise in chosen:
            proofs.append(prove_exercise(exercise, sandboxes, students=ids))
            click.echo(f"{exercise.name}: {len(proofs[-1].attempts)} answers judged", err=True)
    if as_json:
        echo_json([asdict(proof) for proof in proofs])
    else:
        click.echo(_format_counts(proofs))
    surprises = [(proof.exercise, attempt) for proof in proofs for attempt in proof.surprises]
    if surprises:
        name, first = surprises[0]
        raise GraderError(
            f"{len(surprises)} answers were judged incorrectly. The first is {name}, {first.kind} {first.name}: "
            f"expected {first.expected!r}, found {first.found!r}. {first.seen}"
        )


def _refuse_gaps(exercises: Sequence[Exercise]) -> None:
    """Check that the instructor's own exercises are complete.

    Raises:
        HomeworkError: one is not.
    """
    from keras_cnn_course.homework.authoring.own_exercises import find_gaps

    gaps = [f"{exercise.stem}: {gap}" for exercise in exercises if exercise.is_own for gap in find_gaps(exercise)]
    if gaps:
        raise HomeworkError(" ".join(gaps))


def _format_counts(proofs: "Sequence[ExerciseProof]") -> str:
    """Return a table with one row per exercise and a row of totals."""
    counts = [[proof.count(kind) for kind in _KINDS] for proof in proofs]
    totals = [tuple(sum(row[column][part] for row in counts) for part in (0, 1)) for column in range(len(_KINDS))]
    rows = [[proof.exercise, *map(_of, row)] for proof, row in zip(proofs, counts, strict=True)]
    return format_table(["exercise", *_KINDS.values()], [*rows, ["all", *map(_of, totals)]])


def _of(count: tuple[int, ...]) -> str:
    return f"{count[0]} of {count[1]}"
