"""Which hand-ins are alike: a list to look at, not a verdict.

Names, comments, docstrings and layout do not count. What remains is divided into overlapping pieces of six words or
signs. Pieces of the starter, of the course's solutions, or of many hand-ins say nothing and are left out. Two
hand-ins are alike as far as they share the rest.
"""

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from keras_cnn_course.homework.authoring.exercise import Exercise

__all__ = ["AlikePair", "find_alike", "split_words"]

_PIECE = 6
_MOST_OWNERS = 10
_LARGEST_SHARE = 0.2
_LEAST_SHARED = 15
_WORD = re.compile(
    r"#[^\n]*|(?:\"\"\"|''')(?:\\.|[^\\])*?(?:\"\"\"|'''|\Z)"
    r"|(?P<text>\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?)"
    r"|(?P<name>[^\W\d]\w*)|(?P<other>\d[\w.]*|[-+*/<>=!@%&|]{1,3}|[^\s\w])",
    re.DOTALL,
)
_KEPT_NAMES = {*keyword.kwlist, *dir(builtins), "np", "numpy", "keras", "tf", "tensorflow"}

Pieces = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class AlikePair:
    """Two hand-ins that are alike in one exercise.

    Args:
        first: the label of one hand-in.
        second: the label of the other.
        exercise: its name.
        similarity: the part of the shorter one's own pieces that the other one has, too; from 0 to 1.
        shared: the number of these pieces.
    """

    first: str
    second: str
    exercise: str
    similarity: float
    shared: int


def find_alike(
    works: Mapping[str, Mapping[str, str]], exercises: Sequence[Exercise], *, threshold: float
) -> list[AlikePair]:
    """Return the pairs of hand-ins that are alike in an exercise, the ones that share most first.

    Args:
        works: by label, the sources of each hand-in by stem.
        threshold: the least similarity, from 0 to 1.
    """
    found = [pair for exercise in exercises for pair in _find_in(exercise, works, threshold)]
    return sorted(found, key=lambda pair: (-pair.shared * pair.similarity, pair.exercise, pair.first, pair.second))


def split_words(source: str) -> list[str]:
    """Return the words and signs of Python code, with one word for all names that a student can choose.

    >>> split_words("def blur(image):  # mine\\n    return np.mean(image)")
    ['def', '_', '(', '_', ')', ':', 'return', 'np', '.', 'mean', '(', '_', ')']
    """
    words: list[str] = []
    for match in _WORD.finditer(source):
        if match["name"]:
            is_attribute = bool(words) and words[-1] == "."
            words.append(match["name"] if is_attribute or match["name"] in _KEPT_NAMES else "_")
        elif match["text"] or match["other"]:
            words.append("''" if match["text"] else match["other"])
    return words


def _find_in(exercise: Exercise, works: Mapping[str, Mapping[str, str]], threshold: float) -> Iterator[AlikePair]:
    """Yield the pairs that are alike in one exercise."""
    given = _pieces_of(exercise.read(name) for name in ("starter.py", "solution.py")) | _pieces_of(
        exercise.accepted.values()
    )
    own = {label: _pieces_of([sources.get(exercise.stem, "")]) - given for label, sources in works.items()}
    owners = Counter(piece for pieces in own.values() for piece in pieces)
    most = max(_MOST_OWNERS, _LARGEST_SHARE * len(works))
    common = {piece for piece, count in owners.items() if count > most}
    candidates = {label: pieces - common for label, pieces in own.items()}
    candidates = {label: pieces for label, pieces in candidates.items() if len(pieces) >= _LEAST_SHARED}
    for (first, ours), (second, theirs) in combinations(candidates.items(), 2):
        shared = len(ours & theirs)
        similarity = shared / min(len(ours), len(theirs))
        if shared >= _LEAST_SHARED and similarity >= threshold:
            yield AlikePair(first, second, exercise.name, similarity, shared)


def _pieces_of(sources: Iterable[str]) -> Pieces:
    """Return all pieces of some sources."""
    texts = [split_words(source) for source in sources]
    return frozenset(
        tuple(words[start : start + _PIECE]) for words in texts for start in range(len(words) - _PIECE + 1)
    )
