"""Recognize the files of the homework under the names that browsers, course systems and Windows give them."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from keras_cnn_course.homework.grading.platforms import find_owner
from keras_cnn_course.homework.student.work_files import IDENTITY_FILE, list_file_names

__all__ = ["Recognized", "list_people", "recognize"]

# `ex01_convolution (1).py`, `lovelaceada_12_345_ex01_convolution-1.py`, `ex01_convolution.py.txt`, `EX01_Relu.PY`,
# `ex01_convolution-Copy1.ipynb`
_ENDINGS = {
    "py": re.compile(r"(\.py|(?<!\.ipynb)\.txt|\.py[ _-]*\(?\d+\)?)$"),
    "ipynb": re.compile(r"\.ipynb(\.txt|\.json|[ _-]*\(?\d+\)?)?$"),
    "toml": re.compile(r"\.toml(\.txt)?$"),
}
_TEST = re.compile(r"(.*_)?test")
# After the stem, in a file that is not called `.py` or `.py.txt`. Other text, such as ex05_relu_final.txt, may be code.
_NOTES = re.compile(r"(?!.*\.py).*(note|notiz|readme|todo|comment|kommentar|question|frage|output|ausgabe)")


@dataclass(frozen=True)
class Recognized:
    """A file of the homework.

    Args:
        file: the name that it was given out with.
        is_exact: whether it still has this name.
        owner: whose it is by what a course system put before the name, without the file's own number.
    """

    file: str
    is_exact: bool
    owner: str = ""


def recognize(name: str) -> Recognized | None:
    """Return which file of the homework a file with this name is; None if it is none, or could be several.

    If a course system has put a title and a person before the name, what comes last counts. Tests and notes on an
    exercise are other files.

    >>> recognize("adalovelace_123_456_ex05_relu (1).py.txt")
    Recognized(file='ex05_relu.py', is_exact=False, owner='adalovelace_123')
    >>> recognize("relu.py"), recognize("ex05_relu.py.bak"), recognize("ex05_relu and ex01_convolution.py")
    (None, None, None)
    >>> recognize("test_ex05_relu.py"), recognize("ex05_relu_notes.txt"), recognize("ex05_relu_final.txt").file
    (None, None, 'ex05_relu.py')
    >>> recognize("Homework_ada_attempt_2026-11-03-10-15-00_answers.toml").file
    'answers.toml'
    """
    return _recognize(name, tuple(list_file_names()))


def list_people(names: Iterable[str]) -> set[str]:
    """Return the people whose files of the homework these are, by what comes before the names of the files.

    What a course system puts before a name is a person. Beside a homework.toml with its own name, other words are only
    taken for people if several of them come before the same file. Otherwise, they are the student's own words.

    >>> list_people(["homework.toml", "ex05_relu.py", "old_ex05_relu.py", "Copy of ex01_convolution.py"])
    set()
    >>> sorted(list_people(["homework.toml", "ada_ex05_relu.py", "bob_ex05_relu.py"]))
    ['ada', 'bob']
    """
    recognized = {name: found for name in names if (found := recognize(name))}
    exact = {found.file for found in recognized.values() if found.is_exact}
    owners: dict[str, set[str]] = {}
    for found in recognized.values():
        owners.setdefault(found.file, set()).update({found.owner} - {""})
    return {
        found.owner
        for name, found in recognized.items()
        if found.owner
        and (
            IDENTITY_FILE not in exact
            or find_owner(name) is not None
            or (found.file not in exact and len(owners[found.file]) > 1)
        )
    }


@lru_cache(maxsize=1 << 14)
def _recognize(name: str, files: tuple[str, ...]) -> Recognized | None:
    if name in files:
        return Recognized(name, is_exact=True)
    plain = re.sub(r"[\s_-]+", "_", unicodedata.normalize("NFC", name).casefold())
    parts = [(*file.rpartition(".")[::2], file) for file in files]
    found = [(stem, file) for stem, ending, file in parts if stem in plain and _ENDINGS[ending].search(plain)]
    if not found or (len(found) > 1 and find_owner(name) is None):
        return None
    stem, file = max(found, key=lambda each: plain.rindex(each[0]))
    before, after = (part.strip("_") for part in plain.rsplit(stem, 1))
    if file.endswith(".py") and (_TEST.fullmatch(before) or _NOTES.match(after)):
        return None
    return Recognized(file, is_exact=False, owner=re.sub(r"(_\d+)_\d+$", r"\1", before))
