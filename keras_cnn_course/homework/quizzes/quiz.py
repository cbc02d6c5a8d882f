"""A quiz: its title and its questions. Importing this module does not import NumPy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from keras_cnn_course.errors import unknown_name

if TYPE_CHECKING:
    import numpy as np

    from keras_cnn_course.homework.authoring.cases import Question

__all__ = ["QUIZZES", "Quiz", "find_quiz"]


@dataclass(frozen=True)
class Quiz:
    """The quiz of one lecture.

    Args:
        number: 1 or 2, as in the teaching plan.
    """

    number: int
    title: str

    def load_questions(self) -> "Sequence[Callable[[np.random.Generator], Question]]":
        """Return functions that draw a question each."""
        module = import_module(f"{__package__}.lecture_{self.number}")
        questions: Sequence[Callable[[np.random.Generator], Question]] = module.QUESTIONS
        return questions


QUIZZES = (Quiz(1, "From pixels to a block"), Quiz(2, "Networks that learn"))


def find_quiz(text: str) -> Quiz:
    """Return the quiz with this number.

    Raises:
        UsageError: there is no such quiz.

    >>> find_quiz("2").title
    'Networks that learn'
    """
    for quiz in QUIZZES:
        if text == str(quiz.number):
            return quiz
    raise unknown_name("quiz", text, [str(quiz.number) for quiz in QUIZZES])
