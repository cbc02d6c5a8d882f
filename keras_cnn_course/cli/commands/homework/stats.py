"""`kcnn homework stats`: the results of a class."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.options import json_option
from keras_cnn_course.cli.output import echo_json, format_table
from keras_cnn_course.errors import HomeworkError, reporting_os_errors

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.class_statistics import ExerciseStatistics

__all__ = ["command"]

_MOST_DIAGNOSES = 4


@click.command("stats")
@click.argument("results", metavar="RESULTS.json", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--checks", "with_checks", is_flag=True, help="Also print the share of students who pass each check.")
@json_option
def command(results: Path, with_checks: bool, as_json: bool) -> None:
    """Summarize the results of a class.

    RESULTS.json is written by `kcnn homework grade --format json`. Passed is a share of the students who started the
    exercise. Mean and median are over all submissions.

    \b
    Example:  kcnn homework grade hws/ --secret key --format json --out all.json
              kcnn homework stats all.json --checks
    """
    from keras_cnn_course.homework.grading.class_statistics import read_statistics

    with reporting_os_errors(HomeworkError, "read", results):
        text = results.read_text(encoding="utf-8", errors="replace")
    exercises = read_statistics(text, source=str(results))
    if as_json:
        echo_json([asdict(exercise) for exercise in exercises])
        return
    rows = [
        [
            exercise.exercise,
            f"{exercise.started}/{exercise.submissions}",
            _share(exercise.passed, exercise.started),
            f"{exercise.mean:.2f}",
            f"{exercise.median:.2f}",
            str(exercise.points),
        ]
        for exercise in exercises
    ]
    click.echo(format_table(["exercise", "started", "passed", "mean", "median", "points"], rows))
    click.echo("\nMost frequent diagnoses:")
    click.echo("\n".join(_list_diagnoses(exercise) for exercise in exercises if exercise.diagnoses))
    if with_checks:
        rows = [
            [f"{exercise.exercise}: {check.name}", _share(check.passed, check.started)]
            for exercise in exercises
            for check in exercise.checks
        ]
        click.echo("\n" + format_table(["check", "passed"], rows))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def _list_diagnoses(exercise: "ExerciseStatistics") -> str:
    listed = ", ".join(f"{key} ({count})" for key, count in exercise.diagnoses[:_MOST_DIAGNOSES])
    return f"  {exercise.exercise}: {listed}"
