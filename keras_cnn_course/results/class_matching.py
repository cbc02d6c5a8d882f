"""Matching the classes of a data set with those of a model, by name: a label is the class of that name."""

import unicodedata
from collections.abc import Container, Mapping
from dataclasses import replace

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset, describe_absent
from keras_cnn_course.errors import DatasetError, UsageError
from keras_cnn_course.runs.directory import RunRecord

__all__ = ["map_classes", "match_classes", "parse_classes"]


def match_classes(record: RunRecord, dataset: Dataset, *, classes: str | None = None) -> Dataset:
    """Return a data set whose labels are those of the model, matched by the names of the classes.

    Args:
        classes: which class of the data set is which class of the model; by equal names when None.

    Raises:
        DatasetError: a class of the data set is none of the model's.
    """
    present = set(np.unique(np.concatenate([dataset.y_train, dataset.y_test])).tolist())
    mapping = map_classes(record, name=dataset.name, names=dataset.class_names, classes=classes, present=present)
    if list(mapping) == list(range(len(record.class_names))):
        return replace(dataset, class_names=record.class_names)
    found = mapping[mapping >= 0]
    notes = list(describe_absent(dataset.name, found, record.class_names))
    if list(found) != sorted(found):
        how = "as stated" if classes else "by their names, which are in another order than the model's"
        notes.append(f"The classes of {dataset.name} are matched {how}.")
    return replace(
        dataset,
        y_train=mapping[dataset.y_train],
        y_test=mapping[dataset.y_test],
        class_names=record.class_names,
        notes=(*dataset.notes, *notes),
    )


def parse_classes(text: str, names: tuple[str, ...]) -> Mapping[str, str]:
    """Return the model's class for each class of a data set, from `--classes`.

    Args:
        text: `THEIRS=MODEL,THEIRS=MODEL` for some classes, or the model's names alone, in the data set's order.
        names: the classes of the data set.

    Raises:
        UsageError: it is neither, or has a class twice.

    >>> parse_classes("Katze=cat,Hund=dog", ("Hund", "Katze"))
    {'Katze': 'cat', 'Hund': 'dog'}
    >>> parse_classes("dog,cat", ("Hund", "Katze"))
    {'Hund': 'dog', 'Katze': 'cat'}
    """
    words = [word.strip() for word in text.split(",")]
    if all("=" in word for word in words):
        stated: dict[str, str] = {}
        for theirs, model in ((part.strip() for part in word.split("=", 1)) for word in words):
            if theirs in stated:
                raise UsageError(f"`classes=` has {theirs} twice. Give each class once; got {text!r}.")
            stated[theirs] = model
        return stated
    if any("=" in word for word in words) or len(words) != len(names):
        raise UsageError(
            f"`classes=` must be THEIRS=MODEL,THEIRS=MODEL or one name of the model for each of the "
            f"{len(names)} classes {', '.join(names[:10])}; got {text!r}."
        )
    return dict(zip(names, words, strict=True))


def map_classes(
    record: RunRecord, *, name: str, names: tuple[str, ...], classes: str | None, present: Container[int] | None = None
) -> np.ndarray:
    """Return the model's label for each label of a data set, int32; -1 for a class without images that it lacks.

    Args:
        present: the labels that images have; all of them when None.

    Raises:
        DatasetError: a class is none of the model's.
        UsageError: `classes` names a class that neither side has.
    """
    stated = parse_classes(classes, names) if classes is not None else {}
    known = {unicodedata.normalize("NFC", model): label for label, model in enumerate(record.class_names)}
    for theirs, model in stated.items():
        if theirs not in names or model not in known:
            missing = f"{name} has no class {theirs!r}" if theirs not in names else f"the model has no class {model!r}"
            raise UsageError(
                f"`classes=` says {theirs}={model}, but {missing}. The classes are {', '.join(names[:20])}, "
                f"and the model's are {', '.join(record.class_names[:20])}."
            )
    found = [known.get(unicodedata.normalize("NFC", stated.get(theirs, theirs))) for theirs in names]
    unknown = [
        theirs
        for number, (theirs, label) in enumerate(zip(names, found, strict=True))
        if label is None and (present is None or number in present)
    ]
    if unknown:
        example = ",".join(f"{theirs}={model}" for theirs, model in zip(unknown[:2], record.class_names, strict=False))
        raise DatasetError(
            f"{name} does not fit this run: the model does not know the classes {', '.join(unknown[:10])}. It knows "
            f"{', '.join(record.class_names[:20])}. If they are the same under other names, say which is "
            f"which, such as `classes={example!r}`."
        )
    labels = [-1 if label is None else label for label in found]
    twice = {label for label in labels if label >= 0 and labels.count(label) > 1}
    if twice:
        raise UsageError(f"`classes=` gives several classes of {name} to {record.class_names[twice.pop()]}.")
    return np.array(labels, dtype=np.int32)
