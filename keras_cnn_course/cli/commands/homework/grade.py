"""`kcnn homework grade`: marks for a class."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.gradescope_files import GradescopeFiles
from keras_cnn_course.cli.commands.homework.marks import gather_class, write_gradebook
from keras_cnn_course.cli.commands.homework.options import (
    assignment_option,
    policy_option,
    read_secret,
    roster_option,
    secret_option,
)
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
    from keras_cnn_course.homework.grading.roster import Roster

__all__ = ["command"]

_VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
_GRADEBOOKS = ("canvas", "moodle")
_SECTIONS = {
    "Grading": ("secret", "only", "jobs"),
    "After an interruption": ("resume", "restart"),
    "Class": ("roster", "assignment", "policy"),
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
    type=click.Choice(["csv", "json", "gradescope", *_GRADEBOOKS]),
    default="csv",
    show_default=True,
    help="A table of points (csv), all results (json), Gradescope's results.json, or the gradebook that Canvas or "
    "Moodle exports, with the marks filled in.",
)
@roster_option("The class as the course system exports it (CSV). It decides whose submission it is.")
@assignment_option
@policy_option
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
    roster: Path | None,
    assignment: str,
    policy: Path | None,
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

    For Canvas and Moodle, --roster is the file exported from there. All results are kept in OUT.results.json.

    Each result is written as soon as it exists, to a file next to --out. After Ctrl-C or a crash, continue with the
    same command and --resume. It grades what is missing and what has changed.

    The level of isolation is printed first. Run the final grading in a container without network: see docs/grading.md.

    \b
    Example:  kcnn homework grade submissions/ --secret secret.txt --out marks.csv
              kcnn homework grade hw.zip --secret secret.txt --format gradescope
    """
    from keras_cnn_course.homework.grading.class_archive import unpacking_classes
    from keras_cnn_course.homework.grading.unfinished import unfinished_path

    settings = Settings(read_secret(secret), _choose(only), jobs, quiet=quiet, resume=resume, restart=restart)
    people = _read_class(file_format, roster=roster, out=out, policy=policy)
    with unpacking_classes(paths) as places:
        if file_format not in _GRADEBOOKS or out is None or roster is None:
            _grade(places, settings, people, file_format=file_format, out=out, visibility=graded_visibility)
            return
        settings = replace(settings, lists_missing=False)  # the gradebook does
        everything = out.with_name(f"{out.name}.results.json")
        try:
            _grade(places, settings, people, file_format="json", out=everything, visibility=graded_visibility)
        finally:  # some submissions may have no mark; the others have theirs
            if everything.exists() and not unfinished_path(everything).exists():
                marks = gather_class(everything, policy=policy)
                write_gradebook(marks, file_format, roster=roster, out=out, assignment=assignment)


@dataclass(frozen=True)
class Settings:
    """How to grade.

    Args:
        lists_missing: whether to name the people in the roster who have no submission.
    """

    secret: bytes
    exercises: Sequence[Exercise]
    jobs: int | None
    quiet: bool
    resume: bool
    restart: bool
    lists_missing: bool = True


def _read_class(file_format: str, *, roster: Path | None, out: Path | None, policy: Path | None) -> "Roster | None":
    """Return the roster, and refuse what does not fit together before anything is graded."""
    from keras_cnn_course.homework.grading.gradebook import render_gradebook
    from keras_cnn_course.homework.grading.policy import read_policy
    from keras_cnn_course.homework.grading.roster import read_roster

    if file_format not in _GRADEBOOKS:
        if policy is not None:
            raise UsageError("--policy needs --format canvas or moodle. To apply it later: kcnn homework marks")
        return read_roster(roster) if roster is not None else None
    if roster is None or out is None:
        raise UsageError(f"--format {file_format} needs --roster FILE, exported from there, and --out FILE.")
    people = read_roster(roster)
    render_gradebook(file_format, people, {})
    if policy is not None:
        read_policy(policy)
    return people


def _grade(
    paths: Sequence[Path],
    settings: Settings,
    roster: "Roster | None",
    *,
    file_format: str,
    out: Path | None,
    visibility: str,
) -> None:
    """Grade the submissions at paths, and write their results in a format."""
    from keras_cnn_course.devices.backend import available_cores
    from keras_cnn_course.homework.grading.batch import grade_submissions, refuse_submission
    from keras_cnn_course.homework.grading.unfinished import describe_conditions
    from keras_cnn_course.homework.sandbox.confinement import find_isolation

    exercises = settings.exercises
    is_upload = file_format == "gradescope" and len(paths) == 1 and out is not None and out.suffix == ".json"
    found, refused = _find(paths, is_upload=is_upload)
    submissions = found.submissions
    _check_out(out, several=file_format == "gradescope" and len(submissions) > 1, number=len(submissions))
    isolation = find_isolation()
    marks = _read_marks(out, file_format=file_format, exercises=exercises, isolation=str(isolation))
    tell(str(isolation))
    for ignored in found.ignored:
        tell(f"Not a submission: {ignored}")
    if marks is None and (settings.resume or settings.restart):
        raise UsageError("--resume and --restart need a file of marks: --out FILE with --format csv or json.")
    progress = Progress(len(submissions), marks, quiet=settings.quiet)
    if marks is not None:
        conditions = describe_conditions(secret=settings.secret, exercises=exercises, file_format=file_format)
        submissions = progress.open_record(submissions, conditions, resume=settings.resume, restart=settings.restart)
    files = GradescopeFiles(submissions, out, isolation=str(isolation), visibility=visibility)

    def print_marks(results: "Sequence[SubmissionResult]") -> None:
        if file_format == "gradescope":
            for result in results:
                files.write(result)
        else:
            click.echo(_render(results, exercises, file_format=file_format, isolation=str(isolation)), nl=False)

    def report(result: "SubmissionResult") -> None:
        if file_format == "gradescope" and out is not None:
            files.write(result)
        progress.add(result)

    if refused:
        results = [refuse_submission(submissions[0], refused, exercises=exercises)]
        report(results[0])
    else:
        try:
            results = grade_submissions(
                submissions,
                secret=settings.secret,
                exercises=exercises,
                jobs=settings.jobs or available_cores(),
                roster=roster,
                report=report,
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
    if roster is not None and settings.lists_missing:
        _name_missing(roster, results)
    _check_marks(results, is_upload=is_upload)


def _name_missing(roster: "Roster", results: "Sequence[SubmissionResult]") -> None:
    """Print who is in the roster and has no submission."""
    present = {result.student for result in results}
    for person in roster.people:
        if person.student not in present:
            tell(f"  nothing handed in: {one_line(person.student)} {one_line(person.name)}".rstrip())


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
