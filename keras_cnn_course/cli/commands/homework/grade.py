"""`kcnn homework grade`: marks for a class."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import read_secret, secret_option
from keras_cnn_course.cli.commands.homework.progress import Progress, one_line, tell
from keras_cnn_course.cli.groups import PlainOption, SectionCommand
from keras_cnn_course.cli.options import out_option, quiet_option
from keras_cnn_course.cli.output import count
from keras_cnn_course.errors import GraderError, HomeworkError, UsageError, reporting_os_errors
from keras_cnn_course.homework.authoring.exercise import Exercise, find_exercise, list_exercises

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.batch import SubmissionResult
    from keras_cnn_course.homework.grading.finding import Found
    from keras_cnn_course.homework.grading.marks import Marks

__all__ = ["command"]

_VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
_LONGEST_NAME = 100
_SECTIONS = {
    "Grading": ("secret", "only", "jobs"),
    "After an interruption": ("resume", "restart"),
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
@click.option("--resume", is_flag=True, help="Continue a grading that was interrupted.")
@click.option("--restart", is_flag=True, help="Discard the results of a grading that was interrupted.")
@quiet_option
def command(
    paths: tuple[Path, ...],
    secret: Path,
    file_format: str,
    out: Path | None,
    jobs: int | None,
    only: str | None,
    graded_visibility: str,
    resume: bool,
    restart: bool,
    quiet: bool,
) -> None:
    """Grade submissions.

    Give zips, tar archives, homework folders, or folders that contain them. Every entry of a folder gets a row. Student
    code runs in sandboxes: if it crashes or runs too long, it fails its checks, and grading continues.

    A submission that cannot be read has no mark, and its row gives the reason; then the exit code is 1. If the grader
    itself fails, the submission has no mark either, and the exit code is 3. If the file of --out already has marks, the
    rows of the submissions that are graded now are replaced, and the others are kept.

    Each result is written as soon as it exists, to a file next to --out. After Ctrl-C or a crash, continue with the
    same command and --resume. It grades what is missing and what has changed.

    The level of isolation is printed first. Run the final grading in a container without network: see docs/grading.md.

    \b
    Example:  kcnn homework grade submissions/ --secret secret.txt --out marks.csv
              kcnn homework grade hw.zip --secret secret.txt --format gradescope
    """
    from keras_cnn_course.devices.backend import available_cores
    from keras_cnn_course.homework.grading.batch import grade_submissions, refuse_submission
    from keras_cnn_course.homework.grading.unfinished import describe_conditions
    from keras_cnn_course.homework.sandbox.confinement import find_isolation

    key = read_secret(secret)
    exercises = _choose(only)
    is_upload = file_format == "gradescope" and len(paths) == 1 and out is not None and out.suffix == ".json"
    found, refused = _find(paths, is_upload=is_upload)
    submissions = found.submissions
    _check_out(out, several=file_format == "gradescope" and len(submissions) > 1, number=len(submissions))
    isolation = find_isolation()
    marks = _read_marks(out, file_format=file_format, exercises=exercises, isolation=str(isolation))
    tell(str(isolation))
    for ignored in found.ignored:
        tell(f"Not a submission: {ignored}")
    if marks is None and (resume or restart):
        raise UsageError("--resume and --restart need a file of marks: --out FILE with --format csv or json.")
    progress = Progress(len(submissions), marks, quiet=quiet)
    if marks is not None:
        conditions = describe_conditions(secret=key, exercises=exercises, file_format=file_format)
        submissions = progress.open_record(submissions, conditions, resume=resume, restart=restart)

    def print_marks(results: "Sequence[SubmissionResult]") -> None:
        if file_format == "gradescope":
            _write_gradescope(results, out, isolation=str(isolation), visibility=graded_visibility)
        else:
            click.echo(_render(results, exercises, file_format=file_format, isolation=str(isolation)), nl=False)

    if refused:
        results = [refuse_submission(submissions[0], refused, exercises=exercises)]
        progress.add(results[0])
    else:
        try:
            results = grade_submissions(
                submissions, secret=key, exercises=exercises, jobs=jobs or available_cores(), report=progress.add
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(progress.describe_stop(print_marks)) from None
        except BaseException:
            tell(progress.describe_stop(print_marks))
            raise
    if progress.marks is None:
        print_marks(results)
    else:
        tell(_describe_file(progress.marks, *progress.marks.write(results), number=len(results)))
        progress.close_record()
    _check_marks(results, is_upload=is_upload)


def _read_marks(out: Path | None, *, file_format: str, exercises: Sequence[Exercise], isolation: str) -> "Marks | None":
    """Return the file of marks with the rows that it has now; None if there is no such file in this format."""
    from keras_cnn_course.homework.grading.marks import read_marks

    if out is None or file_format == "gradescope":
        return None
    return read_marks(out, file_format=file_format, exercises=exercises, isolation=isolation)


def _describe_file(marks: "Marks", replaced: int, kept: int, *, number: int) -> str:
    """Return what happened to the rows of the file."""
    if not marks.earlier:
        return f"{marks.path}: {count(number, 'row')}"
    return f"{marks.path}: {count(replaced, 'row')} replaced, {number - replaced} added, {kept} kept as they were"


def _choose(only: str | None) -> list[Exercise]:
    """Return the exercises with these names, without duplicates, or all exercises."""
    chosen = (find_exercise(name.strip()) for name in only.split(",")) if only else list_exercises()
    return list(dict.fromkeys(chosen))


def _check_marks(results: "Sequence[SubmissionResult]", *, is_upload: bool) -> None:
    """Print how many submissions have a mark, and name the others.

    Args:
        is_upload: whether results.json shows the reason to the student, so that the command has done its work.

    Raises:
        GraderError: the grader failed at a submission.
        HomeworkError: a submission could not be read.
    """
    failed = [result for result in results if result.status == "grader error"]
    unmarked = [result for result in results if result.score is None]
    entries = "1 entry" if len(results) == 1 else f"{len(results)} entries"
    tell(f"{entries}: {len(results) - len(unmarked)} graded, {len(unmarked)} without a mark")
    for result in unmarked:
        tell(f"  no mark: {one_line(result.name)}: {one_line(result.message)}")
    if failed:
        raise GraderError(
            f"{len(failed)} of {len(results)} submissions have no mark, because the grader itself failed. "
            f"The first is {one_line(failed[0].name)}: {one_line(failed[0].message)}"
        )
    if unmarked and not is_upload:
        raise HomeworkError(
            f"{len(unmarked)} of {len(results)} submissions have no mark, because they cannot be read. "
            "Their rows give the reason."
        )


def _find(paths: Sequence[Path], *, is_upload: bool) -> "tuple[Found, str]":
    """Return the submissions, and the reason why they cannot be graded, if there is one.

    Args:
        is_upload: whether Gradescope waits for the result of a single upload. Then no submission, or several, is a
            mistake to report to the student.

    Raises:
        HomeworkError: a path does not exist, or there is no submission.
    """
    from keras_cnn_course.homework.grading.finding import Found, Submission, find_submissions
    from keras_cnn_course.homework.grading.submissions import list_names

    try:
        found = find_submissions(paths, is_upload=is_upload)
    except HomeworkError as error:
        if not is_upload or not all(path.exists() for path in paths):
            raise
        return Found([Submission(paths[0], paths[0].name)]), str(error)
    if is_upload and len(found.submissions) > 1:
        names = list_names([each.label for each in found.submissions])
        reason = f"This upload contains {len(found.submissions)} submissions ({names}). Hand in a single zip."
        return Found([Submission(paths[0], paths[0].name)]), reason
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


def _render(
    results: "Sequence[SubmissionResult]", exercises: Sequence[Exercise], *, file_format: str, isolation: str
) -> str:
    """Return all results as a table or as JSON."""
    from keras_cnn_course.homework.grading.reports import json_entry, render_csv, render_json

    if file_format == "csv":
        return render_csv(results, exercises)
    return render_json([json_entry(result) for result in results], isolation=isolation)


def _write_gradescope(
    results: "Sequence[SubmissionResult]", out: Path | None, *, isolation: str, visibility: str
) -> None:
    """Write results.json for one submission, or one file per submission into a folder.

    A submission at which the grader failed is skipped. One that cannot be read shows the reason to the student.
    """
    from keras_cnn_course.homework.grading.reports import render_gradescope

    for number, result in enumerate(results, start=1):
        if result.status == "grader error":
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
