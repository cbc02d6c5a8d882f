"""The section on the health of a training: what is wrong, and the layers over the epochs."""

from collections.abc import Sequence

from keras_cnn_course.files.markup import element, join
from keras_cnn_course.plots.health import plot_health
from keras_cnn_course.report.document import Section, Table, make_figure
from keras_cnn_course.runs.directory import RunDirectory
from keras_cnn_course.runs.health_file import LayerHealth
from keras_cnn_course.training.diagnosis import diagnose_run

__all__ = ["make_health_section"]

_HEADER = ("layer", "weights, first", "weights, last", "gradients, first", "gradients, last", "dead units, last")


def make_health_section(run: RunDirectory) -> Section | None:
    """Return the section on the health of a run's training; None if it was not measured, as in version 0.1.

    Raises:
        RunError: a file of the run is damaged.
    """
    rows = run.read_health()
    if not rows:
        return None
    findings = diagnose_run(run) or ["Nothing seems to be wrong with this training."]
    caption = (
        "Euclidean norms of each layer's weights and of the loss's gradient with respect to them, and the share of a "
        "ReLU's units that are 0 for every image, all measured on at most 128 training images."
    )
    figure = make_figure(plot_health(rows, name=run.name), caption=caption, numbers=[_list_layers(rows)])
    return Section("health", "Health", join([*(element("p", finding) for finding in findings), figure]))


def _list_layers(rows: Sequence[LayerHealth]) -> Table:
    epochs = sorted({row.epoch for row in rows})
    first, last = ({row.layer: row for row in rows if row.epoch == epoch} for epoch in (epochs[0], epochs[-1]))
    listed = [
        (
            layer,
            _format(first[layer].weight_norm),
            _format(row.weight_norm),
            _format(first[layer].gradient_norm),
            _format(row.gradient_norm),
            "" if row.dead_share is None else f"{row.dead_share:.0%}",
        )
        for layer, row in last.items()
        if layer in first
    ]
    return Table(f"Layers after epochs {epochs[0]} and {epochs[-1]}", _HEADER, listed)


def _format(norm: float | None) -> str:
    return "" if norm is None else f"{norm:.4g}"
