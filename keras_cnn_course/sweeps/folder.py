"""The folder of a sweep.

sweeps/sweep-001/
  recipes/     the recipes as they were when the sweep began
  runs/        one run folder per trial: cnn-filters=8-seed=0
  sweep.csv    one row per run, those that wait included; written again whenever one ends
  sweep.png    every run as a dot
  .lock        held by the process that runs the sweep
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from keras_cnn_course.catalog.recipes import RecipeSource
from keras_cnn_course.errors import RunError, reporting_os_errors
from keras_cnn_course.files.atomic import (
    atomic_file,
    is_empty_folder,
    make_folder,
    make_numbered_folder,
    one_writer,
    remove_partial,
)
from keras_cnn_course.runs.finding import find_runs
from keras_cnn_course.sweeps.design import Trial

__all__ = ["SweepFolder"]


class SweepFolder:
    """A sweep's folder, and the one place that knows its file names."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def prepare(cls, out: Path | None, sources: Sequence[RecipeSource]) -> Self:
        """Make the folder of a sweep, or check that the one at `out` has the same recipes and can be continued.

        Args:
            out: a new or empty folder, or that of a sweep; the next free `sweeps/sweep-NNN` when None.
            sources: the recipes, which are copied into it.

        Raises:
            RunError: `out` is something else, holds another recipe of the same name, or cannot be written.
        """
        texts = {"sweep.csv": "", **{f"recipes/{source.name}.py": source.text for source in sources}}
        with reporting_os_errors(RunError, "write", out or "sweeps"):
            if out is None:
                return cls(make_numbered_folder(Path("sweeps"), "sweep", texts))
            if not out.exists() or is_empty_folder(out):
                make_folder(out, texts)
                return cls(out)
            folder = cls(out)
            folder._add_recipes(sources)
            return folder

    def recipe_file(self, name: str) -> Path:
        """Path of a recipe as it was when the sweep began."""
        return self.path / "recipes" / f"{name}.py"

    def run_path(self, trial: Trial) -> Path:
        """Path of the run folder of a trial."""
        return self.path / "runs" / trial.name

    def find_runs(self) -> list[Path]:
        """Return the run folders by name, including those of trials that this sweep does not have."""
        return find_runs(self.path / "runs")

    def tabulated_values(self) -> list[str]:
        """Return the names of the hyperparameters that sweep.csv has a column for; none if there is no such file.

        Raises:
            RunError: it cannot be read.
        """
        with reporting_os_errors(RunError, "read", self.table_file):
            try:
                table = self.table_file.read_text(encoding="utf-8")
            except FileNotFoundError:
                return []
            except UnicodeDecodeError as error:
                raise RunError(
                    f"{self.table_file} is not UTF-8 text. Save it as such, or delete it: it is written again."
                ) from error
        columns = next(csv.reader(table.splitlines()), [])
        return columns[2 : columns.index("seed")] if "seed" in columns else []

    @property
    def table_file(self) -> Path:
        """Path of the table with one row per run."""
        return self.path / "sweep.csv"

    @property
    def picture_file(self) -> Path:
        """Path of the picture with every run as a dot."""
        return self.path / "sweep.png"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only process that runs the sweep. Files that a killed one left unfinished are removed first.

        Raises:
            RunError: another process runs it, or the folder cannot be written.
        """
        with reporting_os_errors(RunError, "write", self.path), one_writer(self.path):
            for folder in (self.path, self.path / "recipes", self.path / "runs"):
                remove_partial(folder)
            yield

    def _add_recipes(self, sources: Sequence[RecipeSource]) -> None:
        is_begun = self.table_file.is_file() or find_runs(self.path / "runs", "*seed=*")
        if not is_begun or not (self.path / "recipes").is_dir() or (self.path / "runs").is_file():
            raise RunError(
                f"{self.path} is not empty and not the folder of a sweep. "
                "Choose a new folder with `out=`, or that of a sweep to continue."
            )
        for source in sources:
            file = self.recipe_file(source.name)
            if not file.exists():
                with atomic_file(file) as temporary:
                    temporary.write_text(source.text, encoding="utf-8")
            elif file.read_text(encoding="utf-8", errors="replace") != source.text:
                raise RunError(
                    f"The recipe {source.path} or its copy in the sweep, {file}, has changed since the sweep began. "
                    "Restore it, or start another sweep with another `out=`."
                )
