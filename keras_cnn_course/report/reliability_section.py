"""The sections on how far probabilities can be trusted: of one run, and of several on the same test images."""

import itertools
from collections.abc import Sequence

from keras_cnn_course.files.markup import element, join
from keras_cnn_course.plots.reliability import plot_reliability
from keras_cnn_course.report.document import Section, Table, make_figure, make_table
from keras_cnn_course.results.calibration import Calibration, Reliability
from keras_cnn_course.results.interval import format_interval
from keras_cnn_course.results.same_images import RunAnswers, compare_pair

__all__ = ["make_reliability_section", "make_same_images_section"]

_SCORES = ("ECE", "95% interval", "NLL", "Brier score")
_MOST_RUNS = 6
_MEANING = (
    "ECE is the expected calibration error, the mean distance between confidence and accuracy. For the ECE, the "
    "negative log-likelihood (NLL) and the Brier score, smaller is better. The temperature is fitted on the validation "
    "images and changes no answer."
)


def make_reliability_section(reliability: Reliability | None, *, name: str) -> Section | None:
    """Return the section on the probabilities of a run; None if its outputs are not probabilities.

    Args:
        name: of the run and its data set.
    """
    if reliability is None:
        return None
    caption = (
        "Reliability diagram. The test images are in 15 bins by the probability of their likeliest class. Each point "
        "is a bin, and larger points have more images. Below the dashed line the model is too confident, above it too "
        "cautious. The bars count the images of each bin; a bin with few images says little."
    )
    figure = make_figure(plot_reliability(reliability, name=name), caption=caption, numbers=[_list_bins(reliability)])
    measured = [("as trained", reliability.before)]
    if reliability.after is not None:
        measured.append((f"temperature {reliability.temperature:.3f}", reliability.after))
    rows = [(kind, *_list_scores(one)) for kind, one in measured]
    table = make_table(Table("How far the probabilities can be trusted", ("probabilities", *_SCORES), rows))
    source = f"The temperature was fitted on the {reliability.validation_examples:,} validation images."
    notes = [element("p", _MEANING), element("p", reliability.note or source)]
    return Section("reliability", "Reliability", join([figure, table, *notes]))


def make_same_images_section(answers: Sequence[RunAnswers | str], *, comparable: bool) -> Section:
    """Return the section on several runs: how far their probabilities can be trusted, and whether pairs differ.

    Args:
        answers: of each run, or why they are not known.
        comparable: whether all runs have the same test images.
    """
    known = [one for one in answers if isinstance(one, RunAnswers)]
    rows = [_list_run(one) for one in known]
    header = ("run", *_SCORES, "temperature", "ECE with it")
    parts = [make_table(Table("How far the probabilities can be trusted", header, rows))] if rows else []
    if comparable and 2 <= len(known) <= _MOST_RUNS:
        parts.append(make_table(_list_pairs(known)))
    elif comparable and len(known) > _MOST_RUNS:
        parts.append(
            element("p", f"Pairs are listed for at most {_MOST_RUNS} runs. kcnn compare --test tests all pairs.")
        )
    parts += [element("p", one, class_="note") for one in answers if isinstance(one, str)]
    if rows:
        parts.append(element("p", _MEANING))
    return Section("same-images", "On the same test images", join(parts))


def _list_run(answers: RunAnswers) -> tuple[str, ...]:
    reliability = answers.reliability
    if reliability is None:
        return answers.name, "no probabilities", *[""] * (len(_SCORES) + 1)
    scaled = ("–", "–")
    if reliability.after is not None:
        scaled = (f"{reliability.temperature:.3f}", f"{reliability.after.ece:.2%}")
    return answers.name, *_list_scores(reliability.before), *scaled


def _list_scores(one: Calibration) -> tuple[str, str, str, str]:
    return f"{one.ece:.2%}", format_interval(one.ece_interval), f"{one.nll:.4f}", f"{one.brier:.4f}"


def _list_pairs(known: Sequence[RunAnswers]) -> Table:
    rows = []
    for first, second in itertools.combinations(known, 2):
        test = compare_pair(first, second).test
        if test is not None:
            kind = "exact" if test.exact else "chi-squared"
            counts = f"{test.only_first:,}", f"{test.only_second:,}"
            rows.append((f"{first.name} and {second.name}", *counts, f"{test.p_value:.2g} ({kind})"))
    header = ("runs", "only the first is correct", "only the second is correct", "p")
    return Table("Do the runs differ on the same test images? McNemar's test", header, rows)


def _list_bins(reliability: Reliability) -> Table:
    after = reliability.after.bins if reliability.after is not None else None
    rows = []
    for number, one in enumerate(reliability.before.bins):
        cells = [f"{one.low:.3f} to {one.high:.3f}", *_describe_bin(one.count, one.confidence, one.accuracy)]
        if after is not None:
            cells += _describe_bin(after[number].count, after[number].confidence, after[number].accuracy)
        rows.append(tuple(cells))
    columns = ("images", "mean confidence", "accuracy")
    header = ["confidence", *columns]
    if after is not None:
        header += [f"{column}, scaled" for column in columns]
    return Table("Bins of the reliability diagram", header, rows)


def _describe_bin(count: int, confidence: float | None, accuracy: float | None) -> list[str]:
    if confidence is None or accuracy is None:
        return [f"{count:,}", "–", "–"]
    return [f"{count:,}", f"{confidence:.4f}", f"{accuracy:.4f}"]
