"""`kcnn homework similar`: hand-ins that are alike."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import only_option, refuse_input_as_out
from keras_cnn_course.cli.groups import PlainOption
from keras_cnn_course.cli.options import UserPath, json_option, out_option
from keras_cnn_course.cli.output import count, echo_json, format_table
from keras_cnn_course.errors import CourseError, HomeworkError, reporting_os_errors
from keras_cnn_course.files.printable import printable
from keras_cnn_course.homework.authoring.exercise import Exercise, list_exercises

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.class_archive import Places
    from keras_cnn_course.homework.grading.similarity import AlikePair

__all__ = ["command"]

_NOT_A_VERDICT = (
    "This is a list to look at, not a verdict. Short exercises have few good solutions, so independent work can look "
    "alike. Read both files before you draw a conclusion, and talk to the students."
)


@click.command("similar")
@click.argument("paths", metavar="DIR_OR_ZIP...", type=UserPath(), nargs=-1, required=True)
@only_option("to compare")
@click.option(
    "--threshold",
    metavar="PERCENT",
    cls=PlainOption,
    type=click.IntRange(1, 100),
    default=80,
    show_default=True,
    help="The least similarity to list.",
)
@out_option("CSV file to write.", default="print a table", dir_okay=False)
@json_option
def command(
    paths: tuple[Path, ...], exercises: list[Exercise], threshold: int, out: Path | None, as_json: bool
) -> None:
    """List hand-ins that are alike.

    Give the same zips and folders as to `grade`. No code is run. Names of variables, comments and layout do not count,
    and neither do the starters, the solutions of the course, and code that many hand-ins have.

    The result is a list to look at, not a verdict: short exercises have few good solutions.

    \b
    Example:  kcnn homework similar submissions/
    """
    from keras_cnn_course.homework.grading.class_archive import unpacking_classes
    from keras_cnn_course.homework.grading.similarity import find_alike
    from keras_cnn_course.homework.grading.spreadsheets import refuse_other_table

    if out is not None:
        refuse_input_as_out(out, *paths)
        refuse_other_table(out, _render_csv([]), what="a table of pairs by `kcnn homework similar`")
    with unpacking_classes(paths) as places:
        works, problems = _read_works(places)
    pairs = find_alike(works, exercises or list_exercises(), threshold=threshold / 100)
    for problem in problems:
        click.echo(f"Not compared: {printable(problem)}", err=True)
    if out is not None:
        _write_csv(pairs, out)
    if as_json:
        values = {"compared": [*works], "not_compared": problems, "pairs": [asdict(pair) for pair in pairs]}
        echo_json({"note": _NOT_A_VERDICT, **values})
        return
    if pairs and out is None:
        click.echo(format_table(["exercise", "alike", "shared", "hand-in", "hand-in"], _rows(pairs), left=1))
        click.echo("")
    listed = f"{count(len(pairs), 'pair')} at least {threshold}% alike"
    click.echo(f"{count(len(works), 'hand-in')} compared: {listed}{f', in {out}' if out else ''}. {_NOT_A_VERDICT}")


def _read_works(places: "Places") -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return the sources of each hand-in by its label, and why others cannot be read."""
    from keras_cnn_course.homework.grading.finding import find_submissions

    found = find_submissions(places)
    works: dict[str, dict[str, str]] = {}
    problems = list(found.ignored)
    for each in found.submissions:
        try:
            # Whose it is does not matter here.
            work = each.read(known_as="unknown")
        except CourseError as error:
            problems.append(f"{each.label}: {error}")
            continue
        works[each.label] = dict(work.sources)
        problems += [f"{each.label}: {reading.problem}" for reading in work.readings.values() if reading.problem]
    return works, problems


def _rows(pairs: "Sequence[AlikePair]") -> list[list[str]]:
    from keras_cnn_course.homework.grading.reports import plain_cell

    return [
        [each.exercise, f"{each.similarity:.0%}", str(each.shared), plain_cell(each.first), plain_cell(each.second)]
        for each in pairs
    ]


def _render_csv(pairs: "Sequence[AlikePair]") -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["exercise", "alike", "shared", "first", "second"])
    writer.writerows(_rows(pairs))
    return table.getvalue()


def _write_csv(pairs: "Sequence[AlikePair]", out: Path) -> None:
    from keras_cnn_course.files.atomic import atomic_file

    with reporting_os_errors(HomeworkError, "write", out, hint="Choose another --out."), atomic_file(out) as temporary:
        temporary.write_text(_render_csv(pairs), encoding="utf-8-sig")
