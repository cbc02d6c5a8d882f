"""Write the models of one or more runs into the live page, one self-contained HTML file."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.errors import UsageError
from keras_cnn_course.files.markup import Markup, fill_template, hash_source, join, script_json
from keras_cnn_course.page.bundle import bundle_modules, read_source
from keras_cnn_course.page.contents import choose_preparation, collect_contents
from keras_cnn_course.page.lesson import draw_network, list_trials, write_opening
from keras_cnn_course.page.rounding import Rounding, measure_rounding, pack_weights
from keras_cnn_course.page.samples import Sample, choose_samples, count_samples
from keras_cnn_course.page.steps import check_images, read_steps
from keras_cnn_course.runs.directory import RunRecord

__all__ = ["LivePage", "TrainedNetwork", "build_page", "check_alike"]

_MOST_RUNS = 4


@dataclass(frozen=True)
class TrainedNetwork:
    """A network for the page: the run's name, its Keras model and its record."""

    name: str
    model: Any
    record: RunRecord


@dataclass(frozen=True)
class LivePage:
    """A page.

    Args:
        roundings: what rounding the weights cost each network, by name.
        caution: what people who draw on the page should know; often nothing.
    """

    html: str
    roundings: Mapping[str, Rounding]
    caution: str


def check_alike(records: Mapping[str, RunRecord]) -> None:
    """Check that the page can show one image to the networks of all these runs.

    Args:
        records: of the runs, by name.

    Raises:
        UsageError: there are too many runs, or one has other images or classes than the first one.
        ExportError: the images are neither gray nor in color.
    """
    if len(records) > _MOST_RUNS:
        raise UsageError(f"A page shows up to {_MOST_RUNS} runs; got {len(records)}.")
    (first_name, first), *others = records.items()
    check_images(first.input_shape)
    for name, record in others:
        for differ, ours, theirs in (
            ("the images of {} are {}", _times(first.input_shape), _times(record.input_shape)),
            ("the classes of {} are {}", _list_names(first.class_names), _list_names(record.class_names)),
            ("the ground of the images of {} is {}", first.look.ground, record.look.ground),
            ("the drawings of {} are placed {}", first.look.placing, record.look.placing),
        ):
            if ours != theirs:
                raise UsageError(
                    "The networks of one page see the same image, so their runs need the same kind of images and the "
                    f"same classes. But {differ.format(first_name, ours)}, and {differ.format(name, theirs)}. "
                    "Write one page per run."
                )


def build_page(networks: Sequence[TrainedNetwork], data: Dataset, *, presents: bool = False) -> LivePage:
    """Build the live page of one or more runs; the same runs give the same page, byte for byte.

    Args:
        networks: up to four, of the same kind of images and classes; the weights of their models are rounded.
        data: the first run's data set, or another one with the same classes.
        presents: whether the page opens in large type, one panel at a time.

    Raises:
        UsageError: the networks do not have the same kind of images and the same classes.
        ExportError: the page does not know a layer, a weight is too large, or the images are neither gray nor in color.
    """
    check_alike({network.name: network.record for network in networks})
    steps = {network.name: read_steps(network.model) for network in networks}
    weights = b"".join(pack_weights(each) for each in steps.values())
    roundings = {network.name: measure_rounding(network.model, data.x_test, data.y_test) for network in networks}
    first = networks[0].record
    preparation = choose_preparation(first)
    most = count_samples(first.input_shape, drawn=preparation == "digit")
    samples = choose_samples(np.stack([each.probabilities for each in roundings.values()]), data.y_test, most=most)
    cautions = [_describe_caution(network.record) for network in networks] if preparation == "digit" else []
    caution = next(filter(None, cautions), "")
    style, script = read_source("page.css"), bundle_modules("main")
    values = {
        "policy": f"default-src 'none'; script-src {hash_source(script)}; style-src {hash_source(style)}; "
        "worker-src blob:; base-uri 'none'; form-action 'none'",
        "style": Markup(style),
        "script": Markup(script),
        "name": " and ".join(steps),
        "subtitle": _describe_answers(networks, roundings),
        "hint": "Draw a digit here" if all(map(str.isdecimal, first.class_names)) else "Draw here",
        "caution": caution,
        "opening": write_opening(first.class_names, drawn=preparation == "digit", networks=len(networks)),
        "architecture": join([draw_network(each.name, each.model, steps[each.name]) for each in networks]),
        "picture_of": "The network as a picture" if len(networks) == 1 else "The networks as pictures",
        "trials": list_trials(drawn=preparation == "digit"),
        "size": "×".join(map(str, first.input_shape[:2])),
        "samples_note": _describe_samples(samples),
        "facts": " ".join(_describe_run(network, many=len(networks) > 1) for network in networks),
        "rounding": _describe_roundings(roundings),
        "data": script_json(collect_contents(first, data, steps, samples, presents=presents)),
        "worker": Markup(bundle_modules("learner")),
        "weights": Markup(base64.b64encode(weights).decode()),
    }
    return LivePage(fill_template(read_source("page.html"), values), roundings, caution)


def _times(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))


def _list_names(names: Sequence[str], shown: int = 12) -> str:
    return ", ".join([*names[:shown], *(["..."] if len(names) > shown else [])])


def _describe_answers(networks: Sequence[TrainedNetwork], roundings: Mapping[str, Rounding]) -> str:
    shares = {name: f"{rounding.correct_after / rounding.examples:.2%}" for name, rounding in roundings.items()}
    said = [
        f"{network.record.recipe} on {Path(network.record.dataset).name}: {shares[network.name]}"
        for network in networks
    ]
    return f"{', '.join(said)} of {roundings[networks[0].name].examples:,} test images correct"


def _describe_caution(record: RunRecord) -> str:
    """Return a warning if the network learned from so few people that it may not read other people's digits."""
    if record.dataset != "digits":
        return ""
    if record.hyperparameters.get("augment", "none") == "none":
        return (
            "This network learned from digits that only 13 people wrote, and will often misread yours. "
            "It does better when trained with augment=handwriting."
        )
    return "This network learned from digits that only 13 people wrote. It may misread other ways to write a digit."


def _describe_samples(samples: Sequence[Sample]) -> str:
    wrong = sum(not sample.correct for sample in samples)
    return (
        f"dashed border: the {wrong} most confident mistakes"
        if wrong
        else "the network classifies all of them correctly"
    )


def _describe_run(network: TrainedNetwork, *, many: bool) -> str:
    record = network.record
    augment = record.hyperparameters.get("augment", "none")
    changed = "" if augment == "none" else f" with augmentation {augment}"
    named = f"{network.name}: recipe" if many else "Recipe"
    return (
        f"{named} {record.recipe}, {network.model.count_params():,} parameters, trained on "
        f"{record.train_examples:,} images of {Path(record.dataset).name}{changed}, seed {record.seed}."
    )


def _describe_roundings(roundings: Mapping[str, Rounding]) -> str:
    first, *others = roundings.values()
    images = f"{first.examples:,} images"
    if not others:
        before, changed, after = _describe_rounding(first)
        return (
            f"Test accuracy: {before} on {images}. This page stores each weight in two bytes; the rounding changes "
            f"{changed}, and the accuracy is {after}."
        )
    each = []
    for name, rounding in roundings.items():
        before, changed, after = _describe_rounding(rounding)
        each.append(f"{name}: {before}; rounding changes {changed} ({after})")
    return f"This page stores each weight in two bytes. Test accuracy on {images}: {', '.join(each)}."


def _describe_rounding(rounding: Rounding) -> tuple[str, str, str]:
    """Return the accuracy before, the number of changed answers, and the accuracy after rounding, as text."""
    before, after = (correct / rounding.examples for correct in (rounding.correct_before, rounding.correct_after))
    changed = {0: "no answer", 1: "one answer"}.get(rounding.changed, f"{rounding.changed:,} answers")
    return f"{before:.2%}", changed, f"{after:.2%}"
