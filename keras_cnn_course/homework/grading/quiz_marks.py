"""Mark the quizzes of a class: the files of a folder, each with the answers of one student.

A table that is written again keeps the rows of all other files and students, as a file of marks does.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from keras_cnn_course.errors import CourseError, UsageError
from keras_cnn_course.homework.grading.marks import ends_alike
from keras_cnn_course.homework.grading.reports import plain_cell
from keras_cnn_course.homework.grading.spreadsheets import read_spreadsheet, refuse_other_table
from keras_cnn_course.homework.judging.answers import NOT_READ
from keras_cnn_course.homework.judging.quizzes import ask_quiz, judge_quiz, read_head
from keras_cnn_course.homework.quizzes.quiz import Quiz
from keras_cnn_course.homework.student.work_files import check_student, decode_text, read_plain_file

__all__ = ["QuizMark", "QuizTable", "mark_quizzes", "read_quiz_table"]

_LARGEST_FILE = 1 << 16
_SUFFIXES = (".toml", ".txt")
Row = Mapping[str, str]


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


@dataclass(frozen=True)
class QuizTable:
    """A table of the marks of a quiz: one row per file, with 1 or 0 for each question.

    Args:
        replaced: the number of rows that `with_marks` replaced.
    """

    quiz: Quiz
    path: Path
    rows: Sequence[Row] = ()
    replaced: int = 0

    def with_marks(self, marks: Sequence[QuizMark]) -> tuple["QuizTable", list[QuizMark]]:
        """Return the table with these marks, and the marks as the table has them.

        A mark replaces the row of the same file and student, also if one of the paths is only the end of the other. A
        student whose mark is from another file keeps that mark: nothing says which of the two counts.
        """
        places: dict[int, int] = {}
        for number, mark in enumerate(marks):
            place = self._find_place(mark)
            if place is not None:
                places.setdefault(place, number)
        kept = [row for place, row in enumerate(self.rows) if place not in places]
        marks = [_refuse_other_file(mark, kept) for mark in marks]
        rows = [
            self._make_row(marks[places[place]], label=row["file"]) if place in places else row
            for place, row in enumerate(self.rows)
        ]
        rows += [self._make_row(mark) for number, mark in enumerate(marks) if number not in places.values()]
        return replace(self, rows=rows, replaced=len(places)), list(marks)

    def render(self) -> str:
        """Return the table as CSV."""
        stream = io.StringIO()
        writer = csv.DictWriter(stream, _list_columns(self.quiz))
        writer.writeheader()
        writer.writerows(self.rows)
        return stream.getvalue()

    def _find_place(self, mark: QuizMark) -> int | None:
        """Return the place of the row that a mark replaces; None if there is none, or it is not clear which."""
        label, student = plain_cell(mark.label), plain_cell(mark.student).casefold()
        keys = [(place, row["file"], row["student"].casefold()) for place, row in enumerate(self.rows)]
        exact = [place for place, file, other in keys if file == label and other in ("", student)]
        alike = [place for place, file, other in keys if student == other != "" and ends_alike(file, label)]
        return exact[0] if exact else alike[0] if len(alike) == 1 else None

    def _make_row(self, mark: QuizMark, *, label: str = "") -> Row:
        """Return the row of a mark.

        Args:
            label: of the row that it replaces; the longer path is kept.
        """
        questions = _list_columns(self.quiz)[3:-1] if mark.problems else []
        return {
            "student": plain_cell(mark.student),
            "file": max(plain_cell(mark.label), label, key=len),
            "score": "" if mark.score is None else str(mark.score),
            **{key: str(int(not problem)) for key, problem in zip(questions, mark.problems, strict=True)},
            "note": plain_cell(mark.note or " ".join(mark.not_read)),
        }


def mark_quizzes(quiz: Quiz, folder: Path) -> list[QuizMark]:
    """Return a mark, or the reason why there is none, for every file in a folder.

    Raises:
        UsageError: there is no such folder, or no file in it.
    """
    if not folder.is_dir():
        hint = "It is a file: unpack it if it is an archive, and give the folder." if folder.exists() else ""
        raise UsageError(f"There is no folder {folder}. {hint}".rstrip())
    marks = [_mark(quiz, path, path.relative_to(folder).as_posix()) for path in _list_files(folder)]
    if not marks:
        raise UsageError(f"{folder} has no files. It must contain the quizzes that students handed in.")
    return [mark if mark.note else _refuse_several(mark, marks) for mark in marks]


def read_quiz_table(quiz: Quiz, path: Path) -> QuizTable:
    """Return a table of marks with the rows that it has now, if it exists.

    Raises:
        HomeworkError: it is some other file.
    """
    table = QuizTable(quiz, path)
    refuse_other_table(path, table.render(), what=f"a table of quiz {quiz.number}", option="--marks")
    return replace(table, rows=read_spreadsheet(path)[1]) if path.is_file() else table


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


def _refuse_other_file(mark: QuizMark, rows: Sequence[Row]) -> QuizMark:
    """Return a mark, with a note instead if one of the rows has a mark of the same student."""
    student = plain_cell(mark.student).casefold()
    other = next((row["file"] for row in rows if row["score"] and row["student"].casefold() == student), "")
    if mark.note or not other:
        return mark
    note = f"The table has a mark of {mark.student} from another file, {other}. If this file counts, delete that row."
    return QuizMark(mark.label, mark.student, note=note)
