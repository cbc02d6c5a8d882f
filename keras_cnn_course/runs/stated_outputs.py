"""What a run's record states about the outputs of its models, kept with each model that is loaded."""

from typing import Any
from weakref import WeakKeyDictionary

__all__ = ["OUTPUTS", "find_stated_outputs", "state_outputs"]

OUTPUTS = ("probabilities", "logits", "scores")
"""What the outputs of a model can be: `scores` are neither probabilities nor logits, such as those of a sigmoid."""

_STATED: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def state_outputs(model: Any, outputs: str) -> None:
    """Keep what the outputs of a Keras model are, one of `OUTPUTS`; an empty text states nothing."""
    if outputs:
        _STATED[model] = outputs


def find_stated_outputs(model: Any) -> str:
    """Return what was stated about the outputs of a Keras model; an empty text if nothing was."""
    return _STATED.get(model, "")
