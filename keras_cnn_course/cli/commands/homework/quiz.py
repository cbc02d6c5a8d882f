"""`kcnn homework quiz`: write a quiz for a student."""

from pathlib import Path

import click

from keras_cnn_course.cli.options import UserPath
from keras_cnn_course.errors import HomeworkError, UsageError, reporting_os_errors

__all__ = ["command"]


@click.command("quiz")
@click.argument("number", metavar="LECTURE")
@click.option("--student", metavar="ID", required=True, help="Your student id in the course.")
@click.option("--solved", is_flag=True, help="Write the correct answers, too.")
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=UserPath(dir_okay=False),
    help="File to write.  [default: quiz1-ID.toml]",
)
def command(number: str, student: str, solved: bool, out: Path | None) -> None:
    """Write the quiz of a lecture.

    LECTURE is 1 or 2. The quiz is a text file with ten questions, whose numbers depend on the student id. Fill in the
    answers with any editor, and hand the file in.

    \b
    Example:  kcnn homework quiz 1 --student ada.lovelace
    """
    from keras_cnn_course.files.atomic import atomic_file
    from keras_cnn_course.homework.judging.quizzes import render_quiz
    from keras_cnn_course.homework.quizzes.quiz import find_quiz
    from keras_cnn_course.homework.student.work_files import check_student

    quiz, student = find_quiz(number), check_student(student)
    out = out or Path(f"quiz{quiz.number}-{student}{'-solved' if solved else ''}.toml")
    if out.exists():
        raise UsageError(f"{out} already exists, and answers are never overwritten. Choose another file with --out.")
    with reporting_os_errors(HomeworkError, "write", out, hint="Choose another --out."), atomic_file(out) as temporary:
        temporary.write_text(render_quiz(quiz, student, solved=solved), encoding="utf-8")
    click.echo(f"{out}: quiz {quiz.number} ({quiz.title}) for {student}")
