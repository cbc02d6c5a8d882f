"""`kcnn homework stats`: the results of a class."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.options import UserPath, json_option, picture_option
from keras_cnn_course.cli.output import echo_json, format_table
from keras_cnn_course.errors import HomeworkError

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.class_statistics import ExerciseStatistics

__all__ = ["command"]

_MOST_DIAGNOSES = 4
_BINS = 10
_WIDEST_BAR = 50


@click.command("stats")
@click.argument("results", metavar="RESULTS.json", type=UserPath(dir_okay=False))
@click.option("--checks", "with_checks", is_flag=True, help="Also print the share of students who pass each check.")
@picture_option(default="print the histogram only")
@json_option
def command(results: Path, with_checks: bool, out: Path | None, as_json: bool) -> None:
    """Summarize the results of a class.

    RESULTS.json is written by `kcnn homework grade --format json`. Passed is a share of the students who started the
    exercise. Mean and median are over all submissions. No student is named, so you can show this to the class.

    \b
    Example:  kcnn homework grade hws/ --secret key --format json --out all.json
              kcnn homework stats all.json --checks --out class.png
    """
    from keras_cnn_course.homework.grading.class_statistics import read_scores, read_statistics
    from keras_cnn_course.homework.grading.spreadsheets import read_utf

    text = read_utf(results)
    exercises = read_statistics(text, source=str(results))
    scores, points = read_scores(text, source=str(results))
    if out is not None:
        _draw(scores, exercises, points, out)
    if as_json:
        echo_json([asdict(exercise) for exercise in exercises])
        return
    click.echo(_format_exercises(exercises))
    click.echo("\nMost frequent diagnoses:")
    click.echo("\n".join(_list_diagnoses(exercise) for exercise in exercises if exercise.diagnoses))
    click.echo("\nStudents by their points:")
    click.echo("\n".join(_histogram(scores, points)))
    if out is not None:
        click.echo(f"\n{out}")
    if with_checks:
        rows = [
            [f"{exercise.exercise}: {check.name}", _share(check.passed, check.started)]
            for exercise in exercises
            for check in exercise.checks
        ]
        click.echo("\n" + format_table(["check", "passed"], rows))


def _format_exercises(exercises: "Sequence[ExerciseStatistics]") -> str:
    """Return a table with one row per exercise."""
    rows = [
        [
            exercise.exercise,
            f"{exercise.started}/{exercise.submissions}",
            _share(exercise.passed, exercise.started),
            f"{exercise.mean:.2f}",
            f"{exercise.median:.2f}",
            str(exercise.points),
            f"{exercise.mean / exercise.points:.0%}" if exercise.points else "-",
        ]
        for exercise in exercises
    ]
    return format_table(["exercise", "started", "passed", "mean", "median", "points", "mean share"], rows)


def _histogram(scores: Sequence[float], points: float) -> list[str]:
    """Return one line for each tenth of the points, with a bar; a sentence if there are no points."""
    if not points:
        return ["  The graded exercises are optional and have no points."]
    counts = [0] * _BINS
    for score in scores:
        counts[min(int(_BINS * score / points), _BINS - 1)] += 1
    scale = min(1.0, _WIDEST_BAR / max(counts, default=1)) if any(counts) else 1.0
    edges = [f"{points * number / _BINS:g}" for number in range(_BINS + 1)]
    return [
        f"  {f'{edges[number]} to {edges[number + 1]}':<12}  {number_of:>4}  {'#' * round(number_of * scale)}".rstrip()
        for number, number_of in enumerate(counts)
    ]


def _draw(scores: Sequence[float], exercises: "Sequence[ExerciseStatistics]", points: float, out: Path) -> None:
    from keras_cnn_course.plots.homework_class import plot_class
    from keras_cnn_course.plots.saving import check_picture_path, save_picture

    check_picture_path(out)
    if not scores:
        raise HomeworkError("There is nothing to draw: no submission has a mark.")
    if not points:
        raise HomeworkError("There is nothing to draw: the graded exercises are optional and have no points.")
    shares = [(exercise.exercise, exercise.mean / exercise.points) for exercise in exercises if exercise.points]
    save_picture(plot_class(scores, shares, points=points), out)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def _list_diagnoses(exercise: "ExerciseStatistics") -> str:
    listed = ", ".join(f"{key} ({count})" for key, count in exercise.diagnoses[:_MOST_DIAGNOSES])
    return f"  {exercise.exercise}: {listed}"
