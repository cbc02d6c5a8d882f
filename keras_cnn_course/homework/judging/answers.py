"""answers.toml: numbers that a student predicts before computing them.

The questions are drawn from the student's public seed, so nothing has to be stored to write or judge them.
"""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.authoring.cases import Problem, Question
from keras_cnn_course.homework.authoring.exercise import ANSWERS_FILE, Exercise, list_exercises
from keras_cnn_course.homework.judging.planning import case_seed, case_words, public_key
from keras_cnn_course.homework.judging.verdict import CaseResult, CheckResult
from keras_cnn_course.homework.sandbox.bounded_toml import read_toml
from keras_cnn_course.homework.sandbox.messages import printable

__all__ = ["ask", "judge_answers", "render_answers"]

_UNANSWERED = "?"


def ask(exercise: Exercise, student: str) -> tuple[Question, ...]:
    """Return a student's questions in an exercise."""
    draw = exercise.load_checks().ask
    if draw is None:
        return ()
    seed = case_seed(public_key(student, exercise.name), "answers", 0)
    return draw(np.random.default_rng(case_words(exercise.name, "answers", seed)))


def render_answers(student: str, *, solved: Sequence[Exercise] = ()) -> str:
    """Return answers.toml with a student's questions, and the correct answers for the `solved` exercises."""
    lines = ["# Work these out on paper before you compute anything. Replace the question marks with numbers."]
    for exercise in list_exercises():
        questions = ask(exercise, student) if exercise.asks else ()
        lines += ["", f"[{exercise.name}]"] if questions else []
        for question in questions:
            value = question.expected if exercise in solved else _UNANSWERED
            lines += [f"# {question.text}", f"{question.key} = {_to_toml(value)}"]
    return "\n".join(lines) + "\n"


def judge_answers(exercise: Exercise, student: str, text: str) -> tuple[CheckResult, ...]:
    """Return the result of each question of an exercise, from the text of answers.toml."""
    if not exercise.asks:
        return ()
    answers, reason = _read(text, exercise.name)
    return tuple(
        _judge(question, answers.get(question.key, _UNANSWERED), reason) for question in ask(exercise, student)
    )


def _judge(question: Question, answer: object, reason: str) -> CheckResult:
    problem = None
    if reason:
        problem = Problem("answers", f"{ANSWERS_FILE} cannot be read: {reason}")
    elif answer == _UNANSWERED:
        problem = Problem("not answered", f"{question.key} in {ANSWERS_FILE} has no answer yet.", says=question.text)
    elif _plain(answer) != question.expected:
        says = next((says for value, says in question.mistakes if value == _plain(answer)), question.text)
        problem = Problem(
            "answers", f"{question.key} = {printable(str(answer))[:60]} in {ANSWERS_FILE} is not correct.", says=says
        )
    return CheckResult(f"answer {question.key}", 1, (CaseResult(0, None, problem),), problem)


def _read(text: str, table: str) -> tuple[dict[str, object], str]:
    """Return one table of a TOML text, or the reason why it cannot be read."""
    try:
        values = read_toml(text).get(table, {})
    except HomeworkError as error:
        return {}, f"it {error}"
    return (values, "") if isinstance(values, dict) else ({}, f"[{table}] is not a table")


def _plain(answer: object) -> int | tuple[int, ...] | None:
    """Return an answer in the form of `Question.expected`; None if it is neither an integer nor a list of integers."""
    if isinstance(answer, int) and not isinstance(answer, bool):
        return answer
    if isinstance(answer, list) and all(isinstance(item, int) and not isinstance(item, bool) for item in answer):
        return tuple(answer)
    return None


def _to_toml(value: int | tuple[int, ...] | str) -> str:
    return f'"{value}"' if isinstance(value, str) else str(list(value) if isinstance(value, tuple) else value)
