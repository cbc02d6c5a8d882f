"""Whose hand-in it is by the name that a course system gives it when all hand-ins are downloaded.

| system | name of a file or folder |
|---|---|
| Moodle | `Ada Lovelace_12345_assignsubmission_file_`, alone or before the name of the file |
| a team in Moodle | `Team 1-Ada Lovelace_12345_assignsubmission_file_`, for each member |
| Canvas | `lovelaceada_12345_67890_hw.zip`, with `LATE` after the name if it was late |
| Blackboard | `Homework_alovelace_attempt_2026-11-03-10-15-00_hw.zip`, and a `.txt` file for the attempt itself |
| Gradescope | `submission_12345`, with the people in `submission_metadata.yml` beside it |
| ILIAS | `Lovelace_Ada_alovelace_4711`, a folder; only the roster says that it is a login |
| GitHub Classroom | `homework-alovelace`; only the roster says where the user's name begins |
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = [
    "GRADESCOPE_LIST",
    "ILIAS_FOLDER",
    "LARGEST_LIST",
    "Owner",
    "find_owner",
    "find_owners",
    "read_gradescope_list",
]

GRADESCOPE_LIST = "submission_metadata.yml"
LARGEST_LIST = 1 << 22
"""Bytes that Gradescope's list may have."""

ILIAS_FOLDER = re.compile(r"(?P<until_login>[^/_]+_[^/_]+_[^/]+)_\d+")
"""The name of a student's folder: last name, first name, login and ILIAS's own number."""

_MOODLE = re.compile(r"(?P<name>[^/_]+)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)_?.*")
_CANVAS = re.compile(r"(?P<name>[^/_\d][^/_]*)_(?:late_)?(?P<number>\d+)_\d+_.+", re.IGNORECASE)
_BLACKBOARD = re.compile(
    r"(?P<before>.+_[^/_\s]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?P<is_record>\.txt)?(?:_.*|\..*)?"
)
_GRADESCOPE_ENTRY = re.compile(r"^(submission_\d+)\S*:\s*$", re.MULTILINE)
_GRADESCOPE_SUBMITTERS = re.compile(r"^ +:submitters:\s*?\n((?: *- .*\n| {3,}.*\n)*)", re.MULTILINE)
_GRADESCOPE_FACT = re.compile(r"^[ -]+:(name|sid|email):[ ]*[\"']?(.*?)[\"']?\s*?$", re.MULTILINE)


@dataclass(frozen=True)
class Owner:
    """The person to whom a name belongs.

    Args:
        key: the same for everything that one person has handed in at one time.
        name: the person's name; Canvas writes it in small letters without spaces, the last name first.
        ends: what the name may be without a group before it.
        number: that the system has for the person, as its own table of the class writes it.
        words: other ids, such as the login name. Of several that fit the roster, the first one counts.
        is_record: whether the file is the system's own record and not handed in.
        partners: names of the people who have handed it in together with this person.
        is_guess: whether other names may look the same, as `hw_3_11_2026.zip` looks like a name of Canvas.
    """

    key: str
    name: str = ""
    ends: tuple[str, ...] = ()
    number: str = ""
    words: tuple[str, ...] = ()
    is_record: bool = False
    partners: tuple[str, ...] = ()
    is_guess: bool = False


def find_owner(name: str) -> Owner | None:
    """Return whose file or folder of this name is; None if the name does not say it.

    >>> find_owner("lovelaceada_LATE_12_345_hw-1.zip").key
    'lovelaceada_12'
    >>> find_owner("Homework_ada_l_attempt_2026-11-03-10-15-00_hw.zip").words
    ('ada_l', 'l')
    """
    if found := _MOODLE.fullmatch(name):
        parts = found["name"].split("-")  # the name of a group may have hyphens, too
        ends = tuple("-".join(parts[place:]) for place in range(1, len(parts)))
        return Owner(f"{found['name']}_{found['number']}", found["name"], ends, f"Participant {found['number']}")
    if found := _BLACKBOARD.fullmatch(name):
        key = f"{found['before']}_{found['time']}"
        parts = found["before"].split("_")  # the title and the login may both have underscores
        words = tuple("_".join(parts[place:]) for place in range(1, len(parts)))
        return Owner(key, words=words, is_record=found["is_record"] is not None)
    if found := _CANVAS.fullmatch(name):
        return Owner(f"{found['name']}_{found['number']}", found["name"], number=found["number"], is_guess=True)
    return None


def find_owners(names: Iterable[str]) -> list[Owner]:
    """Return the first owner that the names in a path say for sure, or else all guesses.

    >>> [owner.key for owner in find_owners(["hw_3_11_2026", "Ada Lovelace_21_assignsubmission_file_"])]
    ['Ada Lovelace_21']
    """
    owners = [owner for owner in map(find_owner, names) if owner is not None]
    return [owner for owner in owners if not owner.is_guess][:1] or owners


def read_gradescope_list(text: str) -> Mapping[str, Owner]:
    """Return the people of Gradescope's list by the names of their folders: of a group, the first one with the others.

    >>> text = "submission_7:\\n  :submitters:\\n  - :name: Ada\\n    :sid: '12'\\n  - :name: Bo\\n  :score: 1\\n"
    >>> owner = read_gradescope_list(text)["submission_7"]
    >>> owner.name, owner.words, owner.partners
    ('Ada', ('12',), ('Bo',))
    """
    pieces = _GRADESCOPE_ENTRY.split(text)
    owners = {}
    for folder, content in zip(pieces[1::2], pieces[2::2], strict=True):
        block = _GRADESCOPE_SUBMITTERS.search(content)
        people = re.split(r"^ *- ", block[1], flags=re.MULTILINE)[1:] if block else [content]
        first, *others = (dict(_GRADESCOPE_FACT.findall(f"  {person}")) for person in people or [""])
        words = tuple(first[key] for key in ("sid", "email") if first.get(key))
        partners = tuple(other.get("name") or other.get("email", "") for other in others)
        owners[folder] = Owner(folder, first.get("name", ""), words=words, partners=partners)
    return owners
