"""The roster: the class as a course system exports it. It decides whose hand-in it is, and who is missing."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.grading.platforms import ILIAS_FOLDER, Owner, find_owner
from keras_cnn_course.homework.grading.spreadsheets import read_spreadsheet
from keras_cnn_course.homework.grading.submissions import list_names
from keras_cnn_course.homework.student.work_files import is_student

__all__ = ["IN_ENGLISH", "Person", "Roster", "read_roster"]

IN_ENGLISH = "If they are in another language, set your course system to English and export the table again."
"""What to do about columns that are not found."""

# Columns as Canvas, Moodle, Gradescope, Blackboard and GitHub Classroom name them. The first one that a person has is
# the id; the login names come first, because they are what students type.
_IDS = (
    *("student id", "sid", "sis login id", "username", "user name", "login", "login id", "id number", "email address"),
    *("identifier", "github_username", "github username", "sis user id", "id", "email"),
)
_NAMES = ("full name", "student", "name", "student name", "roster_identifier")
_FIRST, _LAST = ("first name", "first_name", "firstname"), ("last name", "last_name", "surname", "lastname")
_NO_PERSON = re.compile(r"\s*points possible|student, test$", re.IGNORECASE)
_COPY = re.compile(r"\d{1,3}")  # what browsers put after a name: hw-1.zip
_UNFIT = "Nobody in the roster fits the name of this hand-in, so the id in homework.toml counts."
Row = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Person:
    """A person in the roster.

    Args:
        ids: all ids, at least one for everybody who can have a mark; the first one is shown.
        row: the cells of the roster by column.
    """

    ids: tuple[str, ...]
    name: str
    row: Row

    @property
    def student(self) -> str:
        """The id that is shown for the person."""
        return self.ids[0]

    @property
    def id_for_cases(self) -> str:
        """The first id that a homework.toml could have, so not Moodle's `Participant 12`; empty if there is none."""
        return next(filter(is_student, self.ids), "")


@dataclass(frozen=True)
class Roster:
    """The class.

    Args:
        columns: of the table, in their order.
        others: rows of the table that are no person, such as Canvas's points possible.
        without_id: people who cannot have a mark, because they have no id.
    """

    path: Path
    columns: Sequence[str]
    people: Sequence[Person]
    others: Sequence[Row] = ()
    without_id: Sequence[Person] = ()

    @property
    def notes(self) -> list[str]:
        """What is missing in the table."""
        notes = []
        if not self._has_names:
            notes.append(f"No names found in {self.path}, so only ids say whose hand-in it is. {IN_ENGLISH}")
        if self.without_id:
            names = list_names([person.name for person in self.without_id])
            notes.append(f"People without an id in {self.path}, who get no mark: {names}.")
        return notes

    def find(self, *, owners: Sequence[Owner], label: str, student: str, shared: int = 0) -> tuple[Person | None, str]:
        """Return whose hand-in it is, and a note for the instructor if there is something to look at.

        What the course system says counts before what the student wrote.

        Args:
            owners: by the names that the course system gave: one, or several guesses.
            label: the path of the hand-in.
            student: the id in homework.toml; empty if there is none.
            shared: the number of folders at the beginning of the label that have hand-ins of several students.
        """
        by_system = next(filter(None, map(self._find_owner, owners)), [])
        if not by_system and all(owner.is_guess for owner in owners):
            by_system = self._find_folder(label, shared)
        by_student = self._with_id(student) if student else []
        if len(by_system) > 1:
            by_student = [person for person in by_student if person in by_system]
        if len(by_system) == 1:
            person = by_system[0]
            if not student or person in by_student:
                return person, ""
            return person, f"By its name, this is the hand-in of {person.student}. homework.toml says {student}."
        without_id = [person.name for owner in owners for person in _fit(owner.name, self.without_id)]
        if without_id and not by_system:
            return None, f"{without_id[0]} has no id in the roster, so no gradebook gets its mark."
        if len(by_student) == 1:
            is_named = any(not owner.is_guess for owner in owners) and self._has_names
            return by_student[0], _UNFIT if is_named and not by_system else ""
        number = len(by_system) or len(by_student)
        what = f"It fits {number} people in the roster" if number else "Nobody in the roster has this name or id"
        return None, f"{what}, so no gradebook gets its mark."

    def _find_owner(self, owner: Owner) -> list[Person]:
        """Return the people that fit a course system's name and its number or ids; all of them if these disagree.

        The number alone is not enough: another column of the roster may have the same one for somebody else. In a name
        that only looks like one of Canvas, it may be a date. So there it needs the name, or Canvas's own table.
        """
        by_name = _fit(owner.name, self.people)
        if owner.is_guess and not by_name and not {"Student", "ID", "Section"}.issubset(self.columns):
            return []
        by_id = next(filter(None, map(self._with_id, filter(None, (owner.number, *owner.words)))), [])
        both = [person for person in by_name if person in by_id] or [*by_name, *by_id]
        return both or next(filter(None, (_fit(end, self.people) for end in owner.ends)), [])

    def _find_folder(self, label: str, shared: int) -> list[Person]:
        """Return the people with an id that is the end of a folder's name, as in GitHub Classroom's `homework-ada`.

        In a folder of ILIAS, a number comes after the login. It may be somebody else's id, so the login counts first.
        Any other folder with hand-ins of several students may be a tutor's.
        """
        stems = [re.sub(r"\.(zip|tar|tgz|tar\.gz)$", "", part) for part in label.casefold().split("/")]
        logins = [found["until_login"] for stem in stems if (found := ILIAS_FOLDER.fullmatch(stem)) is not None]
        top = label.split("/")[shared]
        ends = [] if find_owner(top) is not None else [stems[shared]]  # other systems write an id at the beginning
        return next(filter(None, map(self._with_ending, [*logins, *ends])), [])

    def _with_ending(self, stem: str) -> list[Person]:
        """Return the people with the longest id that is the end of a name in small letters."""
        fitting = [
            (len(word), each) for each in self.people for word in map(str.casefold, each.ids)
            if stem == word or (stem.endswith((f"-{word}", f"_{word}")) and not _COPY.fullmatch(word))
        ]  # fmt: skip
        longest = max((length for length, _ in fitting), default=0)
        return list({id(each): each for length, each in fitting if length == longest}.values())

    def _with_id(self, word: str) -> list[Person]:
        folded = unicodedata.normalize("NFC", word).casefold()
        return [each for each in self.people if folded in (each_id.casefold() for each_id in each.ids)]

    @property
    def _has_names(self) -> bool:
        return any(person.name for person in self.people)


def read_roster(path: Path) -> Roster:
    """Return the roster in a CSV file.

    Raises:
        HomeworkError: it cannot be read, has no column with an id or two of one name, has nobody with an id, or two
            people with one id.
    """
    columns, rows = read_spreadsheet(path)
    known = {_fold(column): column for column in columns}
    if not any(column in known for column in _IDS):
        raise HomeworkError(
            f"{path} is not a roster: it has no column with an id, such as ID, SIS Login ID, Username, SID, Identifier "
            f"or Email address. Its columns are: {', '.join(columns) or 'none'}. {IN_ENGLISH}"
        )
    used = [column for column in map(_fold, columns) if column in (*_IDS, *_NAMES, *_FIRST, *_LAST)]
    twice = next((known[column] for column in used if used.count(column) > 1), "")
    if twice:
        raise HomeworkError(f"{path} has several columns named {twice}. Keep one of them.")
    everybody = [_read_person(row, known) for row in rows]
    others = [person.row for person in everybody if _NO_PERSON.match(person.name)]
    present = [person for person in everybody if not _NO_PERSON.match(person.name)]
    people = [person for person in present if person.ids]
    if not people:
        raise HomeworkError(f"{path} is not a roster: nobody in it has an id. Export the class again.")
    _refuse_shared_ids(path, people)
    return Roster(path, columns, people, others, [person for person in present if person.name and not person.ids])


def _read_person(row: Row, known: Mapping[str, str]) -> Person:
    def cell(names: Sequence[str]) -> str:
        return next((row[known[name]].strip() for name in names if name in known and row[known[name]].strip()), "")

    ids = [unicodedata.normalize("NFC", row[known[name]].strip()) for name in _IDS if name in known]
    ids += [word.partition(" ")[2] for word in ids if word.startswith("Participant ")]  # Moodle's worksheet
    ids += [word.partition("@")[0] for word in ids if "@" in word]
    first, last, name = cell(_FIRST), cell(_LAST), cell(_NAMES)
    if last or not {*first.split()}.issubset(name.replace(",", " ").split()):  # without a last name, `Name` may be one
        name = f"{first} {last or name}".strip()
    return Person(tuple(dict.fromkeys(filter(None, ids))), name, row)


def _refuse_shared_ids(path: Path, people: Sequence[Person]) -> None:
    owners: dict[str, Person] = {}
    for person in people:
        other = owners.setdefault(person.student.casefold(), person)
        if other is not person:
            raise HomeworkError(f"{path} has two people with the id {person.student}: {other.name} and {person.name}.")


def _fit(name: str, people: Sequence[Person]) -> list[Person]:
    """Return the people of this name."""
    return [person for person in people if name and _plain(name) in _ways_to_write(person)]


def _ways_to_write(person: Person) -> set[str]:
    """Return a person's name without spaces, with the last name first or last."""
    last, comma, first = person.name.partition(",")
    parts = [*first.split(), *last.split()] if comma else person.name.split()
    return {_plain("".join(parts[place:] + parts[:place])) for place in range(len(parts) or 1)}


def _fold(column: str) -> str:
    return column.strip().casefold()


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFD", name).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum())
