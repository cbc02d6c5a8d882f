"""A student's homework as texts, wherever it was read from."""

from collections.abc import Mapping
from dataclasses import dataclass

from keras_cnn_course.homework.authoring.exercise import Exercise

__all__ = ["Work"]


@dataclass(frozen=True)
class Work:
    """A student's homework.

    Args:
        student: who it belongs to.
        sources: texts of the exercises' files, by stem; missing files are left out.
        answers: text of answers.toml.
        course: the version of the course that it was begun with; empty where that is not known.
    """

    student: str
    sources: Mapping[str, str]
    answers: str = ""
    course: str = ""

    def is_begun(self, exercise: Exercise) -> bool:
        """Return whether an exercise's file is there, has something in it, and is not the starter any more."""
        source = self.sources.get(exercise.stem, "")
        return bool(source.strip()) and source != exercise.read("starter.py")
