"""The plan of a training: everything that can be decided before a model is built."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from keras_cnn_course.catalog.hyperparameters import MOST_EPOCHS, Hyperparameters
from keras_cnn_course.catalog.recipes import Recipe, RecipeSource, load_recipe
from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.splits import stratified_part
from keras_cnn_course.devices.backend import Backend
from keras_cnn_course.devices.precision import choose_precision
from keras_cnn_course.errors import DatasetError, UsageError

__all__ = ["Plan", "choose_examples", "make_plan", "split_validation"]


@dataclass(frozen=True)
class Plan:
    """What a training is going to do.

    Args:
        hyperparameters: as they are used: `epochs` is the number of epochs that are really trained, and `augment` is
            never `auto`.
        train_index: indices of the training images that are trained on, without those that `train_examples` leaves out.
        val_index: indices of the validation images.
        cycles: epochs of each cycle of the learning rate: one cycle, and another for each time a run is made longer.
        length_reason: why there are more epochs, or fewer steps, than the recipe asks for; empty otherwise.
    """

    recipe: Recipe
    hyperparameters: Hyperparameters
    dataset: Dataset
    train_index: np.ndarray
    val_index: np.ndarray
    cycles: tuple[int, ...]
    length_reason: str
    precision: str
    precision_reason: str
    backend: Backend
    seed: int

    @property
    def epochs(self) -> int:
        """Number of passes over the training images."""
        return self.hyperparameters.epochs

    @property
    def has_rare_classes(self) -> bool:
        """Whether a class has less than half as many training or test images as another."""
        parts = (self.dataset.y_train, self.dataset.y_test)
        counts = [np.unique(labels, return_counts=True)[1] for labels in parts]
        return any(2 * count.min() < count.max() for count in counts)

    @property
    def class_weights(self) -> np.ndarray | None:
        """The factor of each class's loss, float32 `(num_classes,)`; None where all count alike.

        With `balanced`, the factors are inversely proportional to the numbers of images, and 1 on average over the
        images, as in scikit-learn.
        """
        if self.hyperparameters.class_weight == "none":
            return None
        counts = np.bincount(self.dataset.y_train[self.train_index], minlength=self.dataset.num_classes)
        return (self.train_examples / (len(counts) * np.maximum(counts, 1))).astype("float32")

    @property
    def train_examples(self) -> int:
        """Number of images to train on."""
        return len(self.train_index)

    @property
    def steps_per_epoch(self) -> int:
        """Number of optimizer steps per epoch."""
        return -(-self.train_examples // self.hyperparameters.batch_size)

    def is_plain(self, epoch: int) -> bool:
        """Return whether an epoch, counted from 1, is one of the last of its cycle, in which no image is changed."""
        return any(0 <= end - epoch < self.hyperparameters.plain_epochs for end in accumulate(self.cycles))

    def sample_training(self, count: int) -> np.ndarray:
        """Return the indices of at most `count` images to train on, evenly spread: a folder is sorted by class."""
        places = np.linspace(0, self.train_examples - 1, min(count, self.train_examples))
        return self.train_index[places.astype(int)]


def make_plan(
    recipe: Recipe | RecipeSource,
    dataset: Dataset,
    *,
    overrides: Mapping[str, object],
    seed: int,
    precision: str,
    backend: Backend,
    cycles: tuple[int, ...] = (),
) -> Plan:
    """Load the recipe, if it is not loaded yet, and decide everything that can be decided before a model is built.

    Args:
        overrides: hyperparameters to replace, by name.
        seed: of the initial weights, the validation split and the order of the images.
        precision: `auto`, `float32`, `bfloat16` or `float16`.
        backend: TensorFlow as it was started.
        cycles: epochs of each cycle of the learning rate; when empty, the hyperparameters give the length.

    Raises:
        RecipeError: the recipe cannot be used.
        UsageError: a hyperparameter is unknown or out of range, or the replicas cannot share a batch evenly.
        DatasetError: images and labels do not fit, or there are too few.
    """
    _check_labels(dataset)
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    chosen = recipe.hyperparameters.with_overrides(overrides)
    train_index, val_index = choose_examples(
        dataset, validation_split=chosen.validation_split, train_examples=chosen.train_examples, seed=seed
    )
    length_reason = "" if cycles else _explain_length(recipe.hyperparameters, chosen, len(train_index))
    cycles = cycles or (_count_epochs(chosen, len(train_index)),)
    _check_shares(chosen.batch_size, backend.distribution.replicas)
    precision, precision_reason = choose_precision(precision, backend.device)
    augment = dataset.augment if chosen.augment == "auto" else chosen.augment
    return Plan(
        recipe=recipe,
        hyperparameters=replace(chosen, epochs=sum(cycles), augment=augment),
        dataset=dataset,
        train_index=train_index,
        val_index=val_index,
        cycles=cycles,
        length_reason=length_reason,
        precision=precision,
        precision_reason=precision_reason,
        backend=backend,
        seed=seed,
    )


def _count_epochs(chosen: Hyperparameters, images: int) -> int:
    """Return the number of epochs on that number of images.

    Raises:
        UsageError: `min_steps` needs more of them than there can be.
    """
    epochs = chosen.epochs_for(images)
    if epochs > MOST_EPOCHS:
        raise UsageError(
            f"min_steps={chosen.min_steps} would take {epochs:,} epochs of {images:,} images; at most {MOST_EPOCHS:,} "
            "are possible. Use a smaller min_steps or batch_size."
        )
    return epochs


def _explain_length(own: Hyperparameters, chosen: Hyperparameters, images: int) -> str:
    """Return why a training is longer than `epochs`, or that it is shorter than the recipe's own `min_steps`."""
    if chosen.epochs_for(images) > chosen.epochs:
        return f"epochs={chosen.epochs} would be fewer than min_steps={chosen.min_steps}"
    least = replace(chosen, epochs=1, min_steps=own.min_steps).epochs_for(images)
    return f"without epochs={chosen.epochs}, the recipe trains at least {least}" if least > chosen.epochs else ""


def choose_examples(
    dataset: Dataset, *, validation_split: float, train_examples: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the images that a training uses, and of its validation images, each sorted.

    Args:
        validation_split: share of each class to use for validation.
        train_examples: number of images to train on, with at most as many validation images; all if it is 0. Each
            class has the same share of them as before.

    Raises:
        DatasetError: there are too few images.
        UsageError: `train_examples` is out of range.
    """
    train_index, val_index = split_validation(dataset.y_train, validation_split, seed)
    labels, count = dataset.y_train, train_examples
    least = len(np.unique(labels[train_index]))
    if count == 0:
        return train_index, val_index
    if not least <= count <= len(train_index):
        raise UsageError(
            f"train_examples must be from {least}, one image per class, to the {len(train_index)} training images of "
            f"{dataset.name} that are not validation images; got {count}."
        )
    parts = (
        index[stratified_part(labels[index], min(count, len(index)), seed=seed)] for index in (train_index, val_index)
    )
    return next(parts), next(parts)


def split_validation(labels: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose validation images at random, the same share of every class.

    Args:
        labels: `(n,)` class of each training image.
        share: share of each class to use for validation.
        seed: a different seed chooses different images.

    Returns:
        Indices of the images to train on and of the validation images, each sorted. Every class keeps at least one
        image to train on.

    Raises:
        DatasetError: every class has a single image.

    >>> train, val = split_validation(np.array([0, 0, 0, 0, 1, 1, 1, 1]), 0.25, seed=0)
    >>> len(train), len(val)
    (6, 2)
    """
    rng = np.random.default_rng(seed)
    chosen = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        chosen.append(members[: min(max(1, round(share * len(members))), len(members) - 1)])
    val = np.sort(np.concatenate(chosen))
    if not len(val):
        count = "1 training image" if len(labels) == 1 else f"{len(labels)} training images"
        raise DatasetError(
            f"The data set is too small for validation: {count}, and no class with two of them. Add more images."
        )
    return np.setdiff1d(np.arange(len(labels)), val), val


def _check_labels(dataset: Dataset) -> None:
    """Check what the loaders promise: a label outside its range makes the loss NaN, or reads other memory."""
    for part, images, labels in (
        ("train", dataset.x_train, dataset.y_train),
        ("test", dataset.x_test, dataset.y_test),
    ):
        if len(images) != len(labels) or not len(labels):
            raise DatasetError(
                f"The {part} part of {dataset.name} has {len(images)} images and {len(labels)} labels. "
                "It needs one label per image, and at least one image."
            )
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= dataset.num_classes:
            raise DatasetError(
                f"The {part} labels of {dataset.name} must be from 0 to {dataset.num_classes - 1}; "
                f"they are from {low} to {high}."
            )


def _check_shares(batch_size: int, replicas: int) -> None:
    if batch_size % replicas:
        smaller, larger = batch_size // replicas * replicas, -(-batch_size // replicas) * replicas
        near = " or ".join(str(size) for size in (smaller, larger) if size)
        raise UsageError(
            f"{replicas} replicas cannot share a batch of {batch_size} images evenly. Use a `batch_size=` of {near}, "
            "which counts the images of all replicas together."
        )
