"""The run folder: the contract between the commands.

runs/cnn-001/
  run.json       recipe, hyperparameters, data set, seed, versions, device, status
  recipe.py      the source of the recipe
  initial_kernels.npz  the first convolution's kernels before training, where the model has one
  shuffled_labels.npz  weights that have learned shuffled labels, after `kcnn explain --shuffled-labels`
  history.csv    one row per epoch
  health.csv     norms of each layer's weights and gradients, and its dead units, after some of the epochs
  metrics.json   the results, once, at the end
  model.keras    the final model
  best.keras     the model that the run keeps: of the epoch that was best on the validation images, or of the last
  checkpoint/    what `kcnn train --resume` needs: step-00000864.npz, the newest two while the run goes on
  plots/         pictures
  tensorboard/   event files for TensorBoard, with `kcnn train --log tensorboard`
  export/        exports of the model, and what describes them
  page.html      the live page; page-compared.html shows this run and others
  report.html    the report; report-compared.html compares this run with others
  .lock          locked by the process that writes the run, until that process ends

Every file appears whole or not at all, so a run that was stopped at any moment can be read and resumed.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from keras_cnn_course.errors import RunError, UsageError, reporting_os_errors
from keras_cnn_course.files.atomic import (
    atomic_file,
    make_folder,
    make_numbered_folder,
    one_writer,
    remove_partial,
)
from keras_cnn_course.files.command_line import join_words
from keras_cnn_course.files.foreign import check_entries, read_bounded
from keras_cnn_course.files.keras_archive import save_keras_file
from keras_cnn_course.files.values import check_value, one_of
from keras_cnn_course.runs.finding import RECORD, is_run
from keras_cnn_course.runs.health_file import LayerHealth, format_health, parse_health
from keras_cnn_course.runs.history_file import HISTORY_COLUMNS, format_history, parse_history
from keras_cnn_course.runs.json_file import read_json
from keras_cnn_course.runs.new_folder import check_new, holds_nothing, not_new
from keras_cnn_course.runs.record import RunRecord, check_metrics
from keras_cnn_course.runs.stated_outputs import state_outputs

__all__ = ["HISTORY_COLUMNS", "RunDirectory", "RunRecord", "check_new"]

_RECIPE, _METRICS = "recipe.py", "metrics.json"
_HISTORY, _HEALTH = "history.csv", "health.csv"
_MODELS = {"best": "best.keras", "final": "model.keras"}
# Bytes that a file may have: a hundred times what the longest training writes.
_LIMITS = {RECORD: 4 * 2**20, _METRICS: 2**20, _HEALTH: 32 * 2**20, _HISTORY: 32 * 2**20, _RECIPE: 2**20}


class RunDirectory:
    """A run folder on disk.

    Use `RunDirectory.create` to make a new one and `RunDirectory.open` for an existing one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(
        cls, recipe_name: str, out: Path | None = None, *, record: RunRecord | None = None, source: str = ""
    ) -> Self:
        """Make a run folder: `out`, or the next free `runs/<recipe>-NNN`. Two at once never get the same one.

        Args:
            recipe_name: for the number.
            out: a folder that does not exist, or an empty one.
            record: what run.json holds from the first moment on; an empty folder is made when None.
            source: the recipe's source, for recipe.py.

        Raises:
            RunError: `out` exists and is not an empty folder, or cannot be made; or the record could not be read again.
        """
        texts = {} if record is None else {_RECIPE: source, RECORD: _to_json(record)}
        if record is not None:
            RunRecord.from_values(json.loads(texts[RECORD]), source=RECORD, hint="Train with another value.")
        with reporting_os_errors(RunError, "create the run folder", out or "runs", hint="Choose another `out=`."):
            if out is None:
                return cls(make_numbered_folder(Path("runs"), recipe_name, texts))
            check_new(out)
            if holds_nothing(out):
                shutil.rmtree(out)
            try:
                make_folder(out, texts)
            except FileExistsError as error:  # another process was faster
                raise not_new(out) from error
            return cls(out)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the run folder at `path`.

        Raises:
            RunError: there is no run folder at `path`, or something in it is a link, a pipe or a device.
        """
        if not is_run(path):
            raise RunError(
                f"{path} {'is not a run folder: it has no run.json' if path.exists() else 'does not exist'}. "
                "Name a folder that kcnn train has written, such as runs/cnn-001."
            )
        with reporting_os_errors(RunError, "read", path):
            check_entries(path)
        return cls(path)

    @property
    def name(self) -> str:
        """The folder's own name, such as `cnn-001`."""
        return self.path.resolve().name

    @property
    def recipe_file(self) -> Path:
        """The source of the recipe."""
        return self.path / _RECIPE

    def model_file(self, which: str = "best") -> Path:
        """Path of the saved model: `best` on validation, or `final`."""
        check_value("`which=`", which, one_of(*_MODELS), kind=UsageError)
        return self.path / _MODELS[which]

    def plot_file(self, name: str) -> Path:
        """Path of a picture such as `curves.png` in the run's plots folder."""
        return self.path / "plots" / name

    def html_file(self, name: str) -> Path:
        """Path of the run's `page` or `report`."""
        return self.path / f"{name}.html"

    @property
    def tensorboard_folder(self) -> Path:
        """The event files for TensorBoard."""
        return self.path / "tensorboard"

    @property
    def initial_kernels_file(self) -> Path:
        """The first convolution's kernels before training."""
        return self.path / "initial_kernels.npz"

    @property
    def shuffled_weights_file(self) -> Path:
        """The weights that have learned shuffled labels."""
        return self.path / "shuffled_labels.npz"

    def checkpoint_file(self, step: int) -> Path:
        """Path of the checkpoint after `step` optimizer steps."""
        return self.path / "checkpoint" / f"step-{step:08d}.npz"

    def checkpoint_files(self) -> list[Path]:
        """Return the existing checkpoints, newest first."""
        return sorted((self.path / "checkpoint").glob("step-*.npz"), reverse=True)

    def remove_checkpoints(self, files: Sequence[Path]) -> None:
        """Remove checkpoints."""
        for file in files:
            with self.reporting_errors(file):
                file.unlink(missing_ok=True)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock of the run, and first remove the unfinished files of a killed process.

        Raises:
            RunError: another process writes it, or it cannot be written.
        """
        with ExitStack() as stack:
            with self.reporting_errors(self.path):
                stack.enter_context(one_writer(self.path))
                for name in ("", "checkpoint", "plots", "export", "export/savedmodel"):
                    remove_partial(self.path / name)
            yield

    @contextmanager
    def reporting_errors(self, file: Path) -> Iterator[None]:
        """Turn an OSError, such as a full disk, into an error that names the file and how to continue.

        Raises:
            RunError: the body raised an OSError, or the run folder is gone.
        """
        if not self.path.is_dir():  # otherwise a part of it would be created again
            raise RunError(f"Cannot write {file}: the folder {self.path} no longer exists.")
        path = join_words([self.path])
        remedy = f"Free some space or make the folder writable, then continue with: kcnn train --resume {path}"
        with reporting_os_errors(RunError, "write", file, hint=remedy):
            yield

    def write_record(self, record: RunRecord) -> None:
        """Write run.json."""
        self._write_text(self.path / RECORD, _to_json(record))

    def read_record(self) -> RunRecord:
        """Read run.json.

        Raises:
            RunError: it is missing, not JSON, lacks a key, or a value is not what this package writes.
        """
        return RunRecord.from_values(
            read_json(self.path / RECORD, limit=_LIMITS[RECORD]), source=str(self.path / RECORD)
        )

    def write_history(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Write history.csv, one row per epoch with the columns of `HISTORY_COLUMNS`."""
        self._write_text(self.path / _HISTORY, format_history(rows))

    def read_history(self) -> dict[str, list[float]]:
        """Return history.csv as one list of numbers per column; epochs count from 1.

        Raises:
            RunError: it is missing, has other columns, or holds something that is not a finite number.
        """
        file = self.path / _HISTORY
        with reporting_os_errors(RunError, "read", file):
            try:
                return parse_history(read_bounded(file, limit=_LIMITS[_HISTORY]).decode())
            except (FileNotFoundError, ValueError) as error:
                reason, hint = str(error), "Was the file edited by hand?"
                if isinstance(error, FileNotFoundError):
                    reason, hint = error.strerror or reason, "Has the run finished its first epoch?"
                raise RunError(
                    f"Cannot read {file}: {reason}. It must hold one row of numbers per epoch, with the columns "
                    f"{', '.join(HISTORY_COLUMNS)}. {hint}"
                ) from error

    def write_health(self, rows: Sequence[LayerHealth]) -> None:
        """Write health.csv, one row per measured epoch and layer."""
        self._write_text(self.path / _HEALTH, format_health(rows))

    def read_health(self) -> list[LayerHealth]:
        """Return the rows of health.csv; none if the run has no such file, as those of version 0.1.

        Raises:
            RunError: it cannot be read, or holds something else.
        """
        file = self.path / _HEALTH
        with reporting_os_errors(RunError, "read", file):
            try:
                return parse_health(read_bounded(file, limit=_LIMITS[_HEALTH]).decode())
            except FileNotFoundError:
                return []
            except ValueError as error:
                raise RunError(f"Cannot read {file}: {error}. Was the file edited by hand?") from error

    def write_metrics(self, metrics: Mapping[str, float | int | str]) -> None:
        """Write metrics.json."""
        self._write_text(self.path / _METRICS, json.dumps(dict(metrics), indent=2) + "\n")

    def remove_metrics(self) -> None:
        """Remove metrics.json, because the run continues and its results will change."""
        with self.reporting_errors(self.path / _METRICS):
            (self.path / _METRICS).unlink(missing_ok=True)

    def read_metrics(self) -> dict[str, Any]:
        """Return metrics.json.

        Raises:
            RunError: it is missing (the run did not finish), not JSON, or a value is not what this package writes.
        """
        metrics = read_json(self.path / _METRICS, limit=_LIMITS[_METRICS])
        check_metrics(metrics, source=str(self.path / _METRICS))
        return metrics

    def hash_recipe(self) -> str | None:
        """Return the SHA-256 of recipe.py with Unix line ends, in hexadecimal; None if there is no such file.

        Raises:
            RunError: it cannot be read.
        """
        source = self._read_recipe_bytes()
        return None if source is None else hashlib.sha256(source.replace(b"\r\n", b"\n")).hexdigest()

    def read_recipe(self) -> str | None:
        """Return the source of recipe.py, to show it; None if there is no such file.

        Raises:
            RunError: it cannot be read.
        """
        source = self._read_recipe_bytes()
        return None if source is None else source.decode("utf-8", errors="replace")

    def _read_recipe_bytes(self) -> bytes | None:
        with reporting_os_errors(RunError, "read", self.recipe_file):
            try:
                return read_bounded(self.recipe_file, limit=_LIMITS[_RECIPE])
            except FileNotFoundError:
                return None

    def save_model(self, model: Any, which: str) -> None:
        """Save a Keras model as the `final` or the `best` one."""
        file = self.model_file(which)
        with self.reporting_errors(file), atomic_file(file) as temporary:
            save_keras_file(model, temporary)

    def load_model(self, which: str = "best") -> Any:
        """Load the `best` or the `final` Keras model, whose outputs are what run.json says. Call `backend.start` first.

        Raises:
            RunError: the file is missing, is not a Keras model, or is one that could run code (see `model_file`).
        """
        from keras_cnn_course.runs.model_file import load_model_file

        file = self.model_file(which)
        with reporting_os_errors(RunError, "read", file):
            try:
                model = load_model_file(file)
            except FileNotFoundError as error:
                raise RunError(f"{file} does not exist. Did the run finish an epoch?") from error
        if is_run(self.path):
            state_outputs(model, self.read_record().outputs)
        return model

    def needs_recipe(self) -> bool:
        """Return whether only recipe.py can build the model again, because it has classes or functions of its own."""
        from keras_cnn_course.runs.model_file import check_model_file

        try:
            check_model_file(self.model_file("best"))
        except RunError:
            return True
        return False

    def _write_text(self, file: Path, text: str) -> None:
        with self.reporting_errors(file), atomic_file(file) as temporary:
            temporary.write_text(text)


def _to_json(record: RunRecord) -> str:
    return json.dumps(asdict(record), indent=2) + "\n"
