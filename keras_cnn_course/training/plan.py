"""What a training is going to do, settled before it starts, and what of it decides the bits of its result."""

import hashlib
import os
import platform
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import keras
import numpy as np

from keras_cnn_course.catalog.building import build_compiled_model
from keras_cnn_course.catalog.hyperparameters import Hyperparameters
from keras_cnn_course.catalog.recipes import Recipe, RecipeSource, load_recipe
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.devices.backend import Backend
from keras_cnn_course.errors import DatasetError, UsageError
from keras_cnn_course.runs.directory import RunRecord
from keras_cnn_course.training.augmentation import DISTORTIONS
from keras_cnn_course.training.cycles import make_cycles
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.precision import choose_precision, cpu_flags
from keras_cnn_course.training.split import split_validation

__all__ = ["Plan", "describe_run", "hash_recipe", "list_changes", "list_redistribution", "make_engine", "make_plan"]


@dataclass(frozen=True)
class Plan:
    """What a training is going to do, known before it starts."""

    recipe: Recipe
    hyperparameters: Hyperparameters
    dataset: Dataset
    split: tuple[np.ndarray, np.ndarray]
    cycles: tuple[int, ...]
    precision: str
    precision_reason: str
    backend: Backend
    seed: int

    @property
    def epochs(self) -> int:
        """Passes over the training images."""
        return sum(self.cycles)

    @property
    def train_examples(self) -> int:
        """Images to train on."""
        return len(self.split[0])

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps in an epoch."""
        return -(-self.train_examples // self.hyperparameters.batch_size)


def make_plan(
    source: RecipeSource,
    dataset: Dataset,
    *,
    overrides: Mapping[str, object],
    seed: int,
    precision: str,
    backend: Backend,
    cycles: tuple[int, ...] = (),
) -> Plan:
    """Load the recipe and settle everything that can be settled before a model is built.

    Args:
        source: the recipe.
        dataset: to train on.
        overrides: hyperparameters to replace, by name.
        seed: of the initial weights, the validation split and the order of the images.
        precision: `auto`, `float32`, `bfloat16` or `float16`.
        backend: what was started.
        cycles: epochs of each cycle of the learning rate; the length that the hyperparameters give when empty.

    Raises:
        RecipeError: the recipe cannot be used.
        UsageError: a hyperparameter is unknown or out of range, or the replicas cannot share a batch evenly.
        DatasetError: images and labels do not fit, or there are too few.
    """
    _check_labels(dataset)
    recipe = load_recipe(source)
    hyperparameters = recipe.hyperparameters.with_overrides(overrides)
    split = split_validation(dataset.y_train, hyperparameters.validation_split, seed)
    cycles = cycles or (hyperparameters.epochs_for(len(split[0])),)
    _check_shares(hyperparameters.batch_size, backend.distribution.replicas)
    precision, reason = choose_precision(precision, backend.device)
    return Plan(recipe, hyperparameters, dataset, split, cycles, precision, reason, backend, seed)


def _check_labels(dataset: Dataset) -> None:
    """Check what the loaders promise: outside its range a label makes the loss NaN, or reads other memory."""
    for part, images, labels in (
        ("train", dataset.x_train, dataset.y_train),
        ("test", dataset.x_test, dataset.y_test),
    ):
        if len(images) != len(labels) or not len(labels):
            raise DatasetError(
                f"Expected a label for each {part} image of {dataset.name}, and at least one. "
                f"Received: {len(images)} images and {len(labels)} labels."
            )
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= dataset.num_classes:
            raise DatasetError(
                f"Expected the {part} labels of {dataset.name} from 0 to {dataset.num_classes - 1}. "
                f"Received: labels from {low} to {high}."
            )


def _check_shares(batch_size: int, replicas: int) -> None:
    if batch_size % replicas:
        smaller, larger = batch_size // replicas * replicas, -(-batch_size // replicas) * replicas
        near = " or ".join(str(size) for size in (smaller, larger) if size)
        raise UsageError(
            f"Expected a batch size that {replicas} replicas can share evenly, such as {near}. Received: {batch_size}. "
            "It is that of all replicas together."
        )


def make_engine(plan: Plan) -> Engine:
    """Build the plan's model and the engine that trains it."""
    chosen, strategy = plan.hyperparameters, plan.backend.distribution.strategy
    with strategy.scope() if strategy else nullcontext():
        model = build_compiled_model(
            plan.recipe,
            chosen,
            input_shape=plan.dataset.input_shape,
            num_classes=plan.dataset.num_classes,
            seed=plan.seed,
        )
    steps = [epochs * plan.steps_per_epoch for epochs in plan.cycles]
    return Engine(
        model,
        batch_size=chosen.batch_size,
        schedule=make_cycles(chosen.schedule, learning_rate=chosen.learning_rate, steps=steps),
        precision=plan.precision,
        distortion=DISTORTIONS[chosen.augment],
        seed=plan.seed,
        tf_device=plan.backend.tf_device,
        strategy=strategy,
    )


def hash_recipe(source: RecipeSource) -> str:
    """Return the SHA-256 of a recipe's source, in hexadecimal."""
    return hashlib.sha256(source.text.encode()).hexdigest()


def describe_run(plan: Plan, engine: Engine, *, command: str) -> RunRecord:
    """Return what run.json says of a training that begins now."""
    return RunRecord(
        recipe=plan.recipe.source.name,
        recipe_sha256=hash_recipe(plan.recipe.source),
        hyperparameters=plan.hyperparameters.used(),
        dataset=plan.dataset.name,
        dataset_sha256=plan.dataset.sha256,
        input_shape=plan.dataset.input_shape,
        class_names=plan.dataset.class_names,
        train_examples=plan.train_examples,
        val_examples=len(plan.split[1]),
        seed=plan.seed,
        command=command,
        device=plan.backend.device,
        threads=plan.backend.threads,
        precision=plan.precision,
        engine=engine.describe(),
        cycles=plan.cycles,
        strategy=plan.backend.distribution.name,
        replicas=plan.backend.distribution.replicas,
        versions=_versions(),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def list_changes(recorded: RunRecord, now: RunRecord) -> list[str]:
    """Return what differs between two records of what decides the bits of a result, a phrase each; none when alike."""
    changes = []
    for name, what in (("recipe_sha256", "recipe"), ("dataset_sha256", "data set")):
        old, new = getattr(recorded, name), getattr(now, name)
        if old != new:
            changes.append(f"{what}: SHA-256 {old[:12] or 'unknown'}, now {new[:12]}")
    old, new = _deciding(recorded), _deciding(now)
    for name in [*old, *(name for name in new if name not in old)]:
        if old.get(name) != new.get(name):
            changes.append(f"{name}: {old.get(name, 'unknown')}, now {new.get(name, 'unknown')}")
    return changes


def list_redistribution(recorded: RunRecord, now: RunRecord) -> list[str]:
    """Return how a run is distributed otherwise than before, which changes the order of its sums and nothing else."""
    if recorded.replicas == now.replicas:
        return []
    return [f"replicas: {recorded.replicas}, now {now.replicas}"]


def _deciding(record: RunRecord) -> dict[str, object]:
    return {
        **record.hyperparameters,
        "input_shape": tuple(record.input_shape),
        "seed": record.seed,
        "device": record.device,
        "threads": record.threads,
        "precision": record.precision,
        **record.versions,
    }


def _versions() -> dict[str, str]:
    """Return what, beside the seed and the threads, the bits of a result depend on."""
    return {
        "keras-cnn-course": version("keras-cnn-course"),
        "keras": keras.__version__,
        "tensorflow": version("tensorflow"),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "vector instructions": " ".join(sorted(cpu_flags() & _DECIDING_FLAGS)) or "unknown",
        "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
    }


# TensorFlow's libraries choose their kernels, and with them the order of their sums, by these.
_DECIDING_FLAGS = {"avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16"}
