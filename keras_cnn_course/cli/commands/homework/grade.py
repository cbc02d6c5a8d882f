"""`kcnn homework grade`: marks for a class."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import read_secret, secret_option
from keras_cnn_course.cli.commands.homework.results_file import check_file, check_folder, write_text
from keras_cnn_course.errors import GraderError, HomeworkError, UsageError
from keras_cnn_course.homework.authoring.exercise import Exercise, find_exercise, list_exercises

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.batch import SubmissionResult

__all__ = ["command"]

# When Gradescope shows a test to the student.
_VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
_LONGEST_NAME = 100


@click.command("grade")
@click.argument("paths", metavar="DIR_OR_ZIP...", type=click.Path(path_type=Path), nargs=-1, required=True)
@secret_option
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["gradescope", "csv", "json"]),
    default="csv",
    show_default=True,
    help="Gradescope's results.json, a table, or everything that was found.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="What to write: a file, or for several submissions in Gradescope's format a folder, unless it ends in .json: "
    "then there has to be one submission, and its student is told if there is not.  [default: stdout]",
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Submissions at a time.  [default: one a core]")
@click.option("--only", metavar="EX,EX...", help="Grade these exercises only.")
@click.option(
    "--graded-visibility",
    type=click.Choice(_VISIBILITIES),
    default="visible",
    show_default=True,
    help="When Gradescope shows the tests with graded cases; hidden hides the total, too.",
)
@click.option("--quiet", is_flag=True, help="No progress; errors and the result only.")
def command(
    paths: tuple[Path, ...],
    secret: Path,
    file_format: str,
    out: Path | None,
    jobs: int | None,
    only: str | None,
    graded_visibility: str,
    quiet: bool,
) -> None:
    """Grade submissions: zips, folders, or folders of them. Student code runs in confined processes of its own.

    A submission that cannot be read, crashes or never ends is marked for that and stops no other. Where the grader
    itself fails there is no mark, and the exit code is 3. The level of isolation is printed; final marks belong in a
    container without network, see docs/grading.md.

    \b
    Example:  kcnn homework grade submissions/ --secret secret.txt --out marks.csv
              kcnn homework grade hw.zip --secret secret.txt --format gradescope --out results.json
    """
    from keras_cnn_course.devices.backend import available_cores
    from keras_cnn_course.homework.grading.batch import grade_submissions, refuse_submission
    from keras_cnn_course.homework.sandbox.confinement import find_isolation

    key = read_secret(secret)
    exercises = _choose(only)
    is_alone = file_format == "gradescope" and len(paths) == 1 and out is not None and out.suffix == ".json"
    found, refused = _find(paths, alone=is_alone)
    _check_out(out, several=file_format == "gradescope" and len(found) > 1, number=len(found))
    isolation = find_isolation()
    click.echo(str(isolation), err=True)
    done: list[SubmissionResult] = []

    def report(result: "SubmissionResult") -> None:
        done.append(result)
        if not quiet:
            click.echo(f"{len(done)}/{len(found)}  {_describe(result)}", err=True)

    if refused:
        results = [refuse_submission(found[0], refused, exercises=exercises)]
        report(results[0])
    else:
        results = grade_submissions(
            found, secret=key, exercises=exercises, jobs=jobs or available_cores(), report=report
        )
    if file_format == "gradescope":
        _write_gradescope(results, out, isolation=str(isolation), visibility=graded_visibility)
    else:
        write_text(out, _render(results, exercises, file_format=file_format, isolation=str(isolation)))
    _check_marks(results)


def _choose(only: str | None) -> list[Exercise]:
    """Return the exercises with these names, each once; all where none is named."""
    chosen = (find_exercise(name.strip()) for name in only.split(",")) if only else list_exercises()
    return list(dict.fromkeys(chosen))


def _check_marks(results: "Sequence[SubmissionResult]") -> None:
    """Check that every submission has a mark.

    Raises:
        GraderError: one has none.
    """
    failed = [result for result in results if result.score is None]
    if failed:
        raise GraderError(
            f"Expected to grade {len(results)} submissions. Received: {len(failed)} without a mark, because the grader "
            f"failed: {failed[0].source}: {failed[0].message}"
        )


def _find(paths: Sequence[Path], *, alone: bool) -> tuple[list[Path], str]:
    """Return the submissions, and why they cannot be graded, if so.

    Args:
        paths: where to look.
        alone: whether there is to be one: then none and several are the student's mistake, who has to be told of it.

    Raises:
        HomeworkError: there is none, or nothing at a path.
    """
    from keras_cnn_course.homework.grading.submissions import find_submissions

    try:
        found = [submission for path in paths for submission in find_submissions(path)]
    except HomeworkError as error:
        if not alone or not all(path.exists() for path in paths):
            raise
        return [paths[0]], str(error)
    if alone and len(found) > 1:
        names = ", ".join(path.name for path in found[:5])
        return [paths[0]], f"Expected one submission. Received: {len(found)}: {names}. Hand in one zip."
    return found, ""


def _check_out(out: Path | None, *, several: bool, number: int) -> None:
    """Check that what will be written can be, before hours go into grading.

    Raises:
        HomeworkError: it cannot.
        UsageError: several files need a folder.
    """
    if not several:
        check_file(out)
    elif out is None:
        raise UsageError(f"Expected --out FOLDER for {number} submissions in Gradescope's format. Received: none.")
    else:
        check_folder(out)


def _describe(result: "SubmissionResult") -> str:
    """Return one line about a submission."""
    from keras_cnn_course.homework.sandbox.messages import printable

    who = f"{printable(result.source.name)} ({result.student or 'unknown'})"
    message = printable(result.message)
    if result.score is None:
        return f"{who}: no mark: {message}"
    note = f": {message}" if message else ""
    return f"{who}: {result.score:g}/{result.max_score} in {result.seconds:.1f} s{note}"


def _render(
    results: "Sequence[SubmissionResult]", exercises: Sequence[Exercise], *, file_format: str, isolation: str
) -> str:
    """Return all results as a table or as JSON."""
    from importlib.metadata import version

    from keras_cnn_course.homework.grading.reports import render_csv, render_json

    if file_format == "csv":
        return render_csv(results, exercises)
    return render_json(results, isolation=isolation, version=version("keras-cnn-course"))


def _write_gradescope(
    results: "Sequence[SubmissionResult]", out: Path | None, *, isolation: str, visibility: str
) -> None:
    """Write results.json of one submission, or one file a submission into a folder; none where the grader failed."""
    from keras_cnn_course.homework.grading.reports import render_gradescope

    for number, result in enumerate(results, start=1):
        if result.score is None:
            continue
        text = render_gradescope(result, isolation=isolation, graded_visibility=visibility)
        if len(results) == 1 or out is None:
            write_text(out, text)
        else:
            write_text(out / f"{number:03d}-{_file_name(result.source)}.json", text)


def _file_name(source: Path) -> str:
    """Return a submission's name as part of a file's: course systems name it, or its folder, by the student."""
    return re.sub(r"[^\w.@+-]", "_", f"{source.parent.name}-{source.stem}")[-_LONGEST_NAME:]
