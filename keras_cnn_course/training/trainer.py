"""Training a recipe from start to finish, as `kcnn train` does.

`train` makes the plan, the model and the run folder, and the loop's `Trainer` does the rest in the order in which
things happen. The engine computes the optimizer steps and knows nothing of runs.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from keras_cnn_course.catalog.recipes import Recipe, RecipeSource
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.devices.backend import Backend
from keras_cnn_course.devices.strategies import reporting_device_errors
from keras_cnn_course.models.kernels import find_first_kernel
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.runs.initial_kernels import save_initial_kernels
from keras_cnn_course.training.building import build_engine, measure_own_outputs
from keras_cnn_course.training.callbacks import Callback, StopRequest
from keras_cnn_course.training.loop import Supervision, Trainer
from keras_cnn_course.training.plan import make_plan
from keras_cnn_course.training.provenance import describe_run

__all__ = ["TrainingSettings", "train"]


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """What to choose for a training, besides the recipe and the data set.

    Args:
        overrides: hyperparameters to replace, by name.
        seed: random seed for the initial weights, the validation split and the order of the images.
        precision: `auto`, `float32`, `bfloat16` or `float16`.
        out: the run folder to write; the next free `runs/<recipe>-NNN` when None.
        command: the command line or call that starts this training, for run.json.
        checkpoint_every: seconds after which a checkpoint is written within an epoch.
        cycles: epochs of each cycle of the learning rate; when empty, the hyperparameters give the length.
        callbacks: names of the Keras callbacks that may change the training, for run.json.
    """

    overrides: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    precision: str = "auto"
    out: Path | None = None
    command: str = ""
    checkpoint_every: float = 60.0
    cycles: tuple[int, ...] = ()
    callbacks: tuple[str, ...] = ()


def train(
    recipe: Recipe | RecipeSource,
    dataset: Dataset,
    settings: TrainingSettings,
    *,
    backend: Backend,
    callback: Callback | None = None,
    stop: StopRequest | None = None,
) -> RunDirectory:
    """Train a recipe on a data set and write its run folder.

    The hyperparameter `keep` says which epoch's model is kept. That one is evaluated on the test images, once. If
    anything stops the training, the finished epochs stay in the folder with the best model so far, and `resume`
    continues from the last checkpoint.

    Args:
        recipe: as text from `find_recipe`, or loaded.
        backend: TensorFlow as it was started.
        callback: receives the progress.
        stop: asks the training to stop at the next checkpoint.

    Raises:
        RecipeError: the recipe cannot be used.
        UsageError: a hyperparameter is unknown or out of range.
        TrainingError: the loss is no longer a finite number, or a worker is lost.
        RunError: the run folder cannot be made or written.
        TrainingStopped: `stop` asked for it.
    """
    supervision = Supervision(
        callback=callback or Callback(),
        stop=stop or StopRequest(),
        checkpoint_every=settings.checkpoint_every,
        began=time.perf_counter(),
    )
    with reporting_device_errors():
        plan = make_plan(
            recipe,
            dataset,
            overrides=settings.overrides,
            seed=settings.seed,
            precision=settings.precision,
            backend=backend,
            cycles=settings.cycles,
        )
        supervision.callback.on_plan(plan)
        engine = build_engine(plan, supervision.callback, is_new=not settings.cycles)
        engine.compile(plan.train_examples)
        if engine.draws_with_lost_state:
            supervision.callback.on_warning(
                "A layer draws random numbers with tf.random, whose state is not saved. If this training is stopped "
                "and resumed, it will end differently. Use keras.random instead."
            )
        outputs = measure_own_outputs(plan, engine, supervision.callback)
        record = describe_run(plan, engine=engine.describe(), outputs=outputs, command=settings.command)
        record = replace(record, callbacks=settings.callbacks)
        source = plan.recipe.source
        run = RunDirectory.create(source.name, settings.out, record=record, source=source.text)
        with run.writing():
            save_initial_kernels(run, find_first_kernel(engine.model))
            Trainer(plan=plan, engine=engine, run=run, record=record, supervision=supervision).complete()
    return run
