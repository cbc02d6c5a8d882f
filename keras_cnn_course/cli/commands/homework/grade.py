"""`kcnn homework grade`: marks for a class."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import read_secret, secret_option
from keras_cnn_course.cli.groups import PlainOption, SectionCommand
from keras_cnn_course.cli.options import out_option, quiet_option
from keras_cnn_course.errors import GraderError, HomeworkError, UsageError, reporting_os_errors
from keras_cnn_course.homework.authoring.exercise import Exercise, find_exercise, list_exercises

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.batch import SubmissionResult

__all__ = ["command"]

_VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
_LONGEST_NAME = 100
_SECTIONS = {
    "Grading": ("secret", "only", "jobs"),
    "Output": ("file_format", "out", "graded_visibility", "quiet"),
}


@click.command("grade", cls=SectionCommand, sections=_SECTIONS)
@click.argument("paths", metavar="DIR_OR_ZIP...", type=click.Path(path_type=Path), nargs=-1, required=True)
@secret_option
@click.option("--only", metavar="EX,EX", help="Exercises to grade, by name or number.  [default: all]")
@click.option(
    "--jobs",
    metavar="N",
    cls=PlainOption,
    type=click.IntRange(1, 256),
    help="Number of submissions graded at the same time.  [default: number of CPU cores]",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "json", "gradescope"]),
    default="csv",
    show_default=True,
    help="A table of points (csv), all results (json), or Gradescope's results.json.",
)
@out_option("File to write. For several submissions in Gradescope's format, a folder.", default="standard output")
@click.option(
    "--graded-visibility",
    metavar="WHEN",
    type=click.Choice(_VISIBILITIES),
    default="visible",
    show_default=True,
    help=f"When Gradescope shows the graded cases to students: {', '.join(_VISIBILITIES)}. "
    "If hidden, Gradescope also hides the total.",
)
@quiet_option
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
    """Grade submissions.

    Give zips, homework folders, or folders that contain them. Student code runs in sandboxes: if it crashes or runs
    too long, it fails its checks, and grading continues. A submission that cannot be read scores 0. If the grader
    itself fails, the submission gets no mark, and the exit code is 3.

    The level of isolation is printed first. Run the final grading in a container without network: see docs/grading.md.

    \b
    Example:  kcnn homework grade submissions/ --secret secret.txt --out marks.csv
              kcnn homework grade hw.zip --secret secret.txt --format gradescope
    """
    from keras_cnn_course.devices.backend import available_cores
    from keras_cnn_course.homework.grading.batch import grade_submissions, refuse_submission
    from keras_cnn_course.homework.sandbox.confinement import find_isolation

    key = read_secret(secret)
    exercises = _choose(only)
    is_upload = file_format == "gradescope" and len(paths) == 1 and out is not None and out.suffix == ".json"
    found, refused = _find(paths, is_upload=is_upload)
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
        _write(out, _render(results, exercises, file_format=file_format, isolation=str(isolation)))
    _check_marks(results)


def _choose(only: str | None) -> list[Exercise]:
    """Return the exercises with these names, without duplicates, or all exercises."""
    chosen = (find_exercise(name.strip()) for name in only.split(",")) if only else list_exercises()
    return list(dict.fromkeys(chosen))


def _check_marks(results: "Sequence[SubmissionResult]") -> None:
    """Check that every submission has a mark.

    Raises:
        GraderError: a submission has no mark.
    """
    failed = [result for result in results if result.score is None]
    if failed:
        raise GraderError(
            f"{len(failed)} of {len(results)} submissions have no mark, because the grader itself failed. "
            f"The first is {failed[0].source}: {failed[0].message}"
        )


def _find(paths: Sequence[Path], *, is_upload: bool) -> tuple[list[Path], str]:
    """Return the submissions, and the reason why they cannot be graded, if there is one.

    Args:
        is_upload: whether Gradescope waits for the result of a single upload. Then no submission, or several, is a
            mistake to report to the student.

    Raises:
        HomeworkError: a path does not exist, or there is no submission.
    """
    from keras_cnn_course.homework.grading.submissions import find_submissions

    try:
        found = [submission for path in paths for submission in find_submissions(path)]
    except HomeworkError as error:
        if not is_upload or not all(path.exists() for path in paths):
            raise
        return [paths[0]], str(error)
    if is_upload and len(found) > 1:
        names = ", ".join(path.name for path in found[:5])
        return [paths[0]], f"This upload contains {len(found)} submissions ({names}). Hand in a single zip."
    return found, ""


def _check_out(out: Path | None, *, several: bool, number: int) -> None:
    """Check that the results can be written, before hours of grading.

    Args:
        out: the file, or the folder for several files, which is created; None means standard output.

    Raises:
        HomeworkError: they cannot be written.
        UsageError: there are several files, but no folder.
    """
    if out is None:
        if several:
            raise UsageError(
                f"Gradescope's format needs one file for each of the {number} submissions. Give a folder: --out DIR"
            )
        return
    if out.is_dir() and not several:
        raise HomeworkError(f"Cannot write {out}: Is a directory. Choose another --out.")
    folder = out if several else out.parent
    with reporting_os_errors(HomeworkError, "write", folder, hint="Choose another --out."):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


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
    """Write results.json for one submission, or one file per submission into a folder.

    Submissions without a mark are skipped.
    """
    from keras_cnn_course.homework.grading.reports import render_gradescope

    for number, result in enumerate(results, start=1):
        if result.score is None:
            continue
        text = render_gradescope(result, isolation=isolation, graded_visibility=visibility)
        if len(results) == 1 or out is None:
            _write(out, text)
        else:
            _write(out / f"{number:03d}-{_file_name(result.source)}.json", text)


def _write(path: Path | None, text: str) -> None:
    """Write text to a file, completely or not at all; None means standard output."""
    from keras_cnn_course.files.atomic import atomic_file

    if path is None:
        click.echo(text, nl=False)
        return
    with (
        reporting_os_errors(HomeworkError, "write", path, hint="Choose another --out."),
        atomic_file(path) as temporary,
    ):
        temporary.write_text(text, encoding="utf-8")


def _file_name(source: Path) -> str:
    """Return a file name with the names of the submission and its folder, which usually contain the student's name."""
    return re.sub(r"[^\w.@+-]", "_", f"{source.parent.name}-{source.stem}")[-_LONGEST_NAME:]
