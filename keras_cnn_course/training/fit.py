"""`fit`: train any compiled Keras classifier with the engine, called as Keras's own `Model.fit` is called."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from keras_cnn_course.errors import CourseError, TrainingError, UsageError, describe_failure
from keras_cnn_course.files.values import check_value, number, whole_number

if TYPE_CHECKING:
    import keras

__all__ = ["fit"]

_DEFAULT_BATCH_SIZE = 32
_ADVICE = {
    "steps_per_epoch": "an epoch is every image once",
    "validation_steps": "every validation image is used",
}


def fit(
    model: "keras.Model",
    x: Any,
    y: Any,
    *,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: str | int = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Sequence[Any] | None = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    validation_batch_size: int | None = None,
    validation_freq: int | list[int] = 1,
    **refused: object,
) -> "keras.callbacks.History":
    """Train a compiled Keras model on arrays, as `model.fit` does, with the engine of this package.

    The model gets the same values that `model.fit` would give it: the images are not scaled. Compiled metrics and
    losses of every kind are computed, and Keras callbacks are called at the same places. An epoch visits every image
    once, in an order that differs from epoch to epoch and repeats after `keras.utils.set_random_seed`. Nothing but the
    model is changed, and no run folder is written.

    Args:
        model: compiled, with one input and one output. A model with a `train_step` of its own is refused.
        x: images, `(n, ...)`, of any numeric type.
        y: labels `(n,)`, or one-hot `(n, classes)`, as the compiled loss expects them.
        batch_size: images per optimizer step; 32 when None.
        epochs: number of the last epoch, counted from 1.
        verbose: `auto`, 0, 1 or 2, as in Keras.
        callbacks: Keras callbacks. If one listens to batches, each step is a call of its own, which is slower.
        validation_split: share of the images, from the end, to validate with.
        validation_data: `(x_val, y_val)` or `(x_val, y_val, sample_weight)`.
        shuffle: whether to change the order of the images.
        class_weight: factor of the loss by label; 1 for labels that it lacks.
        sample_weight: `(n,)`: factor of the loss of each image.
        initial_epoch: number of epochs that are already done.
        validation_batch_size: images per step of the validation; `batch_size` when None.
        validation_freq: validate after every N epochs, or after the listed ones.
        **refused: any other argument is an error that names it.

    Returns:
        Keras's History: `history` has a list with one value per epoch for `loss`, each metric, and each with `val_`.

    Raises:
        UsageError: an argument cannot be honored, or the model asks for another loop.
        TrainingError: a layer or the loss of the model fails, for example because of a label that is out of range.

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")])
    >>> model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    >>> history = fit(model, np.ones((20, 8, 8)), np.arange(20) % 2, epochs=2, verbose=0)
    >>> sorted(history.history), history.epoch
    (['accuracy', 'loss'], [0, 1])
    """
    from keras_cnn_course.devices.backend import load

    load()
    import keras
    import numpy as np

    from keras_cnn_course.training import fit_data, fit_loop

    _refuse_arguments(refused, shuffle=shuffle)
    epochs = check_value("epochs", epochs, whole_number(0), kind=UsageError)
    initial_epoch = check_value("initial_epoch", initial_epoch, whole_number(0), kind=UsageError)
    validation_split = check_value("validation_split", validation_split, number(0, 1), kind=UsageError)
    if batch_size is not None:
        batch_size = check_value("batch_size", batch_size, whole_number(1), kind=UsageError)
    if validation_batch_size is not None:
        validation_batch_size = check_value(
            "validation_batch_size", validation_batch_size, whole_number(1), kind=UsageError
        )
    fit_loop.refuse_model(model)
    examples = fit_data.read_examples(x, y, sample_weight, name="x")
    validation = None if validation_data is None else fit_data.read_validation(validation_data)
    if validation_split and validation is None:
        examples, validation = fit_data.split_last(examples, validation_split)
    if class_weight is not None:
        examples = fit_data.weigh_classes(examples, class_weight)
    batch_size = min(batch_size or _DEFAULT_BATCH_SIZE, len(examples))
    try:
        engine = fit_loop.make_engine(model, examples, validation, batch_size=batch_size)
    except CourseError:
        raise
    except Exception as error:  # a layer or a loss of one's own may raise anything
        raise TrainingError(
            "The model cannot be built for these images and labels. Do they fit its input, its outputs and its loss? "
            f"{describe_failure(error)}"
        ) from error
    listeners = callbacks
    if not isinstance(callbacks, keras.callbacks.CallbackList):
        listeners = keras.callbacks.CallbackList(
            callbacks,
            add_history=True,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=epochs,
            steps=-(-len(examples) // batch_size),
            model=model,
        )
    seed = np.random.randint(2**31) if shuffle else None  # keras.utils.set_random_seed seeds this one, too
    loop = fit_loop.FitLoop(
        engine, listeners, examples, validation, validation_batch_size or batch_size, validation_freq, seed
    )
    with fit_loop.reporting_failures():
        loop.run(initial_epoch, epochs)
    return model.history


def _refuse_arguments(refused: Mapping[str, object], *, shuffle: object) -> None:
    for name in refused:
        advice = f", because {_ADVICE[name]}" if name in _ADVICE else ""
        raise UsageError(f"kcnn.fit has no argument {name}{advice}. Leave it out, or use model.fit.")
    if not isinstance(shuffle, bool):
        raise UsageError(f"shuffle must be True or False; got {shuffle!r}. For anything else, use model.fit.")
