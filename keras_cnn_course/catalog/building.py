"""Building the compiled model of a recipe, and checking it before anything is trained."""

import keras
import numpy as np
import tensorflow as tf

from keras_cnn_course.catalog.hyperparameters import Hyperparameters
from keras_cnn_course.catalog.recipes import Recipe, reporting_line
from keras_cnn_course.errors import RecipeError, describe_failure

__all__ = ["build_compiled_model"]


def build_compiled_model(
    recipe: Recipe,
    hyperparameters: Hyperparameters,
    *,
    input_shape: tuple[int, int, int],
    num_classes: int,
    seed: int,
) -> keras.Model:
    """Seed Keras, call the recipe's `build_model` and check what it returns.

    In the scope of a strategy, whether the model can learn is not checked: its variables belong to several devices.

    Args:
        recipe: a loaded recipe.
        hyperparameters: its own, or changed ones.
        input_shape: `(height, width, channels)` of an image.
        num_classes: size of the output.
        seed: of the initial weights.

    Raises:
        RecipeError: `build_model` fails, or returns anything but a compiled classifier of that size that can learn
            from integer labels.
    """
    keras.utils.set_random_seed(seed)
    with reporting_line(recipe.source):
        model = recipe.build_model(hyperparameters, input_shape, num_classes)
    place = f"build_model of {recipe.source.path}"
    if not isinstance(model, keras.Model):
        raise RecipeError(f"{place} must return a keras.Model; it returned {type(model).__name__}.")
    if not model.built or getattr(model, "inputs", None) is None:
        raise RecipeError(
            f"{place} must return a Sequential or functional model that begins with "
            f"keras.Input(input_shape, name='image'); it returned a {type(model).__name__} without an input."
        )
    _check_shape(place, "input", tuple(model.input_shape), (None, *input_shape))
    _check_shape(place, "output", tuple(model.output_shape), (None, num_classes))
    if not model.compiled or model.optimizer is None or model._compile_loss is None:
        raise RecipeError(
            f"{place} must return a compiled model; this one has no optimizer or no loss. "
            "Call model.compile(optimizer, loss='sparse_categorical_crossentropy', metrics=['accuracy'])."
        )
    if not tf.distribute.has_strategy():
        _check_learning(place, model, num_classes=num_classes, seed=seed)
    return model


def _check_shape(place: str, what: str, received: tuple[int | None, ...], expected: tuple[int | None, ...]) -> None:
    if received != expected:
        raise RecipeError(f"{place} must return a model of {what} shape {expected}; got {received}.")


def _check_learning(place: str, model: keras.Model, *, num_classes: int, seed: int) -> None:
    """Compute the answers, the loss and its gradient for a few noisy images, and leave the model as it was.

    Each class is there, and one of them twice: a loss for other labels fails only where the number of images is
    neither 1 nor the number of classes.
    """
    weights = model.trainable_variables
    before = [(variable, np.array(variable)) for variable in model.variables]
    labels = np.arange(max(3, num_classes + 1), dtype="int32") % num_classes
    images = np.random.default_rng(seed).random((len(labels), *model.input_shape[1:]), dtype="float32")
    try:
        answers = model(images, training=False)
        with tf.GradientTape() as tape:
            loss = model._compute_loss(images, labels, model(images, training=True), training=True)
        gradients = tape.gradient(loss, [variable.value for variable in weights])
    except Exception as error:  # a student's own layer or loss may raise anything
        raise RecipeError(
            f"{place} must return a model that can be trained on integer labels, with a loss such as "
            f"'sparse_categorical_crossentropy'. This one fails on {len(labels)} images: {describe_failure(error)}"
        ) from error
    finally:
        for variable, value in before:
            variable.assign(value)
    if isinstance(answers, dict):
        raise RecipeError(
            f"{place} must return a model whose output is a tensor; it is a dict with the keys {list(answers)}."
        )
    if loss.shape != ():
        raise RecipeError(f"{place} must return a model whose loss is one number; got the shape {tuple(loss.shape)}.")
    if all(gradient is None for gradient in gradients):
        raise RecipeError(
            f"{place} must return a model that can learn, but the gradient of its loss reaches none of its "
            f"{len(weights)} trainable weights. Is a layer trainable, and can the loss be differentiated?"
        )
