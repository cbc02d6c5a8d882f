"""What is written from a run: its live page, its report, an export; and the second training that verifies it."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.files.markup import check_html_path, write_html
from keras_cnn_course.files.values import check_path
from keras_cnn_course.results.history import label_runs
from keras_cnn_course.runs.directory import RunDirectory

if TYPE_CHECKING:
    from keras_cnn_course.export.verified import Export
    from keras_cnn_course.inspection.opened_run import Data, OpenedRun
    from keras_cnn_course.page.writing import LivePage
    from keras_cnn_course.training.verify import Verification

__all__ = [
    "check_exportable",
    "check_page_runs",
    "export_run",
    "verify_run",
    "write_comparison",
    "write_page",
    "write_report",
]

Target = str | PathLike[str] | None


def write_page(
    runs: Sequence[RunDirectory],
    models: Sequence[Any],
    data: Dataset,
    *,
    out: Target = None,
    present: bool = False,
) -> tuple[Path, "LivePage"]:
    """Write the live page of one or more runs, and return its path and what is on it.

    Args:
        models: the Keras model of each run; their weights are rounded.
        out: HTML file to write; page.html in the run folder when None, or page-compared.html in the first one.
        present: whether the page opens in large type, one panel at a time.
    """
    from keras_cnn_course.page.writing import TrainedNetwork, build_page

    path = _html_path(out, runs[0].html_file("page" if len(runs) == 1 else "page-compared"))
    names = label_runs([run.path for run in runs])
    networks = [
        TrainedNetwork(name, model, run.read_record()) for name, model, run in zip(names, models, runs, strict=True)
    ]
    page = build_page(networks, data, presents=present)
    write_html(page.html, path)
    return path, page


def check_page_runs(runs: Sequence[RunDirectory]) -> None:
    """Check, before any model is loaded, that one page can show these runs.

    Raises:
        UsageError: one is given twice, there are too many, or their images or classes differ.
        ExportError: the images are neither gray nor in color.
    """
    from keras_cnn_course.page.writing import check_alike

    names = label_runs([run.path for run in runs])
    check_alike({name: run.read_record() for name, run in zip(names, runs, strict=True)})


def write_report(run: RunDirectory, model: Any, data: Dataset, *, out: Target = None) -> Path:
    """Write the report on a run, and return its path."""
    from keras_cnn_course.report.run_report import build_run_report

    path = _html_path(out, run.html_file("report"))
    write_html(build_run_report(run, model, data), path)
    return path


def write_comparison(runs: "Sequence[OpenedRun]", *, out: Target = None, which: str = "best") -> Path:
    """Write the report that compares several runs, after classifying their test images again, and return its path."""
    from keras_cnn_course.inspection.same_images import answer_all
    from keras_cnn_course.report.comparison_report import build_comparison

    path, folders = _html_path(out, runs[0].directory.html_file("report-compared")), [run.path for run in runs]
    answers = answer_all(runs, names=label_runs(folders), which=which)
    write_html(build_comparison(folders, answers=answers), path)
    return path


def check_exportable(run: RunDirectory, format_name: str, *, out: Target = None, quantize: str | None = None) -> None:
    """Check what can be checked before the model is loaded.

    Raises:
        UsageError: there is no such format, it cannot be quantized, or `out` does not fit it.
        ExportError: the run has not ended.
    """
    from keras_cnn_course.export.formats import check_quantizable, choose_target, find_format
    from keras_cnn_course.export.verified import check_ended

    chosen = find_format(format_name)
    check_quantizable(chosen, quantize)
    choose_target(chosen, run=run.path, out=_target(out), quantize=quantize)
    check_ended(run)


def export_run(
    run: RunDirectory,
    model: Any,
    format_name: str,
    *,
    out: Target = None,
    quantize: str | None = None,
    data: Dataset | None = None,
) -> "Export":
    """Export a run's model with a card next to it, after checking that it computes the same.

    Args:
        quantize: `int8`, or None for float32.
        data: the run's data set; searched for when None.

    Raises:
        UsageError: there is no such format.
        DatasetError: an export in int8 needs the data set, and it is missing.
        ExportError: the export cannot be written, or does not agree with the model.
    """
    from keras_cnn_course.export.card import describe_metadata, write_card
    from keras_cnn_course.export.formats import choose_target, find_format
    from keras_cnn_course.export.quantization import choose_quantization_images
    from keras_cnn_course.export.verified import export_int8, export_model, load_verification_images
    from keras_cnn_course.results.run_data import load_run_data

    chosen, record = find_format(format_name), run.read_record()
    target = choose_target(chosen, run=run.path, out=_target(out), quantize=quantize)
    metadata = describe_metadata(record)
    if quantize:
        images = choose_quantization_images(data or load_run_data(record, run=run.path), seed=record.seed)
        exported = export_int8(model, chosen=chosen, path=target, images=images, metadata=metadata)
    else:
        pictures = load_verification_images(run, data=data)
        exported = export_model(model, chosen=chosen, path=target, images=pictures.pixels, metadata=metadata)
        exported = replace(exported, verified_on=pictures.source)
    return replace(exported, beside=tuple(write_card(record, exported)))


def verify_run(run: RunDirectory, data: "Data | None", *, device: str = "auto", quiet: bool = False) -> "Verification":
    """Train a finished run again in a temporary folder, and compare."""
    from keras_cnn_course.datasets.given import read_dataset
    from keras_cnn_course.devices import backend
    from keras_cnn_course.results.run_data import load_own_data

    record = run.read_record()
    if data is None or isinstance(data, str | PathLike):
        dataset = load_own_data(record, run=run.path, spec=None if data is None else fspath(data))
    else:
        dataset = read_dataset(data)
    started = backend.start(device=record.device if device == "auto" else device, threads=record.threads)

    from keras_cnn_course.training.progress import showing_progress
    from keras_cnn_course.training.verify import verify

    with tempfile.TemporaryDirectory(prefix="kcnn-verify-") as folder, showing_progress(quiet=quiet) as callback:
        return verify(run, dataset, folder=Path(folder), backend=started, callback=callback)


def _target(out: Target) -> Path | None:
    return None if out is None else check_path("`out=`", out)


def _html_path(out: Target, default: Path) -> Path:
    path = _target(out)
    if path is None:
        return default
    check_html_path(path)
    return path
