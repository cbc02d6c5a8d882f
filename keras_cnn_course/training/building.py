"""The model and the engine of a plan, checked before anything is written."""

from functools import partial

from keras.optimizers.schedules import LearningRateSchedule

from keras_cnn_course.catalog.building import build_compiled_model
from keras_cnn_course.models.inference import measure_outputs
from keras_cnn_course.training.augmentation import DISTORTIONS
from keras_cnn_course.training.callbacks import Callback
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.honored import check_honored, list_output_notes, list_slow_averages
from keras_cnn_course.training.plan import Plan
from keras_cnn_course.training.schedule import make_schedule

__all__ = ["build_engine", "measure_own_outputs"]

# Training images on which the outputs of the model are measured: enough for a negative logit.
_MEASURED = 32


def build_engine(
    plan: Plan, callback: Callback, *, schedule: LearningRateSchedule | None = None, is_new: bool = True
) -> Engine:
    """Build the plan's model and the engine that trains it, with the images in place.

    Args:
        callback: receives what the recipe's reader may not expect, as warnings.
        schedule: in place of the one that the hyperparameters name.
        is_new: whether a new run is trained, not one that exists already.

    Raises:
        RecipeError: the model cannot be trained as it asks for.
    """
    chosen, strategy = plan.hyperparameters, plan.backend.distribution.strategy
    build_model = partial(
        build_compiled_model,
        plan.recipe,
        chosen,
        input_shape=plan.dataset.input_shape,
        num_classes=plan.dataset.num_classes,
        seed=plan.seed,
    )
    model = build_model()
    if strategy:  # again, with its variables on all devices
        with strategy.scope():
            model = build_model()
    steps = [epochs * plan.steps_per_epoch for epochs in plan.cycles]
    notes = check_honored(model, chosen, place=f"build_model of {plan.recipe.source.path}", is_new=is_new)
    if is_new:
        notes += list_slow_averages(model, steps=sum(steps))
    for note in notes:
        callback.on_warning(note)
    engine = Engine(
        model,
        batch_size=chosen.batch_size,
        schedule=schedule or make_schedule(chosen.schedule, learning_rate=chosen.learning_rate, steps=steps),
        precision=plan.precision,
        distortion=DISTORTIONS[chosen.augment],
        seed=plan.seed,
        class_weights=plan.class_weights,
        tf_device=plan.backend.tf_device,
        strategy=strategy,
    )
    engine.load(plan.dataset.x_train, plan.dataset.y_train)
    return engine


def measure_own_outputs(plan: Plan, engine: Engine, callback: Callback) -> str:
    """Return what the outputs of the engine's model are, one of `OUTPUTS`.

    Args:
        callback: receives a warning if they contradict the loss.
    """
    outputs = measure_outputs(engine.model, plan.dataset.x_train[plan.train_index[:_MEASURED]])
    for note in list_output_notes(engine.model, outputs):
        callback.on_warning(note)
    return outputs
