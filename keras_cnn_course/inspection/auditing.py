"""Auditing a data set, and writing what was found as a page with a table next to it."""

import csv
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.devices.backend import Backend
    from keras_cnn_course.results.audit import Audit

__all__ = ["DatasetAudit", "audit", "choose_table"]

_COLUMNS = (
    *("finding", "part", "index", "file", "label", "suggested", "label_probability", "suggested_probability"),
    *("other_part", "other_index", "other_file", "other_label", "distance"),
)


class DatasetAudit:
    """What `audit` has found.

    Args:
        found: doubtful labels, copies, and images unlike all others.
    """

    def __init__(self, found: "Audit") -> None:
        self.found = found

    def __str__(self) -> str:
        return str(self.found)

    @property
    def rows(self) -> list[dict[str, str | int | float]]:
        """Each finding with its `finding`, `part` (train or test), `index`, `label` and more, as in the CSV.

        Images of a folder also have their `file`, a path below that folder.
        """
        return list(self.found.list_rows())

    def report(self, out: str | os.PathLike[str]) -> list[Path]:
        """Write the page with the pictures, and next to it a CSV of all findings; return both paths.

        Args:
            out: HTML file to write; the CSV has the same name with .csv.

        Raises:
            UsageError: the name does not end in .html, or the CSV exists and is not that of an audit.
            RunError: a file cannot be written.
        """
        from keras_cnn_course.errors import RunError, reporting_os_errors
        from keras_cnn_course.files.atomic import atomic_file
        from keras_cnn_course.files.markup import write_html
        from keras_cnn_course.files.values import check_path
        from keras_cnn_course.report.audit_report import build_audit

        page = check_path("`out=`", out)
        table = choose_table(page)
        write_html(build_audit(self.found), page)
        with (
            reporting_os_errors(RunError, "write", table, hint="Choose another `out=`."),
            atomic_file(table) as temporary,
            temporary.open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.DictWriter(file, _COLUMNS)
            writer.writeheader()
            writer.writerows(self.rows)
        return [page, table]


def choose_table(page: Path) -> Path:
    """Return the CSV next to the page of an audit: the file of the same name with .csv.

    Raises:
        UsageError: the name of the page does not end in .html, or the CSV exists and is not that of an audit.
        RunError: the CSV cannot be read.
    """
    from keras_cnn_course.errors import RunError, UsageError, reporting_os_errors
    from keras_cnn_course.files.markup import check_html_path

    check_html_path(page)
    table = page.with_suffix(".csv")
    header = ",".join(_COLUMNS).encode()
    with reporting_os_errors(RunError, "read", table, hint="Choose another `out=`."):
        if table.exists():
            with table.open("rb") as file:
                if file.readline(len(header) + 2).rstrip() != header:
                    raise UsageError(f"{table} exists, and is not the table of an audit. Choose another `out=`.")
    return table


def audit(
    data: "str | os.PathLike[str] | Dataset | Sequence[Any]" = "digits",
    *,
    recipe: str | os.PathLike[str] = "fast_cnn",
    folds: int = 5,
    seed: int = 0,
    device: str = "auto",
    threads: int | None = None,
    precision: str = "auto",
    quiet: bool = False,
    backend: "Backend | None" = None,
    overrides: Mapping[str, object] | None = None,
    **hyperparameters: object,
) -> DatasetAudit:
    """Look for wrong labels, copies and strange images in a data set. No run folder is written.

    Trains one model per fold on the images of all other folds, training and test images together, and compares its
    answers with the labels.

    Args:
        data: a name, a path, a `Dataset` or arrays (see `kcnn.train`).
        recipe: of the models, by name or path.
        folds: number of models.
        seed: random seed for the folds, the initial weights and the image order.
        device: `auto` (a GPU if there is one), `cpu`, `gpu` or `gpu:N`.
        threads: number of compute threads; all cores when None.
        precision: number format of the hidden layers: `auto`, `float32`, `bfloat16` or `float16`.
        quiet: show no progress.
        backend: TensorFlow as it was started, in place of `device` and `threads`.
        overrides: hyperparameters by name, for a recipe that has one with the name of a parameter above.
        **hyperparameters: values that replace the recipe's own.

    Raises:
        UsageError, RecipeError, DatasetError: as in `train`; there are fewer images than folds.
        TrainingError: the loss is no longer a finite number.

    >>> found = audit("digits", recipe="softmax", folds=2, epochs=2, quiet=True)
    >>> found.rows[0]["part"] in ("train", "test"), len(found.found.neighbors.loners)
    (True, 50)
    """
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.datasets.given import read_dataset
    from keras_cnn_course.errors import UsageError
    from keras_cnn_course.files.values import SEED, check_value

    changed = {**(overrides or {}), **hyperparameters}
    source = find_recipe(recipe)
    seed = check_value("seed", seed, SEED, kind=UsageError)
    if source.hyperparameters:  # wrong values are found before anything is loaded
        source.hyperparameters.with_overrides(changed)
    dataset = read_dataset(data)
    if backend is None:
        from keras_cnn_course.devices.backend import start

        backend = start(device=device, threads=threads)
    from keras_cnn_course.results.audit import audit_images, join_parts
    from keras_cnn_course.training.plan import make_plan
    from keras_cnn_course.training.progress import QuietProgress

    plan = make_plan(source, join_parts(dataset), overrides=changed, seed=seed, precision=precision, backend=backend)
    report: Callable[[str], None] = (lambda _: None) if quiet else _print_progress
    return DatasetAudit(audit_images(plan, dataset, folds=folds, callback=QuietProgress(), report=report))


def _print_progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")
