"""The marks of a class: one per student, by the rules of the course."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from keras_cnn_course.homework.grading.feedback import summarize_mistakes
from keras_cnn_course.homework.grading.gradebook import Mark
from keras_cnn_course.homework.grading.policy import Policy, apply_policy
from keras_cnn_course.homework.grading.roster import Roster
from keras_cnn_course.homework.grading.saved_results import SavedResult
from keras_cnn_course.homework.judging.verdict import ExerciseResult

__all__ = ["ClassMarks", "gather_marks"]


@dataclass(frozen=True)
class ClassMarks:
    """The marks by student.

    Args:
        exercises: the results behind each mark.
        notes: on students without a mark, and on rules for students who handed in nothing.
    """

    by_student: Mapping[str, Mark]
    exercises: Mapping[str, Sequence[ExerciseResult]]
    notes: Sequence[str]

    def match(self, roster: Roster) -> tuple[dict[str, Mark], list[str]]:
        """Return the marks by the ids of the roster, and the students who are not in it."""
        matched: dict[str, Mark] = {}
        strangers = []
        for student, mark in self.by_student.items():
            person, _ = roster.find(owner=None, label="", student=student)
            if person is None or person.student in matched:
                strangers.append(student)
            else:
                matched[person.student] = replace(mark, student=person.student)
        return matched, strangers


def gather_marks(results: Sequence[SavedResult], *, policy: Policy) -> ClassMarks:
    """Return one mark per student. If a student's submissions have different marks, nothing says which one counts."""
    by_student: dict[str, list[SavedResult]] = {}
    notes = []
    for result in results:
        if result.score is None:
            notes.append(f"No mark for {result.submission}: {result.message}")
        else:
            by_student.setdefault(result.student.casefold(), []).append(result)
    marks, exercises = {}, {}
    for several in by_student.values():
        first = several[0]
        if len({each.score for each in several}) > 1:
            points = " and ".join(f"{each.score:g} ({each.submission})" for each in several)
            notes.append(
                f"No mark for {first.student}: several submissions with {points}. "
                "Grade the one that counts into another file."
            )
            continue
        score, about_rules = apply_policy(policy, first.student, first.exercises)
        comment = f"{summarize_mistakes(first.exercises)} {about_rules}".strip()
        marks[first.student] = Mark(first.student, score, first.max_score, comment)
        exercises[first.student] = first.exercises
    unused = [student for student in policy.days_late if student not in by_student]
    notes += [f"The rules have late days for {student}, who has no submission." for student in unused]
    return ClassMarks(marks, exercises, notes)
