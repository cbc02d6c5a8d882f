"""`kcnn homework verify`: the grader's own test."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import exercises_argument, json_option
from keras_cnn_course.cli.output import format_table
from keras_cnn_course.errors import GraderError
from keras_cnn_course.homework.authoring.exercise import Exercise, list_exercises

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.proof import ExerciseProof

__all__ = ["command"]

_KINDS = {"starter": "starters failed", "solution": "solutions passed", "accepted": "variants passed",
          "mutant": "mutants diagnosed"}  # fmt: skip


@click.command("verify")
@exercises_argument
@click.option(
    "--students", type=click.IntRange(1, 1000), default=1, show_default=True, help="With the cases of so many students."
)
@json_option
def command(exercises: tuple[Exercise, ...], students: int, as_json: bool) -> None:
    """Prove the grader right: every starter fails, every right answer passes, every wrong one gets its own diagnosis.

    Public and graded cases alike. The exit code is 3 where an answer is judged otherwise.

    \b
    Example:  kcnn homework verify
    """
    from keras_cnn_course.homework.grading.proof import prove_exercise
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

    results = []
    with Sandboxes() as sandboxes:
        for exercise in exercises or list_exercises():
            ids = [f"student-{number}" for number in range(1, students + 1)]
            results.append(prove_exercise(exercise, sandboxes, students=ids))
            click.echo(f"{exercise.name}: {len(results[-1].attempts)} answers judged", err=True)
    click.echo(json.dumps([asdict(result) for result in results], indent=2) if as_json else _render(results))
    surprises = [(result.exercise, attempt) for result in results for attempt in result.surprises]
    if surprises:
        name, first = surprises[0]
        raise GraderError(
            f"Expected every answer to be judged right. Received: {len(surprises)} that are not, such as {name}, "
            f"{first.kind} {first.name}: {first.expected!r} expected, {first.found!r} found. {first.seen}"
        )


def _render(results: "list[ExerciseProof]") -> str:
    """Return a row an exercise, and the sums."""
    counts = [[result.count(kind) for kind in _KINDS] for result in results]
    sums = [tuple(sum(row[column][part] for row in counts) for part in (0, 1)) for column in range(len(_KINDS))]
    rows = [[result.exercise, *map(_of, row)] for result, row in zip(results, counts, strict=True)]
    return format_table(["exercise", *_KINDS.values()], [*rows, ["all", *map(_of, sums)]])


def _of(count: tuple[int, ...]) -> str:
    return f"{count[0]} of {count[1]}"
