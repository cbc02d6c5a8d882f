"""The contents of run.json and metrics.json. People edit and exchange these files, so every value is checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from keras_cnn_course.datasets.appearance import MNIST_LOOK, Appearance
from keras_cnn_course.devices.processor import name_widest
from keras_cnn_course.errors import RunError
from keras_cnn_course.files.tables import count
from keras_cnn_course.files.values import (
    BOOLEAN,
    NAME,
    SETTING,
    TEXT,
    Rule,
    check_values,
    list_of,
    number,
    one_of,
    table_of,
    whole_number,
)
from keras_cnn_course.runs.stated_outputs import OUTPUTS

__all__ = ["RunRecord", "check_metrics"]

_HINT = "Was the file edited by hand?"


@dataclass(frozen=True)
class RunRecord:
    """The contents of run.json: everything needed to understand a run and to repeat it.

    Args:
        recipe: name of the recipe.
        recipe_sha256: SHA-256 of the recipe's source.
        hyperparameters: every hyperparameter that the recipe used, by name.
        dataset: name or path given to `--dataset`.
        dataset_sha256: SHA-256 of the array contents (see `Dataset.sha256`).
        input_shape: `(height, width, channels)`.
        class_names: names of the classes in the order of the labels.
        train_examples: images trained on.
        val_examples: validation images, which are not trained on.
        seed: seed of the initial weights, the validation split and the order of the images.
        command: the command line, or the call, that started the run.
        device: where it ran, such as `cpu` or `gpu:0`.
        threads: intra-op threads.
        precision: `float32`, `bfloat16` or `float16` of the hidden layers.
        engine: the training path, and why it was chosen.
        cycles: epochs of each cycle of the learning rate: one, and one more for every time the run was made longer.
        versions: versions of Python, Keras, TensorFlow, NumPy and this package, and what else changes bits.
        started: UTC time in ISO 8601.
        seconds: wall seconds of the whole run so far.
        status: `running`, `finished`, `interrupted` or `failed`; a killed run stays `running`.
        strategy: how it was distributed: `none`, `mirrored` or `multiworker`.
        replicas: number of copies of the model that shared each batch.
        resumed: each time the run was resumed: UTC `time`, finished `epochs`, and what had `changed` (`--force`).
        dataset_path: absolute path of the data set's file or folder; empty for a data set known by name.
        pixel_range: values of black and white in the data set; empty where version 0.1 did not record them.
        appearance: what the training images look like, by name; empty where version 0.1 did not record it.
        processor: name of the CPU or GPU; empty where version 0.1 did not record it.
        outputs: what the model's outputs are: `probabilities`, `logits`, or `scores` that are neither; empty where
            version 0.1 did not record it.
        callbacks: names of the Keras callbacks that may have changed the training, in their order.
        white: the level of white in the image files of more than 8 bits; 0 where there were none, and where earlier
            versions did not record it.
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
    dataset_path: str = ""
    pixel_range: tuple[float, ...] = ()
    appearance: dict[str, Any] = field(default_factory=dict)
    processor: str = ""
    outputs: str = ""
    callbacks: tuple[str, ...] = ()
    white: float = 0.0

    @property
    def machine(self) -> str:
        """What the run was computed on, which its speed depends on: processor, instruction set and threads."""
        name = self.processor or f"unnamed processor ({self.versions.get('machine') or 'unknown machine'})"
        if self.device != "cpu":
            return f"{self.device} ({name})"
        instructions = name_widest(set(self.versions.get("vector instructions", "").split()))
        return ", ".join([name, *([instructions] if instructions else []), count(self.threads, "thread")])

    @property
    def lengthened(self) -> str:
        """The epochs before and after it was made longer, such as `2 + 38 epochs`; empty if it was not."""
        return f"{' + '.join(map(str, self.cycles))} epochs" if len(self.cycles) > 1 else ""

    @property
    def look(self) -> Appearance:
        """What the training images look like; for a run of version 0.1, what that version assumed."""
        if self.appearance:
            return Appearance(**self.appearance)
        if self.input_shape == (28, 28, 1) and all(name.isdecimal() for name in self.class_names):
            return MNIST_LOOK
        return Appearance(ground="mixed", colors=self.input_shape[2] > 1, placing="free", box=1.0)

    @classmethod
    def from_values(cls, values: Mapping[str, Any], *, source: str = "the record", hint: str = _HINT) -> Self:
        """Return the record that was stored as JSON; other keys are left out.

        Args:
            values: by name.
            source: the file of the values, for the error.
            hint: what the user can do about a wrong value, as a sentence.

        Raises:
            RunError: a value is missing or is not what this package writes.
        """
        later = {name: rule for name, rule in _LATER_RULES.items() if name in values}
        check_values(values, {**_RECORD_RULES, **later}, source=source, kind=RunError, hint=hint)
        known = {item.name: values[item.name] for item in fields(cls) if item.name in values}
        for name in ("input_shape", "class_names", "cycles", "resumed", "pixel_range", "callbacks"):
            known[name] = tuple(known.get(name, ()))
        if known["cycles"] and "epochs" in known["hyperparameters"]:
            # Version 0.1 recorded the recipe's epochs here, which min_steps or a longer run may have exceeded.
            known["hyperparameters"] = {**known["hyperparameters"], "epochs": sum(known["cycles"])}
        known["hyperparameters"] = {**_ADDED_LATER, **known["hyperparameters"]}
        return cls(**known)


def check_metrics(values: Mapping[str, Any], *, source: str) -> None:
    """Check the values of metrics.json.

    Raises:
        RunError: a value is missing, is not finite or has another type.
    """
    special = {name: rule for name, rule in _SPECIAL_RULES.items() if name in values}
    check_values(values, {**_METRICS_RULES, **special}, source=source, kind=RunError, hint=_HINT)


def _is_appearance(value: Any) -> bool:
    rules = {
        "ground": one_of("dark", "light", "mixed"),
        "colors": BOOLEAN,
        "placing": one_of("centered", "free"),
        "box": number(0.01, 1),
    }
    if not isinstance(value, dict):
        return False
    return not value or (set(value) == set(rules) and all(rule.accepts(value[name]) for name, rule in rules.items()))


_COUNT, _POSITIVE, _SECONDS, _SHARE = whole_number(0), whole_number(1), number(0), number(0, 1)
_ANY_TEXT = Rule("text", lambda value: isinstance(value, str))
_SETTINGS = table_of(SETTING, description="a table of numbers and words by name")

# Hyperparameters that version 0.1 did not have, with the values that it trained with.
_ADDED_LATER = {"plain_epochs": 0, "class_weight": "none", "patience": 0, "keep": "best", "train_examples": 0}

_RECORD_RULES = {
    "recipe": Rule("the name of a recipe, without a folder", NAME.accepts),
    "hyperparameters": _SETTINGS,
    "dataset": TEXT,
    "dataset_sha256": TEXT,
    "input_shape": list_of(
        whole_number(1, 4096),
        low=3,
        high=3,
        description="[height, width, channels], three whole numbers from 1 to 4096",
    ),
    "class_names": list_of(TEXT, low=2, description="a list of at least two names without control characters"),
    "train_examples": _COUNT,
    "val_examples": _COUNT,
    "seed": _COUNT,
    "command": _ANY_TEXT,
    "device": TEXT,
    "threads": _POSITIVE,
    "precision": one_of("float32", "bfloat16", "float16"),
    "engine": TEXT,
    "recipe_sha256": TEXT,
    "cycles": list_of(
        whole_number(1, 1_000_000), description="a list of numbers of epochs, whole numbers from 1 to 1000000"
    ),
    "versions": table_of(TEXT, description="a table of text by name"),
    "started": TEXT,
    "seconds": _SECONDS,
    "status": one_of("running", "finished", "interrupted", "failed"),
    "strategy": one_of("none", "mirrored", "multiworker"),
    "replicas": _POSITIVE,
    "resumed": list_of(_SETTINGS, description="a list of tables"),
}

# Keys that version 0.1 did not write, and those of later versions.
_LATER_RULES = {
    "dataset_path": TEXT,
    "pixel_range": list_of(number(-1e9, 1e9), high=2, description="[black, white], two numbers"),
    "processor": TEXT,
    "outputs": Rule(f"one of {', '.join(OUTPUTS)}", lambda value: value in ("", *OUTPUTS)),
    "callbacks": list_of(TEXT, description="a list of names"),
    "white": number(0),
    "appearance": Rule("a description of the training images, or {}", _is_appearance),
}

_METRICS_RULES = {
    "test_loss": number(),
    "test_accuracy": _SHARE,
    "test_examples": _POSITIVE,
    "parameters": _COUNT,
    "images_per_second": _SECONDS,
    "fit_seconds": _SECONDS,
    "epochs": _POSITIVE,
    "best_epoch": _POSITIVE,
    "val_accuracy": _SHARE,
}

# What version 0.1 did not write, and what is there only where some classes are much rarer than others, or the model
# knows only one.
_SPECIAL_RULES = {
    "keep": one_of("best", "last"),
    "balanced_accuracy": _SHARE,
    "worst_class": TEXT,
    "worst_class_accuracy": _SHARE,
    "worst_class_examples": _POSITIVE,
    "only_class": TEXT,
}
