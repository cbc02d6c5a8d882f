"""Mark the quizzes of a class: the files of a folder, each with the answers of one student."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_cnn_course.errors import CourseError, HomeworkError, UsageError
from keras_cnn_course.homework.grading.reports import plain_cell
from keras_cnn_course.homework.grading.spreadsheets import read_spreadsheet
from keras_cnn_course.homework.judging.answers import NOT_READ
from keras_cnn_course.homework.judging.quizzes import ask_quiz, judge_quiz, read_head
from keras_cnn_course.homework.quizzes.quiz import Quiz
from keras_cnn_course.homework.student.work_files import check_student, decode_text, read_plain_file

__all__ = ["QuizMark", "check_quiz_table", "mark_quizzes", "render_quiz_marks"]

_LARGEST_FILE = 1 << 16
_SUFFIXES = (".toml", ".txt")


@dataclass(frozen=True)
class QuizMark:
    """The mark of one file.

    Args:
        label: path of the file below the folder.
        student: the student's id; empty if the file has none.
        problems: for each question in order, what is wrong with the answer; empty if it is correct.
        note: why there is no mark; empty if there is one.
        not_read: what cannot be read among the answers, which count as not correct.
    """

    label: str
    student: str
    problems: tuple[str, ...] = ()
    note: str = ""
    not_read: tuple[str, ...] = ()

    @property
    def score(self) -> int | None:
        """The number of correct answers; None if there is no mark."""
        return None if self.note else self.problems.count("")


def mark_quizzes(quiz: Quiz, folder: Path) -> list[QuizMark]:
    """Return a mark, or the reason why there is none, for every file in a folder.

    Raises:
        UsageError: there is no such folder, or no file in it.
    """
    if not folder.is_dir():
        hint = "It is a file: unpack it if it is an archive, and give the folder." if folder.exists() else ""
        raise UsageError(f"There is no folder {folder}. {hint}".rstrip())
    marks = [_mark(quiz, path, str(path.relative_to(folder))) for path in _list_files(folder)]
    if not marks:
        raise UsageError(f"{folder} has no files. It must contain the quizzes that students handed in.")
    return [mark if mark.note else _refuse_several(mark, marks) for mark in marks]


def render_quiz_marks(quiz: Quiz, marks: Sequence[QuizMark]) -> str:
    """Return a table as CSV: one row per file, with 1 or 0 for each question."""
    header = _list_columns(quiz)
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(header)
    for mark in marks:
        cells = [str(int(not problem)) for problem in mark.problems] or [""] * (len(header) - 4)
        score = "" if mark.score is None else mark.score
        note = plain_cell(mark.note or " ".join(mark.not_read))
        writer.writerow([plain_cell(mark.student), plain_cell(mark.label), score, *cells, note])
    return stream.getvalue()


def check_quiz_table(quiz: Quiz, path: Path) -> None:
    """Check that a table of marks may be written to a path: nothing is there, or a table of the same quiz.

    Raises:
        HomeworkError: it is some other file.
    """
    if path.exists() and read_spreadsheet(path)[0] not in ([], _list_columns(quiz)):
        raise HomeworkError(
            f"{path} exists and is not a table of quiz {quiz.number}. Choose another --marks, or move the file away."
        )


def _list_columns(quiz: Quiz) -> list[str]:
    return ["student", "file", "score", *(question.key for question in ask_quiz(quiz, "anybody")), "note"]


def _list_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and of the folders in it, except those of the system."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)
        if not hidden and (path.is_symlink() or not path.is_dir()):
            yield path


def _mark(quiz: Quiz, path: Path, label: str) -> QuizMark:
    if path.suffix.lower() not in _SUFFIXES:
        return QuizMark(label, "", note=f"This is not a quiz: its name does not end in {' or '.join(_SUFFIXES)}.")
    try:
        content = read_plain_file(path, limit=_LARGEST_FILE)
        text = decode_text(content or b"")
        number, word = read_head(text)
        student = check_student(word) if word else ""
    except CourseError as error:
        return QuizMark(label, "", note=str(error))
    if not student:
        return QuizMark(label, "", note='This is not a quiz: it has no line such as student = "ada".')
    if number != str(quiz.number):
        written = f"This is quiz {number}" if number else 'The line "quiz = ..." is missing'
        return QuizMark(label, student, note=f"{written}; quiz {quiz.number} is marked.")
    problems = judge_quiz(quiz, student, text, file=path.name)
    return QuizMark(
        label,
        student,
        tuple(f"{problem.seen} {problem.says}".strip() if problem else "" for problem in problems),
        not_read=tuple(problem.seen for problem in problems if problem and problem.key == NOT_READ),
    )


def _refuse_several(mark: QuizMark, marks: Sequence[QuizMark]) -> QuizMark:
    """Return a mark, with a note if it is not the first of its student, or others of this student differ."""
    student = mark.student.casefold()
    of_student = [other for other in marks if other.student.casefold() == student and not other.note]
    if len({tuple(map(bool, other.problems)) for other in of_student}) == 1 and mark is of_student[0]:
        return mark
    others = ", ".join(other.label for other in of_student if other is not mark)
    return QuizMark(
        mark.label, mark.student, note=f"There are several quizzes of {mark.student}: also {others}. Keep one."
    )
