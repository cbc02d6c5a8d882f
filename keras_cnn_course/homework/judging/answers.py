"""answers.toml: numbers that a student predicts before computing them.

The questions are drawn from the student's public seed, so nothing has to be stored to write or judge them. The file is
read line by line, so a slip in one line costs no other answer. An answer counts by the numbers in it, however it is
typed: `3`, `"3"` and `3.0` are one answer, and so are `[6, 13]`, `"6, 13"` and `6x13`. The names of answers may be
written with capital letters.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from keras_cnn_course.homework.authoring.cases import Problem, Question
from keras_cnn_course.homework.authoring.exercise import ANSWERS_FILE, Exercise, list_exercises
from keras_cnn_course.homework.judging.planning import case_seed, case_words, public_key
from keras_cnn_course.homework.judging.verdict import CaseResult, CheckResult
from keras_cnn_course.homework.sandbox.messages import printable

__all__ = [
    "NOT_READ",
    "ask",
    "has_answers",
    "judge_answers",
    "judge_questions",
    "read_word",
    "render_answer",
    "render_answers",
]

NOT_READ = "answer not read"
"""The key of the problem with an answer that is there, but says no number, or several."""

_UNANSWERED = "?"
_BLANK = set("?,;x \"'[]")
_LARGEST_FILE = 1 << 16
_LONGEST_ANSWER = 80
_QUOTES = "\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
_BRACKETS = "[](){}"
_HEADER = re.compile(r"\[+\s*([\w.-]+)\s*\]*$")
_KEY = re.compile(rf"[{_QUOTES}]?([A-Za-z_][\w.-]*)[{_QUOTES}]?\s*(?:[=:]\s*|\s+(?=[\d{_QUOTES}\[(]))(.*)$")
_NUMBER = r"[+-]?\d+(?:_\d+)*(?:\.\d*)?(?:e[+-]?\d+)?"
_SIGN_BETWEEN = r"(?:[;x*/\u00d7]|by|and)"
_SEPARATOR = rf"(?:\s*(?:,|{_SIGN_BETWEEN})\s*|\s+)"
_NUMBERS = re.compile(rf"{_NUMBER}(?:{_SEPARATOR}{_NUMBER})*\s*,?", re.IGNORECASE)
# Dashes for a minus, an apostrophe between thousands, the signs of East Asian and Cyrillic keyboards, dots for x.
_SIGNS = str.maketrans(
    "\u2212\u2010\u2011\u2012\u2013\u2014\uff0d\u2019\uff0c\u3001\uff1b\uff08\uff09\uff3b\uff3d\u0445\u00b7\u22c5",
    "-------',,;()[]xxx",
)
_SIGN = re.compile(r"([+-])\s+(?=\d)")
_GROUPS = r"[+-]?(?:\d{1,3}(?:[,' \u00a0\u2009\u202f]\d{3})+|[1-9]\d{0,2}(?:\.\d{3})+)"
_GROUPED = re.compile(_GROUPS)
_DECIMAL_COMMA = re.compile(rf"(?<=\d),0+(?=\s*(?:{_SIGN_BETWEEN}|$))", re.IGNORECASE)
_ZERO_DECIMALS = re.compile(rf"({_GROUPS}|[+-]?\d+)([.,])0+")


@dataclass(frozen=True)
class _Answer:
    """An answer as it is written, with the number of its line and the table that it is in."""

    table: str
    key: str
    text: str
    line: int


def ask(exercise: Exercise, student: str) -> tuple[Question, ...]:
    """Return a student's questions in an exercise."""
    draw = exercise.load_checks().ask
    if draw is None:
        return ()
    seed = case_seed(public_key(student, exercise.name), "answers", 0)
    return draw(np.random.default_rng(case_words(exercise.name, "answers", seed)))


def render_answers(student: str, *, solved: Sequence[Exercise] = (), exercises: Sequence[Exercise] = ()) -> str:
    """Return answers.toml with a student's questions, and the correct answers for the `solved` exercises.

    Args:
        exercises: those whose questions to include; empty: all.
    """
    lines = ["# Work these out on paper before you compute anything. Replace the question marks with numbers."]
    for exercise in exercises or list_exercises():
        questions = ask(exercise, student) if exercise.asks else ()
        lines += ["", f"[{exercise.name}]"] if questions else []
        for question in questions:
            lines += [f"# {question.text}", render_answer(question, solved=exercise in solved)]
    return "\n".join(lines) + "\n"


def render_answer(question: Question, *, solved: bool = False) -> str:
    """Return the line for the answer to a question: a question mark, or the correct answer."""
    return f"{question.key} = {_to_toml(question.expected if solved else _UNANSWERED)}"


def judge_answers(exercise: Exercise, student: str, text: str) -> tuple[CheckResult, ...]:
    """Return the result of each question of an exercise, from the text of answers.toml."""
    if not exercise.asks:
        return ()
    questions = ask(exercise, student)
    problems = judge_questions(questions, text, table=exercise.name)
    return tuple(
        CheckResult(f"answer {question.key}", 1, (CaseResult(0, None, problem),), problem)
        for question, problem in zip(questions, problems, strict=True)
    )


def has_answers(exercise: Exercise, student: str, text: str) -> bool:
    """Return whether a question of an exercise is answered, correctly or not, in the text of answers.toml."""
    problems = [check.diagnosis for check in judge_answers(exercise, student, text)]
    return any(problem is None or problem.key != "not answered" for problem in problems)


def judge_questions(
    questions: Sequence[Question], text: str, *, table: str = "", file: str = ANSWERS_FILE
) -> list[Problem | None]:
    """Return what is wrong with the answer to each question, or None if it is correct.

    Args:
        text: the lines with the answers.
        table: the table of the file that the answers are in.
        file: name of the file, for the messages.
    """
    if len(text) > _LARGEST_FILE:
        seen = f"{file} cannot be read: it has more than {_LARGEST_FILE:,} characters."
        return [Problem(NOT_READ, seen, "Keep only the lines with the answers.")] * len(questions)
    answers = list(_read_answers(text))
    unread = next((answer for answer in answers if not answer.key and _is_same(answer.table, table)), None)
    keys = {question.key for question in questions}
    found = [_find_answers(answers, table, key, others=keys - {key}) for key in (each.key for each in questions)]
    return [_judge(question, given, unread, file) for question, given in zip(questions, found, strict=True)]


def read_word(text: str, key: str) -> str:
    """Return what is written after a key, without quotes; empty if nothing is, or different things are.

    >>> read_word('student = "ada"', "student")
    'ada'
    """
    answers = _find_answers(list(_read_answers(text[:_LARGEST_FILE])), "", key)
    words = {answer.text.strip(_QUOTES + " ") for answer in answers}
    return words.pop() if len(words) == 1 else ""


def _judge(question: Question, answers: Sequence[_Answer], unread: _Answer | None, file: str) -> Problem | None:
    """Return what is wrong with the answers to one question: none, several different ones, or a wrong one.

    Args:
        unread: a line of the exercise that cannot be read, to be named if there is no answer.
        file: name of the file with the answers.
    """
    written = {answer.text.strip(_QUOTES + _BRACKETS + " ,"): answer for answer in answers}
    given = [answer for text, answer in written.items() if not set(text) <= _BLANK]
    if not given and unread is not None:
        seen = f"{question.key} has no answer, and line {unread.line} of {file} cannot be read: "
        return Problem(NOT_READ, seen + _quote(unread.text), says=f"Write the answer as: {question.key} = ...")
    if not given:
        return Problem("not answered", f"{question.key} in {file} has no answer yet.", says=question.text)
    readings = [_numbers(answer.text, question) for answer in given]
    if len({*readings}) > 1:
        lines = " and ".join(str(answer.line) for answer in given)
        return Problem(NOT_READ, f"{question.key} has several answers in {file}: lines {lines}. Keep one.")
    answer, numbers = given[0], readings[0]
    quoted = f"{question.key} = {_quote(answer.text)} in line {answer.line} of {file}"
    if numbers is None:
        example = "7" if isinstance(question.expected, int) else "[7, 9]"
        says = f"Write nothing but numbers after the equals sign, for example: {question.key} = {example}"
        return Problem(NOT_READ, f"{quoted} cannot be read.", says=says)
    if numbers == _as_tuple(question.expected):
        return None
    says = next((says for value, says in question.mistakes if _as_tuple(value) == numbers), "")
    if not says and isinstance(question.expected, int) and len(numbers) > 1:
        says = f"Write nothing but the result after the equals sign, for example: {question.key} = 7"
        return Problem(NOT_READ, f"{quoted} has several numbers.", says=says)
    return Problem("answers", f"{quoted} is not correct.", says=says or question.text)


def _read_answers(text: str) -> Iterator[_Answer]:
    """Yield the answers in a file, and each unreadable line as an answer without a key.

    Only a list may continue on the next lines.
    """
    table, pending = "", None
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        bare = _without_comment(line).strip()
        found = _KEY.match(bare)
        header = _HEADER.match(bare)
        if pending is not None and (found or not bare or (header and header[1][:1].isalpha())):
            yield pending
            pending = None
        if pending is not None:
            pending = _Answer(pending.table, pending.key, f"{pending.text} {bare}", pending.line)
        elif found:
            *tables, key = found[1].split(".")
            pending = _Answer(tables[-1] if tables else table, key, found[2].strip(), number)
        elif header:
            table = header[1]
        elif bare:
            yield _Answer(table, "", bare, number)
        is_open = pending is not None and pending.text.count("[") > pending.text.count("]")
        if pending is not None and not (is_open and len(pending.text) <= _LONGEST_ANSWER):
            yield pending
            pending = None
    if pending is not None:
        yield pending


def _find_answers(answers: Sequence[_Answer], table: str, key: str, *, others: Collection[str] = ()) -> list[_Answer]:
    """Return the answers with this key: those in the exercise's table, or in any other if there are none.

    Args:
        others: keys of other questions, which may differ from this one in capital letters only.
    """
    with_key = [answer for answer in answers if _is_same(answer.key, key) and answer.key not in others]
    return [answer for answer in with_key if _is_same(answer.table, table)] or with_key


def _is_same(name: str, given_out: str) -> bool:
    """Return whether a name is the one that was given out, apart from capital letters, which some editors write."""
    return name.casefold() == given_out.casefold()


def _numbers(text: str, question: Question) -> tuple[float, ...] | None:
    """Return the numbers that an answer consists of; None if it consists of anything else."""
    if len(text) > _LONGEST_ANSWER:
        return None
    bare = text.translate(_SIGNS).strip(_QUOTES + _BRACKETS + " ")
    if sign := _SIGN.match(bare):
        bare = sign[1] + bare[sign.end() :]
    if isinstance(question.expected, int):
        bare = _without_separators(bare, question.expected)
    elif len(re.split(_SIGN_BETWEEN, bare, flags=re.IGNORECASE)) == len(question.expected):
        bare = _DECIMAL_COMMA.sub("", bare)
    plain = bare.translate({ord(character): " " for character in _QUOTES + _BRACKETS}).strip()
    if not _NUMBERS.fullmatch(plain):
        return None
    return tuple(float(number) for number in re.findall(_NUMBER, plain, re.IGNORECASE))


def _without_separators(text: str, expected: int) -> str:
    """Return a whole number without the separators of its thousands and zeros after the decimal sign: 1,024.00."""
    decimals = _ZERO_DECIMALS.fullmatch(text)
    if _GROUPED.fullmatch(text):
        if text.count(".") == 1 and float(text) == expected:  # 3.000 may be 3 or 3000
            return text
    elif decimals and decimals[2] not in decimals[1]:
        text = decimals[1]
    else:
        return text
    return re.sub(r"[^\d+-]", "", text)


def _without_comment(line: str) -> str:
    """Return a line up to the first # that is not in quotes."""
    quote = ""
    for position, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "#":
            return line[:position]
    return line if not quote else line.split("#")[0]


def _quote(text: str) -> str:
    """Return an answer as it is written, cut off if it is long."""
    shown = printable(text)
    return shown if len(shown) <= _LONGEST_ANSWER else f"{shown[: _LONGEST_ANSWER - 20]}..."


def _as_tuple(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else value


def _to_toml(value: int | tuple[int, ...] | str) -> str:
    return f'"{value}"' if isinstance(value, str) else str(list(value) if isinstance(value, tuple) else value)
