"""The worked numbers of the slides on whole networks and their loss, as text."""

import numpy as np

from keras_cnn_course.lecture.loss import cross_entropy, cross_entropy_from_logits, mean_cross_entropy
from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import stack
from keras_cnn_course.lecture.network import NETWORKS, SizedLayer, size_layers

__all__ = [
    "EXAMPLE_PROBABILITIES",
    "work_out_demo",
    "work_out_dense",
    "work_out_loss",
    "work_out_one_block",
    "work_out_two_blocks",
]

EXAMPLE_PROBABILITIES = (0.98, 0.9, 0.7, 0.5, 0.25, 0.1, 0.02)
"""What a network might give to the right label of seven images, from sure to wrong."""

_IMAGE_PIXELS = 28


def work_out_dense(_: Material) -> list[str]:
    """Return slide "Handwritten Digit Recognition" with dense layers alone, counted."""
    return [
        stack(
            _network_table("mlp"),
            "The image is one long vector: a pixel's place in the picture means nothing to a dense layer.",
        )
    ]


def work_out_one_block(_: Material) -> list[str]:
    """Return slide "Handwritten Digit Recognition" with one block, counted."""
    sized = size_layers(NETWORKS["cnn"])
    total = sum(layer.parameters for layer in sized)
    return [
        stack(
            _network_table("cnn"),
            f"The convolution learns {sized[0].parameters:,} of the {total:,} parameters; "
            f"the first dense layer {sized[3].parameters / total:.1%}.",
        )
    ]


def work_out_two_blocks(_: Material) -> list[str]:
    """Return slide "Handwritten Digit Recognition" with two blocks, counted."""
    one, two = (sum(layer.parameters for layer in size_layers(NETWORKS[name])) for name in ("cnn", "deep_cnn"))
    seen = size_layers(NETWORKS["deep_cnn"])[-1].receptive_field
    return [
        stack(
            _network_table("deep_cnn"),
            f"A second block makes the network smaller: {two:,} instead of {one:,} parameters, as less is flattened.",
            f"All of it together sees {seen}x{seen} of the {_IMAGE_PIXELS}x{_IMAGE_PIXELS} pixels: "
            "pooling 11x11 to 5x5 drops a row and a column.",
        )
    ]


def work_out_loss(_: Material) -> list[str]:
    """Return slide "Loss/error": log(1/p) for a sure, an unsure and a wrong network, and the average."""
    probabilities = np.array([[p, 1 - p] for p in EXAMPLE_PROBABILITIES])
    labels = np.zeros(len(probabilities), dtype=int)
    losses = cross_entropy(probabilities, labels)
    rows = [f"{p:>13.2f}   {loss:>10.4f}" for p, loss in zip(EXAMPLE_PROBABILITIES, losses, strict=True)]
    sums = " + ".join(f"{loss:.4f}" for loss in losses)
    uniform = cross_entropy(np.full((1, 10), 0.1), np.array([6]))[0]
    extreme = cross_entropy_from_logits(np.array([[1000.0, -1000.0]]), np.array([1]))[0]
    return [
        stack(
            "Pr(right label)   log(1 / Pr)",
            rows,
            "",
            f"averaged: ({sums}) / {len(losses)} = {mean_cross_entropy(probabilities, labels):.4f}",
            f"A network that knows nothing gives each of 10 digits 1/10: log 10 = {uniform:.4f}",
            f"From logits, without computing Pr: logits (1000, -1000), label 1: {extreme:g} (Pr itself rounds to 0)",
        )
    ]


def work_out_demo(_: Material) -> list[str]:
    """Return slide "CNN Demo": the networks side by side, and the commands that train and compare them."""
    rows = []
    for name, layers in NETWORKS.items():
        sized = size_layers(layers)
        parameters, multiply_adds = (sum(getattr(layer, what) for layer in sized) for what in _COUNTS)
        rows.append(f"{name:<10}{parameters:>12,}{multiply_adds:>15,}   kcnn train --recipe {name}")
    return [
        stack(
            f"{'recipe':<10}{'parameters':>12}{'multiply-adds':>15}   train it with",
            rows,
            "",
            "Then: kcnn compare runs/*    kcnn plot runs/*    kcnn filters runs/cnn-001",
        )
    ]


_COUNTS = ("parameters", "multiply_adds")


def _network_table(name: str) -> list[str]:
    """Return a row a layer: output shape, what is counted, multiply-adds, receptive field; and the totals."""
    sized = size_layers(NETWORKS[name])
    lines = [f"{'layer':<18}{'output':<11}{'arithmetic':<25}{'multiply-adds':>13}{'sees':>8}"]
    lines += [_row("image", (_IMAGE_PIXELS, _IMAGE_PIXELS, 1), "", 0, 1)]
    lines += [_layer_row(layer) for layer in sized]
    parameters, multiply_adds = (sum(getattr(layer, what) for layer in sized) for what in _COUNTS)
    lines.append(f"{'total':<29}{f'{parameters:,} parameters':<25}{multiply_adds:>13,}")
    return lines


def _layer_row(layer: SizedLayer) -> str:
    return _row(layer.label, layer.shape, layer.arithmetic, layer.multiply_adds, layer.receptive_field)


def _row(label: str, shape: tuple[int, ...], arithmetic: str, multiply_adds: int, field: int) -> str:
    size = "x".join(str(length) for length in shape)
    count = f"{multiply_adds:,}" if multiply_adds else "-"
    return f"{label:<18}{size:<11}{arithmetic:<25}{count:>13}{f'{field}x{field}':>8}"
