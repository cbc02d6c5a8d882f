"""What a compiled model changes about its training by itself, and whether the engine does the same as Keras's `fit`.

A model, its optimizer and the call of `compile` can change the training in many places. The engine does what `fit`
does, or the model is refused by name before anything is written:

    honored    the compiled loss and its weights, an own `compute_loss`, `add_loss`, regularizers, constraints, layers
               that are not trainable; every setting of an optimizer (clipping, weight decay, averaged weights,
               accumulated gradients, its own schedule together with schedule="constant"); optimizers of one's own
    refused    the methods of LOOP, `run_eagerly`, layers that compute in another precision, pixels scaled a second
               time, an optimizer whose learning rate contradicts the hyperparameters, a model that cannot be saved
    announced  further compiled metrics, augmentation for pixels of 0 to 255, an optimizer with Keras's default learning
               rate, a BatchNormalization that averages too slowly for so few steps, a class or function that kcnn does
               not know, so that it won't open the model's file

`jit_compile` and `steps_per_execution` change nothing but the speed. The engine chooses its own steps per call, and
compiles with XLA on a GPU unless `jit_compile` or a layer forbids it.
"""

import inspect
import json
import math
import warnings
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_cnn_course.catalog.hyperparameters import Hyperparameters
from keras_cnn_course.errors import RecipeError, RunError, describe_failure
from keras_cnn_course.models.graph import list_layers
from keras_cnn_course.models.inference import loss_takes_logits, loss_takes_probabilities
from keras_cnn_course.models.scaling import find_pixel_scaling, list_wide_ranges
from keras_cnn_course.runs.model_contents import check_model_contents
from keras_cnn_course.training.update import own_schedule

__all__ = ["LOOP", "check_honored", "list_output_notes", "list_slow_averages"]

# Methods with which a model replaces a part of Keras's loop. The engine is another loop and never calls them.
LOOP = (
    *("train_step", "test_step", "predict_step", "compute_metrics", "get_metrics_result", "reset_metrics"),
    *("fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"),
    *("make_train_function", "make_test_function", "make_predict_function"),
)
# Share of a BatchNormalization's averages that may be left of the 0 and 1 that they begin with. The variance is the
# delicate one: where that of the features is 0.01, this share of 1 adds a tenth.
_LEFT = 0.001
_REPORTED = {"accuracy", "acc", "sparse_categorical_accuracy", "SparseCategoricalAccuracy", "sparsecategoricalaccuracy"}


def check_honored(
    model: keras.Model, hyperparameters: Hyperparameters, *, place: str, is_new: bool = True
) -> list[str]:
    """Check that the engine can train a model as it asks for, and set its learning rate.

    Args:
        model: compiled; its optimizer gets the learning rate of the hyperparameters.
        place: the function and file that made it, for the errors.
        is_new: whether this is the model of a new run. A run that exists keeps the learning rate that it was trained
            with, also one of version 0.1 whose recipe contradicts it.

    Returns:
        Sentences about everything that differs from what a reader of the recipe may think.

    Raises:
        RecipeError: the model asks for something that the engine does not do.
    """
    for reason in _find_refused(model):
        raise RecipeError(f"{place} {reason}")
    return [
        *_settle_learning_rate(model.optimizer, hyperparameters, place=place, is_new=is_new),
        *_list_unreported_metrics(model, place=place),
        *_list_wide_ranges(model),
        *_find_unknown_parts(model, place=place),
    ]


def list_output_notes(model: keras.Model, outputs: str) -> list[str]:
    """Return a sentence if what a model outputs is not what its loss expects.

    Args:
        outputs: what the outputs are, as `measure_outputs` found them.
    """
    if outputs == "probabilities" and loss_takes_logits(model):
        return [
            "The model's outputs are probabilities, but its loss was made with from_logits=True. They are used as "
            "probabilities. Remove from_logits=True, or the softmax at the end."
        ]
    if outputs == "logits" and loss_takes_probabilities(model):
        return [
            "The model's loss expects probabilities, but its outputs are not: some are negative. They are used as "
            "logits. End the model with a softmax, or make the loss with from_logits=True."
        ]
    if outputs == "scores":
        return ["The model's outputs are not probabilities: they do not add up to 1. They are used as they are."]
    return []


def list_slow_averages(model: keras.Model, *, steps: int) -> list[str]:
    """Return a sentence if a BatchNormalization's averages still depend on their first values after a training.

    They are used in place of the batch's mean and variance when the network is not training, and each step replaces
    the share `1 - momentum` of them.

    Args:
        model: as built, before the training.
        steps: optimizer steps of the whole training.
    """
    slow = [
        layer
        for layer in list_layers(model)
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable and layer.momentum**steps > _LEFT
    ]
    if not slow or any(np.any(layer.moving_mean) for layer in slow):  # of a network that is trained already
        return []
    momentum = max(layer.momentum for layer in slow)
    more = f" and {len(slow) - 1} more" if len(slow) > 1 else ""
    enough = f", or train for at least {math.ceil(math.log(_LEFT, momentum)):,} steps" if momentum < 1 else ""
    return [
        f"The averages of BatchNormalization {slow[0].name!r}{more} are too slow for {steps:,} steps. With "
        f"momentum={momentum:g}, the mean and variance that new images are normalized with will still contain "
        f"{momentum**steps:.1%} of their first values, 0 and 1, so the validation and test accuracy may be far too "
        f"low. Use a smaller momentum{enough}."
    ]


def _find_refused(model: keras.Model) -> Iterator[str]:
    """Yield what follows `build_model of mine.py` in the sentence that refuses a model."""
    for name in LOOP:
        if _is_own(getattr(model, name)):
            yield (
                f"returns a model with its own {name}, which kcnn would never call: it trains in its own loop. "
                "Define compute_loss or a layer's add_loss instead, or train this model with fit in your own program."
            )
    if model.run_eagerly:
        yield "compiles the model with run_eagerly=True, but kcnn always compiles the step. Leave run_eagerly out."
    for layer in list_layers(model):
        if layer.compute_dtype in ("float16", "bfloat16", "float64"):
            yield (
                f"returns a model whose layer {layer.name!r} computes in {layer.compute_dtype}. "
                "Leave out the dtype and choose the precision with `precision=`."
            )
    scaling = find_pixel_scaling(model)
    if scaling is not None:
        yield (
            f"returns a model whose layer {scaling!r} scales pixels from 0 to 255, but kcnn feeds images that are "
            "already scaled to [0, 1]. Remove the layer, or let it expect values from 0 to 1."
        )


def _is_own(method: Any) -> bool:
    return not str(getattr(method, "__module__", "")).startswith("keras.")


def _settle_learning_rate(
    optimizer: keras.Optimizer, hyperparameters: Hyperparameters, *, place: str, is_new: bool
) -> Iterator[str]:
    """Let the optimizer have the learning rate of the hyperparameters, or refuse what contradicts it."""
    name, rate = type(optimizer).__name__, hyperparameters.learning_rate
    schedule = own_schedule(optimizer)
    if schedule is not None:
        if hyperparameters.schedule != "constant":
            raise RecipeError(
                f"{place} makes {name} with its own learning rate schedule, {schedule}, but the training is to follow "
                f"schedule={hyperparameters.schedule!r}. Make {name}(hyperparameters.learning_rate), or keep the "
                "optimizer's schedule with schedule='constant'."
            )
        yield f"The learning rate follows the {schedule} of the recipe's optimizer; learning_rate={rate:g} is not used."
        return
    own = float(np.asarray(optimizer.learning_rate))
    if np.isclose(own, rate, rtol=1e-6, atol=0):
        return
    if not is_new:
        used = own if hyperparameters.schedule == "constant" else rate
        yield f"The recipe makes {name} with the learning rate {own:g}; the run keeps to {used:g}, as it was trained."
        return
    default = inspect.signature(type(optimizer)).parameters.get("learning_rate")
    if default is None or not isinstance(default.default, float) or not np.isclose(own, default.default, rtol=1e-6):
        raise RecipeError(
            f"{place} makes {name} with the learning rate {own:g}, but the training is to use learning_rate={rate:g}. "
            f"Make {name}(hyperparameters.learning_rate), and choose the rate in HYPERPARAMETERS or with "
            "`learning_rate=`."
        )
    optimizer.learning_rate = rate
    yield (
        f"The recipe makes {name} with Keras's default learning rate of {own:g}; the training uses "
        f"learning_rate={rate:g}. Write {name}(hyperparameters.learning_rate) to say so."
    )


def _list_unreported_metrics(model: keras.Model, *, place: str) -> Iterator[str]:
    config = _serialize(model, place=place)["compile_config"] or {}
    named = [name for key in ("metrics", "weighted_metrics") for name in _metric_names(config.get(key))]
    named += ["those of its metrics property"] if _is_own(type(model).metrics.fget) else []
    further = [name for name in named if name not in _REPORTED]
    if further:
        yield f"The recipe's further metrics are not computed: {', '.join(further)}. kcnn reports loss and accuracy."


def _list_wide_ranges(model: keras.Model) -> Iterator[str]:
    wide = list_wide_ranges(model)
    if wide:
        yield (
            f"Layers of the recipe expect other pixels than those from 0 to 1 that kcnn feeds: {', '.join(wide)}. Make "
            "them with value_range=(0, 1), or they may make the training images useless."
        )


def _metric_names(value: Any) -> Iterator[str]:
    """Yield the names of the metrics in a part of a compile configuration."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _metric_names(item)
    elif isinstance(value, dict) and "class_name" not in value:
        yield from _metric_names(list(value.values()))
    elif isinstance(value, dict):
        config = value["config"]
        yield config if isinstance(config, str) else str(config.get("name", value["class_name"]))


def _find_unknown_parts(model: keras.Model, *, place: str) -> Iterator[str]:
    """Say now that no command will open the model's file, rather than after the training."""
    try:
        check_model_contents(_serialize(model, place=place), "a model of this recipe")
    except RunError as error:
        yield (
            f"kcnn does not open a model of this recipe: {error.__cause__}. The run can be trained and resumed; to "
            "open its models later, you have to trust the run's recipe.py (trust_recipe), which is then run."
        )


def _serialize(model: keras.Model, *, place: str) -> dict[str, Any]:
    """Return the configuration that is saved with a model.

    Raises:
        RecipeError: the model has none, so it cannot be saved.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # about a lambda, which the check of the contents refuses
            return dict(json.loads(json.dumps(keras.saving.serialize_keras_object(model))))
    except Exception as error:  # a student's own class may raise anything
        raise RecipeError(f"{place} returns a model that Keras cannot save: {describe_failure(error)}") from error
