"""The folder of a sweep, and the one place that knows its file names.

sweeps/sweep-001/
  recipes/     the recipes as they were when the sweep began
  runs/        a run folder a trial: cnn-filters=8-seed=0
  sweep.csv    a row a trial, written anew whenever one ends
  sweep.png    every run as a dot
  .lock        held by the process that runs the sweep
"""

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
from keras_cnn_course.sweep.design import Trial

__all__ = ["SweepFolder"]


class SweepFolder:
    """A sweep's folder on disk.

    Args:
        path: of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def prepare(cls, out: Path | None, sources: Sequence[RecipeSource]) -> Self:
        """Make a sweep's folder, or check that the one at `out` is of the same recipes and can go on.

        Args:
            out: a new or empty folder, or a sweep's; the next free `sweeps/sweep-NNN` when None.
            sources: the recipes, which are kept in it.

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
        """A recipe as it was when the sweep began."""
        return self.path / "recipes" / f"{name}.py"

    def run_path(self, trial: Trial) -> Path:
        """The run folder of a trial."""
        return self.path / "runs" / trial.name

    def count_runs(self) -> int:
        """Return how many run folders there are, of whatever trials."""
        return sum(1 for _ in self.path.glob("runs/*/run.json"))

    @property
    def table_file(self) -> Path:
        """A row a trial."""
        return self.path / "sweep.csv"

    @property
    def picture_file(self) -> Path:
        """Every run as a dot."""
        return self.path / "sweep.png"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only process that runs the sweep; what a killed one had begun to write is removed first.

        Raises:
            RunError: another one runs it, or the folder cannot be written.
        """
        with reporting_os_errors(RunError, "write", self.path), one_writer(self.path):
            for folder in (self.path, self.path / "recipes", self.path / "runs"):
                remove_partial(folder)
            yield

    def _add_recipes(self, sources: Sequence[RecipeSource]) -> None:
        is_sweep = self.table_file.is_file() and (self.path / "recipes").is_dir()
        if not is_sweep or (self.path / "runs").is_file():
            raise RunError(
                f"Expected --out to name a new or empty folder, or a sweep's to go on with. Received: {self.path}."
            )
        for source in sources:
            file = self.recipe_file(source.name)
            if not file.exists():
                with atomic_file(file) as temporary:
                    temporary.write_text(source.text, encoding="utf-8")
            elif file.read_text(encoding="utf-8") != source.text:
                raise RunError(
                    f"Expected the recipe {source.path} as the sweep began with it, {file}. Received another text. "
                    "Restore it, or begin another sweep with another --out."
                )
