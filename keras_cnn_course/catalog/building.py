"""Building the compiled model of a recipe, and checking it before anything is trained."""

import keras
import numpy as np

from keras_cnn_course.catalog.hyperparameters import Hyperparameters
from keras_cnn_course.catalog.recipes import Recipe, reporting_line
from keras_cnn_course.errors import RecipeError

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

    Args:
        recipe: a loaded recipe.
        hyperparameters: its own, or changed ones.
        input_shape: `(height, width, channels)` of an image.
        num_classes: size of the output.
        seed: of the initial weights.

    Raises:
        RecipeError: `build_model` fails, or returns anything but a compiled classifier of that size with a loss for
            integer labels.
    """
    keras.utils.set_random_seed(seed)
    with reporting_line(recipe.source):
        model = recipe.build_model(hyperparameters, input_shape, num_classes)
    place = f"build_model of {recipe.source.path}"
    if not isinstance(model, keras.Model):
        raise RecipeError(f"{place} must return a keras.Model; it returned {type(model).__name__}.")
    if not model.built or getattr(model, "inputs", None) is None:
        raise RecipeError(f"{place} must begin the model with keras.Input(input_shape, name='image').")
    _check_shape(place, "input", tuple(model.input_shape), (None, *input_shape))
    _check_shape(place, "output", tuple(model.output_shape), (None, num_classes))
    if not model.compiled or model.optimizer is None or model._compile_loss is None:
        raise RecipeError(
            f"{place} must return a compiled model; this one has no optimizer or no loss. "
            "Call model.compile(optimizer, loss='sparse_categorical_crossentropy', metrics=['accuracy'])."
        )
    _check_loss(place, model)
    return model


def _check_shape(place: str, what: str, received: tuple[int | None, ...], expected: tuple[int | None, ...]) -> None:
    if received != expected:
        raise RecipeError(f"{place} must return a model of {what} shape {expected}; got {received}.")


def _check_loss(place: str, model: keras.Model) -> None:
    """Compute the loss of one blank image, which fails if the loss needs other labels than integers."""
    image = np.zeros((1, *model.input_shape[1:]), "float32")
    label = np.zeros(1, "int32")
    try:
        model.compute_loss(x=image, y=label, y_pred=model(image, training=False), training=False)
    except (ValueError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise RecipeError(
            f"{place} must compile a loss for integer labels, such as 'sparse_categorical_crossentropy'; "
            f"with this loss Keras reports: {reason}"
        ) from error
