"""What is wrong with a training, in sentences: what a student should look at first."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.runs.health_file import LayerHealth

__all__ = ["diagnose", "diagnose_run"]

_LEAST_FALL = 0.02  # share of the first epoch's loss
_RISE = 1.5  # times the smallest validation loss, and times the training loss
_LEAST_RISE = 0.02  # and at least so much, because a tiny loss may well double
_ONE_MISTAKE = 2.0  # what a single mistake more may add to the sum of the losses
_GAP = 0.1  # between the accuracies of the training and of the validation images
_MOSTLY_DEAD = 0.5
_FALLEN = 0.65  # share of the epochs after which the rate of one_cycle is below half of its peak


def diagnose(
    history: Mapping[str, Sequence[float]],
    health: Sequence[LayerHealth],
    *,
    classes: int,
    val_examples: int,
    only_class: str = "",
) -> list[str]:
    """Return one sentence or two for each thing that went wrong; an empty list if nothing seems to be.

    Args:
        history: the columns of history.csv.
        health: the rows of health.csv.
        classes: number of classes.
        val_examples: number of validation images.
        only_class: the class that the model gives to every test image; empty if it gives several.
    """
    findings = [*_check_layers(health), *_check_training_loss(history["loss"], classes)]
    if only_class:
        findings.append(
            f"The model answers {only_class!r} for every test image. Is its training loss still falling? Train for "
            "longer, or with another learning rate: kcnn train --find-rate suggests one."
        )
    return findings + _check_generalization(history, val_examples)


def diagnose_run(run: RunDirectory) -> list[str]:
    """Return what went wrong with the training of a run, as `diagnose` says it.

    Raises:
        RunError: the run has no finished epoch, or a file of it is damaged.
    """
    record, history = run.read_record(), run.read_history()
    is_finished = record.status == "finished"
    only = str(run.read_metrics().get("only_class", "")) if is_finished else ""
    findings = diagnose(
        history,
        run.read_health(),
        classes=len(record.class_names),
        val_examples=record.val_examples,
        only_class=only,
    )
    return findings + (_check_early_end(history, record.hyperparameters) if is_finished else [])


def _check_training_loss(losses: Sequence[float], classes: int) -> list[str]:
    """Return a sentence if the training loss does not fall over the epochs, and is not small from the beginning."""
    first, last = losses[0], losses[-1]
    guessing = math.log(classes)
    if len(losses) < 2:
        if first < 0.98 * guessing:
            return []
        return [
            f"After one epoch, the training loss of {first:.4f} is not clearly below that of guessing, {guessing:.4f}. "
            "Train for more epochs, or with another learning rate: kcnn train --find-rate suggests one."
        ]
    if last <= (1 - _LEAST_FALL) * first or last < 0.5 * guessing:
        return []
    return [
        f"The training loss does not fall: it is {first:.4f} in the first epoch and {last:.4f} in the last; guessing "
        f"would give {guessing:.4f}. Try another learning rate (kcnn train --find-rate suggests one), and look at "
        "whether the labels belong to the images."
    ]


def _check_generalization(history: Mapping[str, Sequence[float]], val_examples: int) -> list[str]:
    """Return a sentence if the validation images are recognized much worse than the training images.

    Either the validation loss rises again after its smallest value, far above the training loss, or the accuracies
    are far apart. What a few validation images can do by chance is no finding.
    """
    losses, training_loss = history["val_loss"], history["loss"][-1]
    smallest, last = min(losses), losses[-1]
    epoch = losses.index(smallest) + 1
    rises = last >= _RISE * max(smallest, training_loss) and len(losses) - epoch >= 2
    if rises and last - smallest >= max(_LEAST_RISE, _ONE_MISTAKE / val_examples):
        return [
            f"The validation loss rises from {smallest:.4f} in epoch {epoch} to {last:.4f} in epoch {len(losses)}: the "
            "network learns the training images by heart. More images, augmentation (augment) or a smaller network "
            f"help. keep=best keeps the model of epoch {epoch}; early stopping (patience) also ends the training "
            "sooner."
        ]
    training, validation = history["accuracy"][-1], history["val_accuracy"][-1]
    chance = 2 * math.sqrt(validation * (1 - validation) / val_examples)
    if training - validation < max(_GAP, chance):
        return []
    return [
        f"The network recognizes {training:.1%} of the training images, but only {validation:.1%} of the validation "
        "images: what it has learned does not hold for new images. More images, augmentation (augment) or a smaller "
        "network help."
    ]


def _check_early_end(history: Mapping[str, Sequence[float]], hyperparameters: Mapping[str, Any]) -> list[str]:
    """Return a sentence if patience or a callback ended the training before the learning rate had fallen."""
    done, epochs = len(history["epoch"]), hyperparameters["epochs"]
    if hyperparameters.get("schedule") != "one_cycle" or done >= _FALLEN * epochs:
        return []
    ended, otherwise = (
        ("The training ended", "with a larger patience")
        if hyperparameters.get("patience")
        else ("A callback ended the training", "without this callback")
    )
    return [
        f"{ended} after {done} of {epochs} epochs, at a learning rate of {history['learning_rate'][-1]:g}. With "
        "schedule=one_cycle, a network becomes most accurate in the last epochs, when the rate falls to zero. Train "
        f"for fewer epochs, or {otherwise}."
    ]


def _check_layers(health: Sequence[LayerHealth]) -> list[str]:
    """Return a sentence for each layer whose units are all or mostly dead after the last measured epoch."""
    last = max((row.epoch for row in health), default=0)
    findings = []
    for row in health:
        if row.epoch != last or row.dead_share is None or row.dead_share < _MOSTLY_DEAD:
            continue
        if row.dead_share == 1:
            findings.append(
                f"Layer {row.layer!r} is dead: all of its units are 0 for every image of a sample, so nothing reaches "
                "the layers after it. Use a smaller learning rate."
            )
        else:
            findings.append(
                f"In layer {row.layer!r}, {row.dead_share:.0%} of the units are 0 for every image of a sample and "
                "learn nothing. Try a smaller learning rate or fewer units."
            )
    return findings
