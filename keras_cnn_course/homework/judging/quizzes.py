"""A student's quiz: one TOML file with ten questions, drawn from the student's id.

Nothing has to be stored to judge it: the file names the student and the quiz.
"""

import numpy as np

from keras_cnn_course.homework.authoring.cases import Problem, Question
from keras_cnn_course.homework.judging.answers import judge_questions, read_word, render_answer
from keras_cnn_course.homework.judging.planning import case_seed, case_words, public_key
from keras_cnn_course.homework.quizzes.quiz import Quiz

__all__ = ["ask_quiz", "judge_quiz", "read_head", "render_quiz"]


def ask_quiz(quiz: Quiz, student: str) -> tuple[Question, ...]:
    """Return a student's questions in a quiz."""
    name = f"quiz {quiz.number}"
    key = public_key(student, name)
    return tuple(
        draw(np.random.default_rng(case_words(name, str(number), case_seed(key, "question", number))))
        for number, draw in enumerate(quiz.load_questions())
    )


def render_quiz(quiz: Quiz, student: str, *, solved: bool = False) -> str:
    """Return the file that a student fills in, or the file with the correct answers."""
    lines = [
        f"# Quiz {quiz.number}: {quiz.title}. Replace each question mark with a number, or with several: [3, 4]",
        f"quiz = {quiz.number}",
        f'student = "{student}"',
    ]
    for number, question in enumerate(ask_quiz(quiz, student), start=1):
        lines += ["", f"# {number}. {question.text}", render_answer(question, solved=solved)]
    return "\n".join(lines) + "\n"


def read_head(text: str) -> tuple[str, str]:
    """Return the number of the quiz and the student's id, as they are written in a file; empty if they are missing."""
    return read_word(text, "quiz"), read_word(text, "student")


def judge_quiz(quiz: Quiz, student: str, text: str, *, file: str) -> list[Problem | None]:
    """Return what is wrong with each answer of a student, or None if it is correct."""
    return judge_questions(ask_quiz(quiz, student), text, file=file)
