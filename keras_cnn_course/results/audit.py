"""An audit of a data set: doubtful labels, copies, images unlike all others, and how the classes are balanced."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.results.label_errors import DoubtfulLabel, find_doubtful_labels
from keras_cnn_course.results.neighbors import Neighbors, Pair, find_neighbors
from keras_cnn_course.results.out_of_fold import choose_folds, predict_out_of_fold
from keras_cnn_course.training.callbacks import Callback
from keras_cnn_course.training.plan import Plan

__all__ = ["Audit", "audit_images", "join_parts"]


@dataclass(frozen=True, eq=False)
class Audit:
    """What an audit has found. Images are numbered through both parts: the training images first, then the test images.

    Args:
        dataset: that was audited.
        recipe: name of the recipe whose models classified the images.
        folds: number of models, each trained on the images of all other folds.
        seed: of the folds and of the models.
        agreement: share of images that are classified as they are labeled.
        doubtful: images that are not, the least probable label first.
        neighbors: copies, near copies, and images unlike all others.
    """

    dataset: Dataset
    recipe: str
    folds: int
    seed: int
    agreement: float
    doubtful: list[DoubtfulLabel]
    neighbors: Neighbors

    def __str__(self) -> str:
        sure = sum(one.is_confident for one in self.doubtful)
        copies, near = self.neighbors.copies, self.neighbors.near_copies
        return (
            f"{len(self.labels):,} images of {self.dataset.name}: {len(self.doubtful):,} are classified otherwise than "
            f"they are labeled, of which {sure:,} are probably mislabeled; {len(copies):,} exact copies and "
            f"{len(near):,} near copies, {self.count_leaks():,} of them across training and test images and "
            f"{self.count_contradictions():,} with two labels."
        )

    @cached_property
    def images(self) -> np.ndarray:
        """All images, `(n, height, width, channels)`."""
        return np.concatenate([self.dataset.x_train, self.dataset.x_test])

    @cached_property
    def labels(self) -> np.ndarray:
        """The labels of all images, `(n,)`."""
        return np.concatenate([self.dataset.y_train, self.dataset.y_test])

    def locate(self, index: int) -> tuple[str, int]:
        """Return the part of an image, `train` or `test`, and its index in that part."""
        count = len(self.dataset.x_train)
        return ("train", index) if index < count else ("test", index - count)

    def name_file(self, index: int) -> str:
        """Return the file of an image, as a path below the data set's folder; empty for other data."""
        files = self.dataset.files_train + self.dataset.files_test
        return files[index] if files else ""

    def doubtful_in(self, part: str) -> list[DoubtfulLabel]:
        """Return the doubtful labels of one part, the least probable label first."""
        return [one for one in self.doubtful if self.locate(one.index)[0] == part]

    def count_leaks(self) -> int:
        """Return how many copies and near copies have one image in each part."""
        return sum(self.locate(pair.first)[0] != self.locate(pair.second)[0] for pair in self._pairs)

    def count_contradictions(self) -> int:
        """Return how many copies and near copies have two different labels."""
        return sum(self.labels[pair.first] != self.labels[pair.second] for pair in self._pairs)

    @property
    def _pairs(self) -> list[Pair]:
        return [*self.neighbors.copies, *self.neighbors.near_copies]

    def list_rows(self) -> Iterator[dict[str, str | int | float]]:
        """Yield everything that was found, a dictionary for each finding."""
        names = self.dataset.class_names
        for one in self.doubtful:
            yield {
                "finding": "probably mislabeled" if one.is_confident else "doubtful label",
                **self._describe(one.index),
                "suggested": names[one.suggested],
                "label_probability": round(one.label_probability, 6),
                "suggested_probability": round(one.suggested_probability, 6),
            }
        found = {
            "copy": self.neighbors.copies,
            "near copy": self.neighbors.near_copies,
            "unlike all others": self.neighbors.loners,
        }
        for finding, pairs in found.items():
            for pair in pairs:
                other = {f"other_{key}": value for key, value in self._describe(pair.second).items()}
                yield {"finding": finding, **self._describe(pair.first), **other, "distance": round(pair.distance, 3)}

    def _describe(self, index: int) -> dict[str, str | int]:
        part, number = self.locate(index)
        file = self.name_file(index)
        named = {"file": file} if file else {}
        return {"part": part, "index": number, **named, "label": self.dataset.class_names[self.labels[index]]}


def join_parts(dataset: Dataset) -> Dataset:
    """Return a data set whose training images are all images of another one."""
    return replace(
        dataset,
        x_train=np.concatenate([dataset.x_train, dataset.x_test]),
        y_train=np.concatenate([dataset.y_train, dataset.y_test]),
        files_train=dataset.files_train + dataset.files_test,
    )


def audit_images(
    plan: Plan,
    dataset: Dataset,
    *,
    folds: int,
    callback: Callback | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Audit:
    """Audit the images of both parts of a data set.

    Both parts are audited together: a wrong label may be anywhere, and a model that is trained on more images judges
    better. No image is ever classified by a model that was trained on it.

    Args:
        plan: of the models, for the data set that `join_parts` makes.
        dataset: in its two parts.
        folds: number of models.
        callback: receives what the recipe's reader may not expect, as warnings.
        report: receives a line after each step.

    Raises:
        UsageError: the number of folds is out of range.
        TrainingError: the loss is no longer a finite number.
    """
    labels = plan.dataset.y_train
    chosen = choose_folds(labels, folds, seed=plan.seed)
    probabilities = predict_out_of_fold(plan, chosen, callback=callback, report=report)
    report(f"Comparing {len(labels):,} images with each other ...")
    return Audit(
        dataset=dataset,
        recipe=plan.recipe.source.name,
        folds=folds,
        seed=plan.seed,
        agreement=float((probabilities.argmax(axis=1) == labels).mean()),
        doubtful=find_doubtful_labels(probabilities, labels),
        neighbors=find_neighbors(plan.dataset.x_train),
    )
