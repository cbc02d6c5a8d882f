"""`kcnn homework marks`: marks for a gradebook, and feedback for students, from saved results."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.options import (
    assignment_option,
    policy_option,
    refuse_input_as_out,
    roster_option,
)
from keras_cnn_course.cli.commands.homework.progress import one_line, tell
from keras_cnn_course.cli.groups import SectionCommand
from keras_cnn_course.cli.options import UserPath, out_option
from keras_cnn_course.cli.output import count
from keras_cnn_course.errors import HomeworkError, UsageError, reporting_os_errors

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.class_marks import ClassMarks
    from keras_cnn_course.homework.grading.roster import Roster

__all__ = ["command", "gather_class", "write_gradebook"]

_SECTIONS = {"What to write": ("file_format", "out", "feedback"), "Class and rules": ("roster", "assignment", "policy")}


@click.command("marks", cls=SectionCommand, sections=_SECTIONS)
@click.argument("results", metavar="RESULTS.json", type=UserPath(dir_okay=False))
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["canvas", "moodle"]),
    help="Gradebook to write, as Canvas or Moodle imports it.",
)
@out_option("Gradebook file to write.", dir_okay=False)
@click.option(
    "--feedback",
    metavar="DIR",
    type=UserPath(file_okay=False),
    help="Folder for one text and one page per student.",
)
@roster_option("The class as Canvas or Moodle exports it (CSV); its rows are filled in.")
@assignment_option
@policy_option
def command(
    results: Path,
    file_format: str | None,
    out: Path | None,
    feedback: Path | None,
    roster: Path | None,
    assignment: str,
    policy: Path | None,
) -> None:
    """Write marks for a gradebook, and feedback.

    RESULTS.json is written by `kcnn homework grade --format json`. Nobody is graded again. The command lists the people
    in the roster who have no mark, and the marks of people who are not in the roster.

    \b
    Example:  kcnn homework marks all.json --policy policy.toml --feedback texts
    """
    if file_format is None and feedback is None:
        raise UsageError("Say what to write: --format canvas or moodle with --roster and --out, or --feedback DIR.")
    if file_format is not None and (roster is None or out is None):
        raise UsageError(f"--format {file_format} needs --roster FILE, exported from there, and --out FILE.")
    from keras_cnn_course.homework.grading.feedback import name_files, write_feedback
    from keras_cnn_course.homework.grading.roster import read_roster

    if out is not None:
        refuse_input_as_out(out, results, roster, policy)
    people = read_roster(roster) if roster is not None else None
    marks = gather_class(results, policy=policy, roster=people)
    if feedback is not None:
        for student, name in name_files(marks.by_student).items():
            write_feedback(feedback, marks.by_student[student], marks.exercises[student], name=name)
        tell(f"{feedback}: feedback for {count(len(marks.by_student), 'student')}, as text and as a page")
    if file_format is not None and people is not None and out is not None:
        write_gradebook(marks, file_format, roster=people, out=out, assignment=assignment)


def gather_class(results: Path, *, policy: Path | None, roster: "Roster | None") -> "ClassMarks":
    """Return the marks of saved results by the rules in a file, and print what needs the instructor's attention."""
    from keras_cnn_course.homework.grading.class_marks import gather_marks
    from keras_cnn_course.homework.grading.policy import Policy, read_policy
    from keras_cnn_course.homework.grading.saved_results import read_results

    marks = gather_marks(read_results(results), policy=read_policy(policy) if policy else Policy(), roster=roster)
    for note in marks.notes:
        tell(one_line(note))
    return marks


def write_gradebook(marks: "ClassMarks", file_format: str, *, roster: "Roster", out: Path, assignment: str) -> None:
    """Write the file for a gradebook, and name everybody without a mark and every mark without a person.

    Raises:
        HomeworkError: the roster is not of this system, the file is some other one, or it cannot be written.
    """
    from keras_cnn_course.files.atomic import atomic_file
    from keras_cnn_course.homework.grading.gradebook import check_gradebook, render_gradebook

    matched, strangers = marks.match(roster)
    text, notes = render_gradebook(file_format, roster, matched, assignment=assignment)
    check_gradebook(file_format, out, text)
    encoding = "utf-8-sig" if file_format == "canvas" else "utf-8"
    with reporting_os_errors(HomeworkError, "write", out, hint="Choose another --out."), atomic_file(out) as temporary:
        temporary.write_text(text, encoding=encoding, newline="")
    for note in notes:
        tell(one_line(note))
    for student in strangers:
        tell(f"  not in the roster, so not in {out.name}: {one_line(student)}")
    for person in roster.people:
        if person.student not in matched:
            tell(f"  no mark: {one_line(person.student)} {one_line(person.name)}".rstrip())
    tell(f"{out}: {count(len(matched), 'mark')}; people in the roster: {len(roster.people):,}")
