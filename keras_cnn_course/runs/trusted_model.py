"""Opening a model of layers that are not Keras's own, by running the run's recipe.py: only where the user trusts it."""

from dataclasses import replace
from typing import Any

from keras_cnn_course.errors import RunError
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.runs.stated_outputs import state_outputs

__all__ = ["rebuild_model"]


def rebuild_model(run: RunDirectory, which: str = "best") -> Any:
    """Build the model with the run's own recipe.py, and load its saved weights. Call `backend.start` first.

    The recipe is Python code and runs on this machine.

    Raises:
        RecipeError: the recipe cannot be used.
        RunError: the weights are missing or do not fit the model.
    """
    from keras_cnn_course.catalog.building import build_compiled_model
    from keras_cnn_course.catalog.recipes import find_recipe, load_recipe

    record, file = run.read_record(), run.model_file(which)
    height, width, channels = record.input_shape
    recipe = load_recipe(replace(find_recipe(str(run.recipe_file)), name=record.recipe))
    model = build_compiled_model(
        recipe,
        recipe.hyperparameters.with_overrides(record.hyperparameters),
        input_shape=(height, width, channels),
        num_classes=len(record.class_names),
        seed=record.seed,
    )
    if not file.is_file():
        raise RunError(f"{file} does not exist. Did the run finish an epoch?")
    optimizer, model.optimizer = model.optimizer, None  # its state is not needed, and may be another's
    try:
        model.load_weights(file)
    except Exception as error:  # a damaged or a foreign file makes Keras and HDF5 raise anything
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise RunError(f"The weights in {file} do not fit the model of {run.recipe_file}: {reason}") from error
    model.optimizer = optimizer
    state_outputs(model, record.outputs)
    return model
