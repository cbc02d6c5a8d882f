"""What a homework folder remembers: .kcnn/state.json."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.files.values import TEXT, check_values, list_of, table_of, whole_number

__all__ = ["STATE_FILE", "State", "parse_state", "render_state"]

STATE_FILE = ".kcnn/state.json"

_DIGESTS = table_of(TEXT, description="a table of SHA-256 digests by name")
_STATE_RULES = {
    "given": _DIGESTS,
    "passed": _DIGESTS,
    "hints": table_of(whole_number(0), description="a table of whole numbers by name"),
}
_NEWER_STATE_RULES = {"chosen": list_of(TEXT, description="a list of names of exercises")}


@dataclass(frozen=True)
class State:
    """The contents of .kcnn/state.json.

    Args:
        given: SHA-256 of each file as it was given out, by file name.
        passed: SHA-256 of each exercise's file when it last passed, by exercise.
        hints: number of hints read, by exercise.
        chosen: names of the exercises that the folder was made for; empty: all.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    passed: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, int] = field(default_factory=dict)
    chosen: Sequence[str] = ()

    def with_pass(self, exercise: str, digest: str | None) -> "State":
        """Return the state after a check: passed with the file of this digest; None: not passed."""
        others = {name: value for name, value in self.passed.items() if name != exercise}
        return replace(self, passed={**others, exercise: digest} if digest else others)

    def with_hint(self, exercise: str) -> "State":
        """Return the state with one more hint read."""
        return replace(self, hints={**self.hints, exercise: self.hints.get(exercise, 0) + 1})

    def with_given(self, digests: Mapping[str, str]) -> "State":
        """Return the state with more files given out."""
        return replace(self, given={**self.given, **digests})


def render_state(state: State) -> str:
    """Return a state as JSON."""
    return json.dumps(asdict(state), indent=1, sort_keys=True) + "\n"


def parse_state(text: str) -> State:
    """Return the state in a text.

    Raises:
        HomeworkError: the text is not valid.

    >>> parse_state(render_state(State().with_hint("relu"))).hints
    {'relu': 1}
    """
    hint = "Delete it; only the list of passed exercises and the number of hints read are lost."
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HomeworkError(f"{STATE_FILE} is not valid JSON. {hint}") from error
    if not isinstance(values, dict):
        raise HomeworkError(f"{STATE_FILE} does not hold a JSON object. {hint}")
    newer = {name: rule for name, rule in _NEWER_STATE_RULES.items() if name in values}
    rules = {**_STATE_RULES, **newer}
    check_values(values, rules, source=STATE_FILE, kind=HomeworkError, hint=hint)
    return State(**{name: values[name] for name in rules})
