"""What run.json and metrics.json may hold. People edit them, and send them to each other, so every value is checked."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from keras_cnn_course.errors import RunError

__all__ = ["RunRecord", "check_metrics"]


@dataclass(frozen=True)
class RunRecord:
    """What run.json holds: everything needed to understand a run and to repeat it.

    Args:
        recipe: name of the recipe.
        recipe_sha256: SHA-256 of the recipe's source.
        hyperparameters: every hyperparameter that the recipe used, by name.
        dataset: name or path given to `--dataset`.
        dataset_sha256: SHA-256 of the array contents (see `Dataset.sha256`).
        input_shape: `(height, width, channels)`.
        class_names: names of the classes in the order of the labels.
        train_examples: images trained on.
        val_examples: images held out to choose the best epoch.
        seed: seed of the initial weights, the validation split and the order of the images.
        command: the command line, or the call, that started the run.
        device: where it ran, such as `cpu` or `gpu:0`.
        threads: intra-op threads.
        precision: `float32`, `bfloat16` or `float16` of the hidden layers.
        engine: which training path was taken, and why.
        cycles: epochs of each cycle of the learning rate: one, and one more for every time the run was made longer.
        versions: versions of Python, Keras, TensorFlow, NumPy and this package, and what else changes bits.
        started: UTC time in ISO 8601.
        seconds: wall seconds of the whole run so far.
        status: `running`, `finished`, `interrupted` or `failed`; a killed run stays `running`.
        strategy: how it was distributed: `none`, `mirrored` or `multiworker`.
        replicas: copies of the model that shared each batch.
        resumed: each time the run was resumed: UTC `time`, finished `epochs`, and what had `changed` (`--force`).
    """

    recipe: str
    hyperparameters: dict[str, Any]
    dataset: str
    dataset_sha256: str
    input_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    train_examples: int
    val_examples: int
    seed: int
    command: str
    device: str
    threads: int
    precision: str
    engine: str
    recipe_sha256: str = ""
    cycles: tuple[int, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    started: str = ""
    seconds: float = 0.0
    status: str = "running"
    strategy: str = "none"
    replicas: int = 1
    resumed: tuple[dict[str, Any], ...] = ()

    @property
    def tells_digits(self) -> bool:
        """Whether the classes are digits, so that a picture or a drawing is to be prepared as MNIST was."""
        return all(name.isdecimal() for name in self.class_names)

    @classmethod
    def from_values(cls, values: Mapping[str, Any], *, source: str = "the record") -> Self:
        """Return the record that was stored as JSON; other keys are left out.

        Args:
            values: by name.
            source: what holds them, for the error.

        Raises:
            RunError: a value is missing or is not what this package writes.
        """
        _check(values, _RECORD_RULES, source)
        known = {item.name: values[item.name] for item in fields(cls)}
        for name in ("input_shape", "class_names", "cycles", "resumed"):
            known[name] = tuple(known[name])
        if known["cycles"] and "epochs" in known["hyperparameters"]:
            # Version 0.1 recorded the recipe's epochs here, which min_steps or a longer run may have exceeded.
            known["hyperparameters"] = {**known["hyperparameters"], "epochs": sum(known["cycles"])}
        return cls(**known)


@dataclass(frozen=True)
class _Rule:
    """What a value has to be, in words and as a question."""

    expected: str
    holds: Callable[[Any], bool]


def check_metrics(values: Mapping[str, Any], *, source: str) -> None:
    """Check what metrics.json holds.

    Raises:
        RunError: a value is missing, is not finite or of another kind.
    """
    _check(values, _METRICS_RULES, source)


def _check(values: Mapping[str, Any], rules: Mapping[str, _Rule], source: str) -> None:
    missing = [name for name in rules if name not in values]
    if missing:
        raise RunError(f"Expected {source} to have {', '.join(missing)}. Received a file without.")
    for name, rule in rules.items():
        if not rule.holds(values[name]):
            received = repr(values[name])
            shown = received if len(received) <= 80 else f"{received[:80]}..."
            raise RunError(
                f"Expected {name} in {source} to be {rule.expected}. Received: {shown}. Was it edited by hand?"
            )


def _is_text(value: Any, *, limit: int = 4096) -> bool:
    """Return whether a value is text of one line that a terminal shows as it is, without control characters."""
    return isinstance(value, str) and len(value) <= limit and value.isprintable()


def _is_name(value: Any) -> bool:
    """Return whether a value can be the first part of a folder's name: no way up, no other folder."""
    return _is_text(value, limit=200) and value not in ("", ".", "..") and not set(value) & set("/\\:\0")


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_number(value: Any, low: float = -math.inf, high: float = math.inf) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300 and low <= value <= high  # NaN and infinity fail the first comparison


def _is_list(value: Any, holds: Callable[[Any], bool], low: int, high: int) -> bool:
    return isinstance(value, list | tuple) and low <= len(value) <= high and all(map(holds, value))


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool) or _is_number(value) or _is_text(value)


def _is_table(value: Any, holds: Callable[[Any], bool]) -> bool:
    return isinstance(value, dict) and all(_is_text(key) and holds(item) for key, item in value.items())


def _is_setting(value: Any) -> bool:
    return _is_plain(value) or _is_list(value, _is_plain, 0, 10_000)


def _is_event(value: Any) -> bool:
    return _is_table(value, _is_setting)


_TEXT = _Rule("text of one line", _is_text)
_ANY_TEXT = _Rule("text", lambda value: isinstance(value, str))
_COUNT = _Rule("a whole number from 0", lambda value: _is_whole(value, 0, 2**63))
_POSITIVE = _Rule("a whole number from 1", lambda value: _is_whole(value, 1, 2**63))
_NUMBER = _Rule("a finite number", _is_number)
_SECONDS = _Rule("a finite number from 0", lambda value: _is_number(value, 0))
_SHARE = _Rule("a number from 0 to 1", lambda value: _is_number(value, 0, 1))
_PRECISIONS = ("float32", "bfloat16", "float16")
_STRATEGIES = ("none", "mirrored", "multiworker")
_STATUSES = ("running", "finished", "interrupted", "failed")

_RECORD_RULES = {
    "recipe": _Rule("a recipe's name, without a folder", _is_name),
    "hyperparameters": _Rule("a table of numbers and words by name", lambda value: _is_table(value, _is_setting)),
    "dataset": _TEXT,
    "dataset_sha256": _TEXT,
    "input_shape": _Rule(
        "[height, width, channels], whole numbers from 1 to 4096",
        lambda value: _is_list(value, lambda side: _is_whole(side, 1, 4096), 3, 3),
    ),
    "class_names": _Rule(
        "a list of at least two names, text of one line each", lambda value: _is_list(value, _is_text, 2, 100_000)
    ),
    "train_examples": _COUNT,
    "val_examples": _COUNT,
    "seed": _COUNT,
    "command": _ANY_TEXT,
    "device": _TEXT,
    "threads": _POSITIVE,
    "precision": _Rule(f"one of {', '.join(_PRECISIONS)}", lambda value: value in _PRECISIONS),
    "engine": _TEXT,
    "recipe_sha256": _TEXT,
    "cycles": _Rule(
        "a list of epochs, whole numbers from 1 to 1000000",
        lambda value: _is_list(value, lambda epochs: _is_whole(epochs, 1, 1_000_000), 0, 100_000),
    ),
    "versions": _Rule("a table of text by name", lambda value: _is_table(value, _is_text)),
    "started": _TEXT,
    "seconds": _SECONDS,
    "status": _Rule(f"one of {', '.join(_STATUSES)}", lambda value: value in _STATUSES),
    "strategy": _Rule(f"one of {', '.join(_STRATEGIES)}", lambda value: value in _STRATEGIES),
    "replicas": _POSITIVE,
    "resumed": _Rule(
        "a list of tables", lambda value: _is_list(value, lambda event: _is_table(event, _is_setting), 0, 100_000)
    ),
}

_METRICS_RULES = {
    "test_loss": _NUMBER,
    "test_accuracy": _SHARE,
    "test_examples": _POSITIVE,
    "parameters": _COUNT,
    "images_per_second": _SECONDS,
    "fit_seconds": _SECONDS,
    "epochs": _POSITIVE,
    "best_epoch": _POSITIVE,
    "val_accuracy": _SHARE,
}
