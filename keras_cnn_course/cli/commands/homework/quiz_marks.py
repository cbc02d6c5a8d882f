"""`kcnn homework quiz-marks`: mark the quizzes of a class."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keras_cnn_course.cli.commands.homework.grading_outcome import describe_file
from keras_cnn_course.cli.commands.homework.progress import one_line
from keras_cnn_course.cli.options import UserPath, json_option, picture_option
from keras_cnn_course.cli.output import echo_json, format_table
from keras_cnn_course.errors import HomeworkError, reporting_os_errors

if TYPE_CHECKING:
    from keras_cnn_course.homework.grading.quiz_marks import QuizMark, QuizTable
    from keras_cnn_course.homework.quizzes.quiz import Quiz

__all__ = ["command"]

_WIDEST_BAR = 50


@click.command("quiz-marks")
@click.argument("number", metavar="LECTURE")
@click.argument("folder", metavar="FOLDER", type=UserPath())
@click.option("--marks", metavar="FILE", type=UserPath(dir_okay=False), help="CSV file to write.")
@picture_option(default="print the histogram only")
@json_option
@click.pass_context
def command(ctx: click.Context, number: str, folder: Path, marks: Path | None, out: Path | None, as_json: bool) -> None:
    """Mark the quizzes of a class.

    FOLDER contains the files that students handed in, in any subfolders. Files that cannot be marked are listed with
    the reason, and the exit code is then 1. The histogram and the picture have no names, so you can show them.

    If the file of --marks already has marks of this quiz, the rows of the same files and students are replaced, and the
    others are kept.

    \b
    Example:  kcnn homework quiz-marks 1 answers/ --marks quiz1.csv
    """
    from keras_cnn_course.homework.grading.quiz_marks import mark_quizzes, read_quiz_table
    from keras_cnn_course.homework.quizzes.quiz import find_quiz

    quiz = find_quiz(number)
    table = read_quiz_table(quiz, marks) if marks is not None else None
    found = mark_quizzes(quiz, folder)
    number_before = len(table.rows) if table is not None else 0
    if table is not None:
        table, found = table.with_marks(found)
    scores = [mark.score for mark in found if mark.score is not None]
    if out is not None:
        _draw(quiz, found, scores, out)
    if table is not None:
        _write(table)
    if as_json:
        echo_json([{**asdict(mark), "score": mark.score} for mark in found])
    else:
        _print(quiz, found, scores)
    if table is not None:
        kept = number_before - table.replaced
        click.echo(describe_file(table.path, table.replaced, kept, number=len(found)), err=as_json)
    if out is not None and not as_json:
        click.echo(out)
    unmarked = [mark for mark in found if mark.note]
    for mark in found:
        for text in filter(None, (mark.note, *mark.not_read)):
            click.echo(one_line(f"{mark.label}: {text}"), err=True)
    ctx.exit(1 if unmarked else 0)


def _print(quiz: "Quiz", marks: "Sequence[QuizMark]", scores: Sequence[int]) -> None:
    """Print how many students know each answer, and how many have how many points."""
    rows = [[key, f"{share:.0%}"] for key, share in _shares(quiz, marks)]
    click.echo(format_table(["question", "correct"], rows))
    click.echo("\nStudents by their correct answers:")
    counts = Counter(scores)
    scale = min(1.0, _WIDEST_BAR / max(counts.values(), default=1))
    for score in range(len(rows) + 1):
        click.echo(f"  {score:>2}  {counts[score]:>4}  {'#' * round(scale * counts[score])}".rstrip())


def _shares(quiz: "Quiz", marks: "Sequence[QuizMark]") -> list[tuple[str, float]]:
    """Return each question with the share of students who know the answer."""
    from keras_cnn_course.homework.judging.quizzes import ask_quiz

    marked = [mark for mark in marks if not mark.note]
    return [
        (question.key, sum(not mark.problems[place] for mark in marked) / max(len(marked), 1))
        for place, question in enumerate(ask_quiz(quiz, "anybody"))
    ]


def _draw(quiz: "Quiz", marks: "Sequence[QuizMark]", scores: Sequence[int], out: Path) -> None:
    from keras_cnn_course.plots.homework_class import plot_class
    from keras_cnn_course.plots.saving import check_picture_path, save_picture

    check_picture_path(out)
    if not scores:
        raise HomeworkError("There is nothing to draw: no quiz has a mark.")
    shares = _shares(quiz, marks)
    title = f"Quiz {quiz.number}: {quiz.title}"
    save_picture(plot_class(scores, shares, points=len(shares), title=title, part="question"), out)


def _write(table: "QuizTable") -> None:
    from keras_cnn_course.files.atomic import atomic_file

    with (
        reporting_os_errors(HomeworkError, "write", table.path, hint="Choose another --marks."),
        atomic_file(table.path) as temporary,
    ):
        temporary.write_text(table.render(), encoding="utf-8-sig", newline="")
