"""The page as a lesson: what it shows, its networks as pictures with the numbers of `kcnn show`, and what to try."""

import math
from collections.abc import Sequence
from typing import Any

from keras_cnn_course.files.markup import Markup, element, join
from keras_cnn_course.models.architecture import Architecture, describe_architecture
from keras_cnn_course.page.steps import Step

__all__ = ["draw_network", "list_trials", "write_opening"]

_NAMES = {
    "convolution": "conv",
    "max_pooling": "max pooling",
    "average_pooling": "average pooling",
    "global_average": "global average",
    "normalization": "batch normalization",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
}
_ACTIVATIONS = ("relu", "leaky_relu", "softmax")
_TALLEST, _MOST_SHEETS, _APART = 44, 5, 4

_DRAWN = (
    "Draw a 4. Then close it at the top until it becomes a 9: which class gains, and which feature maps change?",
    "Draw the same digit smaller, or in a corner. The network's input stays almost the same, because it is centered.",
    "Click a number to pin it, and continue to draw. Which strokes make it larger?",
)
_CHOSEN = ("Click a number to pin it, and choose other images. For which of them is it large?",)
_ALWAYS = (
    "Choose a test image with a dashed border. Which class did the network take it for, and how sure was it?",
    "Follow one number back: from a probability to its largest product, and from there to the pixels of the image.",
)


def write_opening(class_names: Sequence[str], *, drawn: bool, networks: int = 1) -> str:
    """Return three sentences: what the page holds, what happens in it, and what the reader can do.

    Args:
        class_names: what the network distinguishes.
        drawn: whether the reader draws the images.
        networks: how many the page holds.
    """
    digits = all(map(str.isdecimal, class_names))
    what = "digits" if digits else f"{len(class_names)} classes"
    one, many = ("reads", "read") if digits else ("distinguishes", "distinguish")
    held = f"{networks} trained networks that {many}" if networks > 1 else f"a trained network that {one}"
    begin = "Draw" if drawn else "Choose an image"
    return (
        f"This page holds {held} {what}. {begin}, and every layer turns the numbers before it into new "
        "ones, until one probability per class is left. Point at any number to see which numbers it was computed from."
    )


def list_trials(*, drawn: bool) -> Markup:
    """Return what to try with the network, as a list."""
    trials = (*(_DRAWN if drawn else _CHOSEN), *_ALWAYS)
    return element("ul", join([element("li", trial) for trial in trials]))


def draw_network(name: str, model: Any, steps: Sequence[Step]) -> Markup:
    """Return a network as a row of boxes and arrows: each box has a layer's output shape, each arrow its arithmetic.

    Args:
        name: of the network.
        model: its Keras model.
        steps: of the model; a layer and its activation are one box.
    """
    architecture = describe_architecture(model)
    boxes = [_draw_box("image", "", architecture.input_shape, "", tallest=architecture.input_shape[0])]
    for step, activations in _group(steps):
        label = " ".join([_name_step(step), *(_NAMES.get(each.kind, each.kind) for each in activations)])
        names = ", ".join(dict.fromkeys(each.name.split()[0] for each in (step, *activations)))
        arithmetic = _find_arithmetic(architecture, step.name)
        boxes.append(_draw_box(label, names, step.shape, arithmetic, tallest=architecture.input_shape[0]))
    title = f"{name}: {architecture.parameters:,} parameters"
    return join(
        [element("h3", title), element("ol", join(boxes), class_="architecture", aria_label=f"Layers of {name}")]
    )


def _group(steps: Sequence[Step]) -> list[tuple[Step, list[Step]]]:
    """Return each step that is no activation with the activations that follow it."""
    groups: list[tuple[Step, list[Step]]] = []
    for step in steps:
        if step.kind in _ACTIVATIONS and groups:
            groups[-1][1].append(step)
        else:
            groups.append((step, []))
    return groups


def _name_step(step: Step) -> str:
    name = _NAMES.get(step.kind, step.kind)
    if "kernelSize" in step.settings:
        return f"{name} {_times(step.settings['kernelSize'])}"
    return f"{name} {step.shape[0]}" if step.kind == "dense" else name


def _find_arithmetic(architecture: Architecture, name: str) -> str:
    """Return how the layer's parameters are counted, or else how its output size follows from its input size."""
    found = next((layer for layer in architecture.layers if layer.name == name), None)
    if found is None:
        return ""
    return found.parameter_arithmetic if found.parameters else found.shape_arithmetic


def _draw_box(label: str, names: str, shape: Sequence[int], arithmetic: str, *, tallest: int) -> Markup:
    """Return one layer: the arrow to it, its output as sheets, and its names and shape."""
    arrow = element("span", element("span", arithmetic), class_="arrow") if names else Markup("")
    words = [element("strong", label), element("span", _times(shape)), *([element("code", names)] if names else [])]
    box = element("span", _draw_sheets(shape, tallest=tallest), *words, class_="box")
    return element("li", arrow, box)


def _draw_sheets(shape: Sequence[int], *, tallest: int) -> Markup:
    """Return feature maps as sheets one behind the other, as tall as they are, or units as a thin column."""
    if len(shape) == 3:
        side = max(8, round(_TALLEST * min(shape[0] / tallest, 1)))
        sheets, width = min(shape[2], _MOST_SHEETS), side
    else:
        side, sheets, width = min(_TALLEST, 6 + round(5 * math.log2(1 + shape[0]))), 1, 8
    room = _APART * (sheets - 1)
    drawn = [
        element("rect", x=room - _APART * at, y=_APART * at, width=width, height=side) for at in reversed(range(sheets))
    ]
    size = {"width": width + room + 2, "height": side + room + 2}
    return element("svg", *drawn, **size, viewBox=f"-1 -1 {size['width']} {size['height']}", aria_hidden="true")


def _times(sizes: Sequence[int]) -> str:
    return "×".join(f"{size:,}" for size in sizes)
