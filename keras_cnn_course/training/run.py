"""Training a recipe from start to finish: `train` is what `kcnn train` does."""

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import keras
import numpy as np

from keras_cnn_course.backend import Backend
from keras_cnn_course.catalog import Recipe, RecipeSource, load_recipe
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.hyperparameters import Hyperparameters
from keras_cnn_course.runs import RunDirectory, RunRecord
from keras_cnn_course.training.augmentation import DISTORTIONS
from keras_cnn_course.training.building import build_compiled_model
from keras_cnn_course.training.engine import Engine, Scores
from keras_cnn_course.training.fitting import Fit, fit
from keras_cnn_course.training.precision import choose_precision
from keras_cnn_course.training.schedule import make_schedule
from keras_cnn_course.training.split import split_validation

__all__ = ["Plan", "Reporter", "TrainingSettings", "train"]


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """What the user of `kcnn train` chooses, beside the recipe and the data set.

    Args:
        overrides: hyperparameters to replace, by name.
        seed: of the initial weights, the validation split and the order of the images.
        precision: `auto`, `float32`, `bfloat16` or `float16`.
        out: the run folder to write; the next free `runs/<recipe>-NNN` when None.
        command: how to ask for the same again.
    """

    overrides: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    precision: str = "auto"
    out: Path | None = None
    command: str = ""


@dataclass(frozen=True)
class Plan:
    """What a training is going to do, known before it starts."""

    recipe: Recipe
    hyperparameters: Hyperparameters
    dataset: Dataset
    split: tuple[np.ndarray, np.ndarray]
    epochs: int
    precision: str
    precision_reason: str
    backend: Backend
    seed: int

    @property
    def train_examples(self) -> int:
        """Images to train on."""
        return len(self.split[0])

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps in an epoch."""
        return -(-self.train_examples // self.hyperparameters.batch_size)


class Reporter(Protocol):
    """Whoever wants to know how a training goes."""

    def started(self, plan: Plan, *, parameters: int, path_taken: str, run: RunDirectory) -> None:
        """The model is built and the run folder exists."""

    def progressed(self, epoch: int, seen: int, scores: Scores) -> None:
        """So many images of an epoch are done."""

    def finished_epoch(self, row: Mapping[str, float]) -> None:
        """A row of history.csv was written."""


def train(
    source: RecipeSource, dataset: Dataset, settings: TrainingSettings, *, backend: Backend, reporter: Reporter
) -> RunDirectory:
    """Train a recipe on a data set and write its run folder.

    The epoch that is best on the held-out images gives the model that the test images are shown to, once. Whatever
    stops the training, the epochs that were finished stay in the folder with the best model so far.

    Raises:
        RecipeError: the recipe cannot be used.
        UsageError: a hyperparameter is unknown or out of range.
        TrainingError: the loss is not a finite number any more.
        RunError: the run folder cannot be made.
    """
    began = time.perf_counter()
    plan = make_plan(source, dataset, settings, backend)
    engine = _make_engine(plan)
    record = _describe(plan, engine, settings)
    run = RunDirectory.create(source.name, settings.out)
    run.write_recipe(source.text)
    run.write_record(record)
    reporter.started(plan, parameters=engine.model.count_params(), path_taken=engine.describe(), run=run)

    result, status = Fit(), "failed"
    try:
        _fit(plan, engine, run=run, result=result, reporter=reporter)
        run.save_model(engine.model, "final")
        _test_best(plan, engine, run=run, result=result)
        status = "finished"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        if result.best_epoch and status != "finished":
            engine.model.set_weights(result.best_weights)
            run.save_model(engine.model, "best")
        run.write_record(replace(record, status=status, seconds=round(time.perf_counter() - began, 3)))
    return run


def make_plan(source: RecipeSource, dataset: Dataset, settings: TrainingSettings, backend: Backend) -> Plan:
    """Load the recipe and settle everything that can be settled before a model is built."""
    recipe = load_recipe(source)
    hyperparameters = recipe.hyperparameters.with_overrides(settings.overrides)
    split = split_validation(dataset.y_train, hyperparameters.validation_split, settings.seed)
    epochs = hyperparameters.epochs_for(len(split[0]))
    precision, reason = choose_precision(settings.precision, backend.device)
    return Plan(recipe, hyperparameters, dataset, split, epochs, precision, reason, backend, settings.seed)


def _make_engine(plan: Plan) -> Engine:
    model = build_compiled_model(
        plan.recipe,
        plan.hyperparameters,
        input_shape=plan.dataset.input_shape,
        num_classes=plan.dataset.num_classes,
        seed=plan.seed,
    )
    schedule = make_schedule(
        plan.hyperparameters.schedule,
        learning_rate=plan.hyperparameters.learning_rate,
        total_steps=plan.epochs * plan.steps_per_epoch,
    )
    return Engine(
        model,
        batch_size=plan.hyperparameters.batch_size,
        schedule=schedule,
        precision=plan.precision,
        distortion=DISTORTIONS[plan.hyperparameters.augment],
        seed=plan.seed,
        tf_device=plan.backend.tf_device,
    )


def _fit(plan: Plan, engine: Engine, *, run: RunDirectory, result: Fit, reporter: Reporter) -> None:
    """Train all epochs, writing the history after each."""

    def finished_epoch(row: Mapping[str, float]) -> None:
        run.write_history(result.history)
        reporter.finished_epoch(row)

    fit(
        engine,
        plan.dataset,
        split=plan.split,
        epochs=plan.epochs,
        seed=plan.seed,
        result=result,
        progressed=reporter.progressed,
        finished_epoch=finished_epoch,
    )


def _test_best(plan: Plan, engine: Engine, *, run: RunDirectory, result: Fit) -> None:
    """Save the best model, show it the test images, once, and write metrics.json."""
    engine.model.set_weights(result.best_weights)
    run.save_model(engine.model, "best")
    test = engine.evaluate(plan.dataset.x_test, plan.dataset.y_test)
    run.write_metrics(
        {
            "test_loss": round(test.loss, 6),
            "test_accuracy": round(test.accuracy, 6),
            "test_examples": len(plan.dataset.x_test),
            "parameters": engine.model.count_params(),
            "images_per_second": round(plan.epochs * plan.train_examples / result.seconds, 1),
            "fit_seconds": round(result.seconds, 3),
            "epochs": plan.epochs,
            "best_epoch": result.best_epoch,
            "val_accuracy": result.history[result.best_epoch - 1]["val_accuracy"],
        }
    )


def _describe(plan: Plan, engine: Engine, settings: TrainingSettings) -> RunRecord:
    return RunRecord(
        recipe=plan.recipe.source.name,
        hyperparameters=plan.hyperparameters.used(),
        dataset=plan.dataset.name,
        dataset_sha256=plan.dataset.sha256,
        input_shape=plan.dataset.input_shape,
        class_names=plan.dataset.class_names,
        train_examples=plan.train_examples,
        val_examples=len(plan.split[1]),
        seed=plan.seed,
        command=settings.command,
        device=plan.backend.device,
        threads=plan.backend.threads,
        precision=plan.precision,
        engine=engine.describe(),
        versions=_versions(),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _versions() -> dict[str, str]:
    """Return what, beside the seed and the threads, the bits of a result depend on."""
    return {
        "keras-cnn-course": version("keras-cnn-course"),
        "keras": keras.__version__,
        "tensorflow": version("tensorflow"),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
    }
