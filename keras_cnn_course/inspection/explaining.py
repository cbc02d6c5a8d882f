"""Explain an answer: the maps of the trained network beside those of networks that do not know it, on one sheet."""

from typing import Any

import numpy as np

from keras_cnn_course.errors import UsageError, did_you_mean
from keras_cnn_course.files.values import SEED, check_value
from keras_cnn_course.models.class_score import compute_in_float32
from keras_cnn_course.models.evidence import Evidence, find_evidence, rank_correlation, shuffle_weights
from keras_cnn_course.plots.evidence import EvidenceRow, plot_evidence
from keras_cnn_course.plots.saving import Pictures
from keras_cnn_course.runs.shuffled_weights import ShuffledWeights

__all__ = ["draw_explanation", "find_label"]


def draw_explanation(
    model: Any,
    pixels: np.ndarray,
    class_names: tuple[str, ...],
    *,
    name: str,
    target: str | int | None = None,
    layer: str | None = None,
    seed: int = 0,
    shuffled: ShuffledWeights | None = None,
    notes: tuple[str, ...] = (),
) -> Pictures:
    """Draw where the evidence for a class is, and the same for random weights.

    Args:
        pixels: `(height, width, channels)`, from 0 to 255.
        name: of the run and the image, for the title.
        target: the class, by name or label; the likeliest one when None.
        layer: the convolution for Grad-CAM; the last one when None.
        seed: of SmoothGrad's noise and of the random weights.
        shuffled: weights that have learned shuffled labels, for a third row.
        notes: about the image, to which those about the maps are added.

    Raises:
        UsageError: there is no such class or convolution.
        RunError: a score is not finite.
    """
    seed = check_value("seed", seed, SEED, kind=UsageError)
    model = compute_in_float32(model)
    label = None if target is None else find_label(target, class_names)
    trained = find_evidence(model, pixels, label=label, layer=layer, seed=seed)
    controls = {"random": ("random weights", shuffle_weights(model, seed))}
    if shuffled is not None:
        controls["shuffled"] = ("shuffled labels", shuffled.weights)
    rows, arrays = [EvidenceRow("trained network", trained.maps)], {"image": pixels, **trained.maps}
    weights = model.get_weights()
    try:
        for key, (title, others) in controls.items():
            model.set_weights(others)
            control = find_evidence(model, pixels, label=trained.label, layer=layer, seed=seed)
            rows.append(EvidenceRow(title, control.maps, _compare(trained, control)))
            arrays |= {f"{key}_{name}": values for name, values in control.maps.items()}
    finally:
        model.set_weights(weights)
    class_name = class_names[trained.label]
    probability = trained.probabilities[trained.label]
    picture = plot_evidence(
        pixels,
        rows,
        title=f"{name}: where {trained.score_name} {trained.score:.2f} of class {class_name} comes from "
        f"(probability {probability:.2%})",
        completeness_error=trained.steps.error,
        layer=trained.layer,
    )
    steps = trained.steps
    added = [
        f"Integrated gradients add up to {steps.total:.3f}; the score rises by {steps.difference:.3f} from the "
        f"plain background to the image. Completeness error {steps.error:.2%} with {steps.count} steps."
    ]
    if shuffled is not None:
        added.append(f"The network of the third row gives {shuffled.accuracy:.1%} of its shuffled labels.")
        arrays["shuffled_accuracy"] = np.array(shuffled.accuracy)
    likeliest = int(trained.probabilities.argmax())
    if likeliest != trained.label:
        added.append(
            f"The model's own answer is {class_names[likeliest]}, with {trained.probabilities[likeliest]:.2%}."
        )
    if trained.layer is None:
        added.append("Grad-CAM is left out: the model has no Conv2D layer of its own.")
    arrays |= {"probabilities": trained.probabilities, "label": np.array(trained.label)}
    arrays["completeness_error"] = np.array(steps.error)
    return Pictures({"evidence": picture}, arrays=arrays, notes=(*notes, *added))


def _compare(trained: Evidence, control: Evidence) -> dict[str, float]:
    return {key: rank_correlation(values, control.maps[key]) for key, values in trained.maps.items()}


def find_label(target: str | int, class_names: tuple[str, ...]) -> int:
    """Return the label of a class that is given by its name, or by its label where no class has that name."""
    if str(target) in class_names:
        return class_names.index(str(target))
    if str(target).isdecimal() and int(target) < len(class_names):
        return int(target)
    meant = did_you_mean(str(target), class_names)
    shown = ", ".join(class_names[:20]) + (", ..." if len(class_names) > 20 else "")
    raise UsageError(f"No class named {str(target)!r}.{meant} Available: {shown}.")
