"""Slide 'Loss/"error"': log(1/p) for a sure, an unsure and a wrong network, and the average."""

import numpy as np

from keras_cnn_course.lecture.loss import cross_entropy, cross_entropy_from_logits, mean_cross_entropy
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import stack

__all__ = ["EXAMPLE_PROBABILITIES", "work_out_loss"]

EXAMPLE_PROBABILITIES = (0.98, 0.9, 0.7, 0.5, 0.25, 0.1, 0.02)
"""The probabilities that a network might give to the correct label of seven images, from sure to wrong."""


def work_out_loss(_: Material) -> list[str]:
    """Return the loss of seven examples and their average."""
    probabilities = np.array([[p, 1 - p] for p in EXAMPLE_PROBABILITIES])
    labels = np.zeros(len(probabilities), dtype=int)
    losses = cross_entropy(probabilities, labels)
    rows = [f"{p:>17.2f}   {loss:>11.4f}" for p, loss in zip(EXAMPLE_PROBABILITIES, losses, strict=True)]
    sums = " + ".join(f"{loss:.4f}" for loss in losses)
    uniform = cross_entropy(np.full((1, 10), 0.1), np.array([6]))[0]
    extreme = cross_entropy_from_logits(np.array([[1000.0, -1000.0]]), np.array([1]))[0]
    return [
        stack(
            "Pr(correct label)   log(1 / Pr)",
            rows,
            "",
            f"average: ({sums}) / {len(losses)} = {mean_cross_entropy(probabilities, labels):.4f}",
            f"A network that knows nothing gives each of the 10 digits 1/10: log 10 = {uniform:.4f}",
            "Logits are the numbers before the softmax. For the logits (1000, -1000), the Pr of the second class "
            f"rounds to 0, and log(1 / 0) is infinite. Computed from the logits, the loss is {extreme:g}.",
        )
    ]
