"""Feedback for each student, as a text and as a page, to be sent back."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from keras_cnn_course.errors import HomeworkError, UsageError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.files.markup import element, write_html
from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.grading.gradebook import Mark
from keras_cnn_course.homework.judging.verdict import ExerciseResult
from keras_cnn_course.homework.student.checking import describe_result
from keras_cnn_course.homework.student.work_files import is_letter_of_id

__all__ = ["name_files", "summarize_mistakes", "write_feedback"]

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "body{color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse}td,th{padding:.2rem 1rem .2rem 0;text-align:left}td.n{text-align:right}"
    "pre{white-space:pre-wrap;border-left:4px solid #8a8a8a;padding-left:.8rem}"
    "@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}}"
)


def name_files(students: Iterable[str]) -> dict[str, str]:
    """Return the name of each student's files: the id, with other characters replaced, and a number if it is taken.

    >>> name_files(["a b", "a_b", "ada"])
    {'a_b': 'a_b', 'ada': 'ada', 'a b': 'a_b-2'}
    """
    plain = {
        student: "".join(letter if is_letter_of_id(letter) else "_" for letter in student).lstrip(".") or "student"
        for student in students
    }
    names: dict[str, str] = {}
    taken: set[str] = set()
    for student in sorted(plain, key=lambda student: plain[student] != student):  # an id that is a name keeps it
        name, number = plain[student], 1
        while name.casefold() in taken:  # Windows and macOS ignore the case
            number += 1
            name = f"{plain[student]}-{number}"
        taken.add(name.casefold())
        names[student] = name
    return names


def write_feedback(folder: Path, mark: Mark, exercises: Sequence[ExerciseResult], *, name: str) -> list[Path]:
    """Write a student's feedback as NAME.txt and NAME.html; return both. They name no other student.

    Raises:
        HomeworkError: they cannot be written.
        UsageError: an exercise is not known.
    """
    headline = f"{mark.student}: {mark.score:g} of {mark.max_score:g} points"
    try:
        found = [(find_exercise(each.exercise), each) for each in exercises]
    except UsageError as error:
        raise UsageError(f"{error} If it is an exercise of your own, add --exercises DIR.") from error
    details = [(exercise.title, each, describe_result(exercise, each)) for exercise, each in found]
    text = "\n\n".join([headline, *filter(None, [mark.comment]), *("\n".join(lines) for _, _, lines in details)])
    rows = [
        element("tr", element("td", title), element("td", _name_points(each), class_="n")) for title, each, _ in details
    ]
    parts = [element("section", element("h2", title), element("pre", "\n".join(lines))) for title, _, lines in details]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width"),
        element("title", headline),
        element("style", _STYLE),
    )
    heading = element("h1", headline), element("p", mark.comment)
    body = element("body", *heading, element("table", *rows), *parts)
    paths = [folder / f"{name}.txt", folder / f"{name}.html"]
    with reporting_os_errors(HomeworkError, "write", folder, hint="Choose another --feedback."):
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_file(paths[0]) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    write_html(f'<!doctype html>\n<html lang="en">{head}{body}</html>\n', paths[1])
    return paths


def _name_points(result: ExerciseResult) -> str:
    return f"{result.score:g} of {result.points}" if result.points else "optional"


def summarize_mistakes(exercises: Sequence[ExerciseResult]) -> str:
    """Return the points of each exercise that did not get all, in one line for a gradebook's comment."""
    lost = [each for each in exercises if each.score < each.points]
    parts = [f"{each.exercise} {each.score:g}/{each.points}" for each in lost]
    if parts:
        return f"Points lost in: {', '.join(parts)}."
    return "All exercises pass." if all(each.passed for each in exercises) else "All exercises with points pass."
