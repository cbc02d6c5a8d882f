"""A run in words, and as a notebook shows it."""

import html
from collections.abc import Mapping
from typing import Any

from keras_cnn_course.errors import RunError
from keras_cnn_course.runs.directory import RunDirectory

__all__ = ["describe_results", "show_run"]

_NEXT = (
    ("run.plot_filters()", "draw the learned filters"),
    ("run.features(0)", "draw every layer's output for a test image"),
    ("run.evaluate().plot_mistakes()", "draw the most confident mistakes"),
    ("run.page()", "write the live page: the network at work, layer by layer"),
)


def describe_results(metrics: Mapping[str, Any]) -> str:
    """Return the results of a finished run in sentences."""
    correct = round(metrics["test_accuracy"] * metrics["test_examples"])
    epoch = f"epoch {metrics['best_epoch']} of {metrics['epochs']}"
    smallest = f"with the model of {epoch}, which has the smallest validation loss"
    return (
        f"test accuracy {metrics['test_accuracy']:.2%} ({correct:,} of {metrics['test_examples']:,} images), "
        f"loss {metrics['test_loss']:.4f}, {f'after {epoch}' if metrics.get('keep') == 'last' else smallest}\n"
        f"{_describe_classes(metrics)}"
        f"trained in {metrics['fit_seconds']:.1f} s, {metrics['images_per_second']:,.0f} images/s"
    )


def _describe_classes(metrics: Mapping[str, Any]) -> str:
    """Return a line about the worst class, if the run has rare classes."""
    if "worst_class" not in metrics:
        return ""
    return (
        f"balanced accuracy {metrics['balanced_accuracy']:.2%} (mean over the classes, whose sizes differ); worst "
        f"class {metrics['worst_class']}: {metrics['worst_class_accuracy']:.2%} "
        f"of {metrics['worst_class_examples']:,} images\n"
    )


def show_run(run: RunDirectory) -> str:
    """Return HTML with the results of a run, its curves and the next steps."""
    record = run.read_record()
    parts = [f"<strong>{html.escape(run.name)}</strong>: {html.escape(record.recipe)} on {html.escape(record.dataset)}"]
    if record.status == "finished":
        parts += [html.escape(line) for line in describe_results(run.read_metrics()).splitlines()]
        parts.append(f"on {html.escape(record.machine)}")
    else:
        parts.append(f"{record.status}; continue it with <code>kcnn.resume({html.escape(repr(str(run.path)))})</code>")
    steps = "".join(f"<li><code>{call}</code> {what}</li>" for call, what in _NEXT)
    return (
        f"<p>{'<br>'.join(parts)}</p>{_show_curves(run)}<p>Next, if it is called <code>run</code>:</p><ul>{steps}</ul>"
    )


def _show_curves(run: RunDirectory) -> str:
    """Return the curves as an element; nothing for a run without a finished epoch."""
    from keras_cnn_course.plots.curves import plot_curves
    from keras_cnn_course.plots.saving import make_image_element, render_png
    from keras_cnn_course.results.history import read_curves

    try:
        picture = plot_curves([read_curves(run.path)])
    except RunError:
        return ""
    return make_image_element(render_png(picture), picture.alt)
