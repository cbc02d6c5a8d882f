"""Write a run's model into the live page, one self-contained HTML file."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.files.markup import Markup, fill_template, hash_source, script_json
from keras_cnn_course.page.bundle import bundle_modules, read_source
from keras_cnn_course.page.contents import collect_contents
from keras_cnn_course.page.rounding import Rounding, measure_rounding, pack_weights
from keras_cnn_course.page.samples import Sample, choose_samples
from keras_cnn_course.page.steps import check_drawable, read_steps
from keras_cnn_course.runs.directory import RunRecord

__all__ = ["LivePage", "build_page"]


@dataclass(frozen=True)
class LivePage:
    """A page, what rounding its weights cost, and what people who draw on it should know; often nothing."""

    html: str
    rounding: Rounding
    caution: str


def build_page(model: Any, record: RunRecord, data: Dataset, *, name: str) -> LivePage:
    """Build the live page of a run; the same run gives the same page, byte for byte.

    Args:
        model: the run's Keras model; its weights are rounded.
        data: the run's data set, or another one with the same classes.
        name: the run's name.

    Raises:
        ExportError: the page does not know a layer, a weight is too large, or the images are not gray.
    """
    check_drawable(record.input_shape)
    steps = read_steps(model)
    weights = pack_weights(steps)
    rounding = measure_rounding(model, data.x_test, data.y_test)
    samples = choose_samples(rounding.probabilities, data.y_test)
    caution = _describe_caution(record)
    style, script = read_source("page.css"), bundle_modules("main")
    values = {
        "policy": f"default-src 'none'; script-src {hash_source(script)}; style-src {hash_source(style)}; "
        "worker-src blob:; base-uri 'none'; form-action 'none'",
        "style": Markup(style),
        "script": Markup(script),
        "name": name,
        "subtitle": _describe_answers(record, rounding),
        "hint": "Draw a digit here" if all(map(str.isdecimal, record.class_names)) else "Draw here",
        "caution": caution,
        "size": "×".join(map(str, record.input_shape[:2])),
        "samples_note": _describe_samples(samples),
        "facts": _describe_run(record, model.count_params()),
        "rounding": _describe_rounding(rounding),
        "data": script_json(collect_contents(record, data, steps, samples)),
        "worker": Markup(bundle_modules("learner")),
        "weights": Markup(base64.b64encode(weights).decode()),
    }
    return LivePage(fill_template(read_source("page.html"), values), rounding, caution)


def _describe_answers(record: RunRecord, rounding: Rounding) -> str:
    share = rounding.correct_after / rounding.examples
    return f"{record.recipe} on {Path(record.dataset).name}: {share:.2%} of {rounding.examples:,} test images correct"


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


def _describe_run(record: RunRecord, parameters: int) -> str:
    augment = record.hyperparameters.get("augment", "none")
    changed = "" if augment == "none" else f" with augmentation {augment}"
    return (
        f"Recipe {record.recipe}, {parameters:,} parameters, trained on {record.train_examples:,} images of "
        f"{Path(record.dataset).name}{changed}, seed {record.seed}."
    )


def _describe_rounding(rounding: Rounding) -> str:
    before, after = (correct / rounding.examples for correct in (rounding.correct_before, rounding.correct_after))
    changed = {0: "no answer", 1: "one answer"}.get(rounding.changed, f"{rounding.changed:,} answers")
    return (
        f"Test accuracy: {before:.2%} on {rounding.examples:,} images. This page stores each weight in two bytes; the "
        f"rounding changes {changed}, and the accuracy is {after:.2%}."
    )
