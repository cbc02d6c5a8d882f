"""The marks of a class: one per student, by the rules of the course."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from keras_cnn_course.errors import HomeworkError
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
        """Return the marks of the people in the roster by whose ids they were gathered, and the other students."""
        people = {person.student for person in roster.people}
        matched = {student: mark for student, mark in self.by_student.items() if student in people}
        return matched, [student for student in self.by_student if student not in people]


def gather_marks(results: Sequence[SavedResult], *, policy: Policy, roster: Roster | None = None) -> ClassMarks:
    """Return one mark per student. If a student's submissions have different marks, nothing says which one counts.

    Args:
        roster: a person's ids all mean this person, in the results and in the rules. The first one is shown.

    Raises:
        HomeworkError: the rules have late days for two ids of one person.
    """

    def identify(student: str) -> str:
        person = roster.find(owners=(), label="", student=student)[0] if roster is not None else None
        return person.student if person is not None else student

    days_late: dict[str, float] = {}
    lines: dict[str, str] = {}
    for student, days in policy.days_late.items():
        person = identify(student).casefold()
        if person in days_late:
            raise HomeworkError(
                f"The rules have late days for {lines[person]} and for {student}, which are two ids of one person in "
                "the roster. Keep one of the lines."
            )
        days_late[person], lines[person] = days, student
    policy = replace(policy, days_late=days_late)
    by_student: dict[str, list[SavedResult]] = {}
    notes = []
    for result in results:
        if result.score is None:
            notes.append(f"No mark for {result.submission}: {result.message}")
        else:
            by_student.setdefault(identify(result.student).casefold(), []).append(result)
    marks, exercises = {}, {}
    for several in by_student.values():
        first, student = several[0], identify(several[0].student)
        scores = {(each.score, frozenset((done.exercise, done.score) for done in each.exercises)) for each in several}
        if len(scores) > 1:
            points = " and ".join(f"{each.score:g} ({each.submission})" for each in several)
            where = "" if len({each.score for each in several}) > 1 else " from different exercises"
            notes.append(
                f"No mark for {student}: several submissions with {points}{where}. "
                "Keep the one that counts, and grade the class into another file."
            )
            continue
        score, about_rules = apply_policy(policy, student, first.exercises)
        comment = f"{summarize_mistakes(first.exercises)} {about_rules}".strip()
        marks[student] = Mark(student, score, first.max_score, comment)
        exercises[student] = first.exercises
    unused = [student for student in policy.days_late if student not in by_student]
    notes += [f"The rules have late days for {student}, who has no submission." for student in unused]
    return ClassMarks(marks, exercises, notes)
