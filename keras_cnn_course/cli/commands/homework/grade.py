"""`kcnn homework grade`: marks for a class."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.grading_session import Settings, grade_places
from keras_cnn_course.cli.commands.homework.marks import gather_class, write_gradebook
from keras_cnn_course.cli.commands.homework.options import (
    assignment_option,
    only_option,
    policy_option,
    read_secret,
    refuse_input_as_out,
    roster_option,
    secret_option,
)
from keras_cnn_course.cli.groups import PlainOption, SectionCommand
from keras_cnn_course.cli.options import UserPath, out_option, quiet_option
from keras_cnn_course.errors import UsageError
from keras_cnn_course.homework.authoring.exercise import Exercise, list_exercises

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.class_archive import Places
    from keras_cnn_course.homework.grading.roster import Roster

__all__ = ["command"]

_VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
_GRADEBOOKS = ("canvas", "moodle")
_ENDINGS = (".unfinished", ".results.json", ".results.json.unfinished")  # of the files next to --out
_SECTIONS = {
    "Grading": ("secret", "exercises", "jobs"),
    "After an interruption": ("resume", "restart"),
    "Class": ("roster", "assignment", "policy"),
    "Output": ("file_format", "out", "graded_visibility", "quiet"),
}


@click.command("grade", cls=SectionCommand, sections=_SECTIONS)
@click.argument("paths", metavar="DIR_OR_ZIP...", type=UserPath(), nargs=-1, required=True)
@secret_option
@only_option("to grade")
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
    exercises: list[Exercise],
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

    if file_format in _GRADEBOOKS and not any(exercise.points for exercise in exercises or list_exercises()):
        raise UsageError(
            f"--format {file_format} needs an exercise with points. For optional exercises, use csv or json."
        )
    own_files = [path for path in (secret, roster, policy) if path is not None]
    if out is not None:
        refuse_input_as_out(out, *own_files, *paths)
        own_files += [out, *(out.with_name(out.name + ending) for ending in _ENDINGS)]
    people = _read_class(file_format, roster=roster, out=out, assignment=assignment, policy=policy)
    settings = Settings(
        read_secret(secret),
        exercises or [*list_exercises()],
        jobs=jobs,
        file_format=file_format,
        out=out,
        visibility=graded_visibility,
        quiet=quiet,
        resume=resume,
        restart=restart,
        own_files=own_files,
    )
    with unpacking_classes(paths) as places:
        if file_format not in _GRADEBOOKS or out is None or people is None:
            grade_places(places, settings, people)
        else:
            _fill_gradebook(places, settings, people, out, assignment=assignment, policy=policy)


def _fill_gradebook(
    places: "Places",
    settings: Settings,
    roster: "Roster",
    out: Path,
    *,
    assignment: str,
    policy: Path | None,
) -> None:
    """Grade, keep all results next to the gradebook, and write the marks into it."""
    from keras_cnn_course.homework.grading.unfinished import unfinished_path

    everything = out.with_name(f"{out.name}.results.json")
    all_results = replace(settings, file_format="json", out=everything, lists_missing=False)  # the gradebook does
    try:
        grade_places(places, all_results, roster)
    finally:  # some submissions may have no mark; the others have theirs
        if everything.exists() and not unfinished_path(everything).exists():
            marks = gather_class(everything, policy=policy, roster=roster)
            write_gradebook(marks, settings.file_format, roster=roster, out=out, assignment=assignment)


def _read_class(
    file_format: str, *, roster: Path | None, out: Path | None, assignment: str, policy: Path | None
) -> "Roster | None":
    """Return the roster, and refuse what does not fit together before anything is graded."""
    from keras_cnn_course.homework.grading.class_marks import gather_marks
    from keras_cnn_course.homework.grading.gradebook import check_gradebook, render_gradebook
    from keras_cnn_course.homework.grading.policy import read_policy
    from keras_cnn_course.homework.grading.roster import read_roster

    if file_format not in _GRADEBOOKS:
        if policy is not None:
            raise UsageError("--policy needs --format canvas or moodle. To apply it later: kcnn homework marks")
        return read_roster(roster) if roster is not None else None
    if roster is None or out is None:
        raise UsageError(f"--format {file_format} needs --roster FILE, exported from there, and --out FILE.")
    people = read_roster(roster)
    check_gradebook(file_format, out, render_gradebook(file_format, people, {}, assignment=assignment)[0])
    if policy is not None:
        gather_marks([], policy=read_policy(policy), roster=people)
    return people
