"""Slides "Handwritten Digit Recognition" (dense layers, one block, two blocks) and "CNN Demo": networks, counted."""

from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.matrix_text import stack
from keras_cnn_course.lecture.network import NETWORKS, SizedLayer, size_layers

__all__ = ["IMAGE", "work_out_demo", "work_out_dense", "work_out_one_block", "work_out_two_blocks"]

IMAGE = SizedLayer("image", (28, 28, 1), 0, "", 0, 1)
"""The input of the networks, in the form of a layer."""


def work_out_dense(_: Material) -> list[str]:
    """Return the layers of the network with dense layers only."""
    return [
        stack(
            _network_table("mlp"),
            "The image is one long vector: to a dense layer it makes no difference which pixels are neighbors.",
        )
    ]


def work_out_one_block(_: Material) -> list[str]:
    """Return the layers of the network with one block."""
    sized = size_layers(NETWORKS["cnn"])
    total = sum(layer.parameters for layer in sized)
    return [
        stack(
            _network_table("cnn"),
            f"The convolution has {sized[0].parameters:,} of the {total:,} parameters, "
            f"the first dense layer has {sized[3].parameters / total:.1%} of them.",
        )
    ]


def work_out_two_blocks(_: Material) -> list[str]:
    """Return the layers of the network with two blocks."""
    one, two = (sum(layer.parameters for layer in size_layers(NETWORKS[name])) for name in ("cnn", "deep_cnn"))
    seen = size_layers(NETWORKS["deep_cnn"])[-1].receptive_field
    return [
        stack(
            _network_table("deep_cnn"),
            f"The second block makes the network smaller, because less is flattened: {two:,} parameters instead of "
            f"{one:,}.",
            f"The network as a whole sees {seen}x{seen} of the {IMAGE.shape[0]}x{IMAGE.shape[1]} pixels, because "
            "pooling 11x11 to 5x5 drops a row and a column.",
        )
    ]


def work_out_demo(_: Material) -> list[str]:
    """Return the networks side by side, and the commands that train and compare them."""
    rows = []
    for name, layers in NETWORKS.items():
        parameters, multiply_adds = _count(size_layers(layers))
        rows.append(f"{name:<10}{parameters:>12,}{multiply_adds:>15,}   kcnn train --recipe {name}")
    return [
        stack(
            f"{'recipe':<10}{'parameters':>12}{'multiply-adds':>15}   train it with",
            rows,
            "",
            "Then: kcnn compare runs/*    kcnn plot runs/*    kcnn filters runs/cnn-001",
        )
    ]


def _count(layers: list[SizedLayer]) -> tuple[int, int]:
    """Return the parameters and the multiply-adds of a network."""
    return sum(layer.parameters for layer in layers), sum(layer.multiply_adds for layer in layers)


def _network_table(name: str) -> list[str]:
    """Return one row per layer: output shape, size or parameters, multiply-adds, receptive field; then the totals."""
    sized = size_layers(NETWORKS[name])
    lines = [f"{'layer':<18}{'output':<11}{'size or parameters':<27}{'multiply-adds':>13}{'sees':>8}"]
    for layer in (IMAGE, *sized):
        size = "x".join(str(length) for length in layer.shape)
        count = f"{layer.multiply_adds:,}" if layer.multiply_adds else "-"
        field = f"{layer.receptive_field}x{layer.receptive_field}"
        lines.append(f"{layer.label:<18}{size:<11}{layer.arithmetic:<27}{count:>13}{field:>8}")
    parameters, multiply_adds = _count(sized)
    lines.append(f"{'total':<29}{f'{parameters:,} parameters':<27}{multiply_adds:>13,}")
    return [*lines, "sees: the pixels of the image on which one number of the layer depends"]
