"""Out-of-fold predictions: each image is classified by a model that was not trained on it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from keras_cnn_course.errors import TrainingError, UsageError
from keras_cnn_course.files.values import check_value, whole_number
from keras_cnn_course.results.prediction import predict_probabilities
from keras_cnn_course.training.building import build_engine
from keras_cnn_course.training.callbacks import Callback
from keras_cnn_course.training.engine import Engine
from keras_cnn_course.training.loop import epoch_order
from keras_cnn_course.training.plan import Plan

__all__ = ["choose_folds", "predict_out_of_fold"]


def choose_folds(labels: np.ndarray, count: int, *, seed: int) -> np.ndarray:
    """Divide images into folds at random, each class evenly, and return the fold of each image, from 0.

    Args:
        labels: integers `(n,)`.
        count: from 2 to n.
        seed: a different seed divides them differently.

    Raises:
        UsageError: there are fewer images than folds, or fewer than two folds.

    >>> choose_folds(np.array([0, 0, 0, 1, 1, 1]), 3, seed=0).tolist()
    [2, 0, 1, 2, 1, 0]
    """
    known = f"There are {len(labels):,} images."
    count = check_value("The number of folds", count, whole_number(2, len(labels)), kind=UsageError, hint=known)
    generator = np.random.default_rng(seed)
    folds = np.empty(len(labels), dtype=np.int64)
    dealt = 0
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        folds[members] = (dealt + np.arange(len(members))) % count
        dealt += len(members)
    return folds


def predict_out_of_fold(
    plan: Plan, folds: np.ndarray, *, callback: Callback | None = None, report: Callable[[str], None] = lambda _: None
) -> np.ndarray:
    """Return the probability of every class for each training image of a plan, from a model that never saw it.

    One model per fold is trained on the images of all other folds, always from the same initial weights, for the
    plan's number of epochs. There are no validation images, so no epoch is chosen and the training does not end early.

    Args:
        plan: its data set's training images are all that are classified.
        folds: the fold of each of them, `(n,)`, from 0.
        callback: receives what the recipe's reader may not expect, as warnings.
        report: receives a line after each fold.

    Returns:
        float32 `(n, classes)`.

    Raises:
        RecipeError: the model cannot be trained as it asks for.
        TrainingError: the loss is no longer a finite number.
    """
    images, labels = plan.dataset.x_train, plan.dataset.y_train
    count = int(folds.max()) + 1
    trained_on = [np.flatnonzero(folds != fold) for fold in range(count)]
    longest = replace(plan, train_index=max(trained_on, key=len), val_index=np.empty(0, dtype=np.int64))
    engine = build_engine(longest, callback or Callback())
    variables = [*engine.model.variables, *engine.optimizer.variables]
    initial = [np.asarray(variable) for variable in variables]
    probabilities = np.empty((len(labels), plan.dataset.num_classes), dtype=np.float32)
    for fold, train_index in enumerate(trained_on):
        for variable, value in zip(variables, initial, strict=True):
            variable.assign(value)
        _train(engine, train_index, plan, name=f"fold {fold + 1}")
        others = np.flatnonzero(folds == fold)
        with engine.final_weights():
            probabilities[others] = predict_probabilities(engine.model, images[others])
        correct = (probabilities[others].argmax(axis=1) == labels[others]).mean()
        report(
            f"Fold {fold + 1} of {count}: trained on {len(train_index):,} images; {correct:.2%} of the other "
            f"{len(others):,} classified as labeled"
        )
    return probabilities


def _train(engine: Engine, train_index: np.ndarray, plan: Plan, *, name: str) -> None:
    for epoch in range(1, plan.epochs + 1):
        order = train_index[epoch_order(len(train_index), seed=plan.seed, epoch=epoch)]
        loss = engine.train(order, plain=plan.is_plain(epoch)).loss
        if not np.isfinite(loss):
            raise TrainingError(
                f"The loss became {loss} in epoch {epoch} of {name}. "
                "Try a lower learning rate, or `precision='float32'`."
            )
