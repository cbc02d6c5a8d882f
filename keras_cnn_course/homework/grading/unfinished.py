"""The record of a grading that has not finished: one line per result, written as soon as the result exists.

It is a file next to the marks, and disappears with the last result. So if it exists, a grading was interrupted, and
nothing that it graded is lost, whatever ended it. Grading goes on only under the same conditions, and only with
submissions that have not changed.
"""

import hmac
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from keras_cnn_course.errors import HomeworkError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.homework.authoring.exercise import Exercise

__all__ = ["GradedEntry", "UnfinishedGrading", "describe_conditions", "fingerprint", "unfinished_path"]

_HINT = "Free some space, then continue with --resume."
_MOST_FILES = 10_000


@dataclass(frozen=True)
class GradedEntry:
    """The row of one submission, and the fingerprint that the submission had."""

    submission: str
    fingerprint: str
    row: Mapping[str, Any]


@dataclass(frozen=True)
class UnfinishedGrading:
    """The record, as a file.

    Args:
        conditions: of the grading; see `describe_conditions`.
    """

    path: Path
    conditions: Mapping[str, str]

    def start(self, entries: Sequence[GradedEntry] = ()) -> None:
        """Begin the file with these entries.

        Raises:
            HomeworkError: it cannot be written.
        """
        lines = [json.dumps(self.conditions), *(json.dumps(asdict(entry)) for entry in entries)]
        with (
            reporting_os_errors(HomeworkError, "write", self.path, hint=_HINT),
            atomic_file(self.path) as temporary,
        ):
            temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def append(self, entry: GradedEntry) -> None:
        """Add an entry, on the disk when this returns.

        Raises:
            HomeworkError: it cannot be written.
        """
        with (
            reporting_os_errors(HomeworkError, "write", self.path, hint=_HINT),
            self.path.open("a", encoding="utf-8") as stream,
        ):
            stream.write(json.dumps(asdict(entry)) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def read(self) -> list[GradedEntry]:
        """Return the entries; a last line that was cut off is left out.

        Raises:
            HomeworkError: it cannot be read, or the conditions were others.
        """
        with reporting_os_errors(HomeworkError, "read", self.path):
            first, *lines = self.path.read_text(encoding="utf-8", errors="replace").split("\n")
        try:
            conditions = json.loads(first)
            entries = [GradedEntry(**json.loads(line)) for line in lines[:-1]]
        except (ValueError, TypeError, RecursionError) as error:
            raise HomeworkError(f"{self.path} is damaged, so grading cannot resume. Use --restart.") from error
        changed = [name for name, value in self.conditions.items() if conditions.get(name) != value]
        if changed:
            raise HomeworkError(
                f"{self.path} belongs to a grading with another {' and another '.join(changed)}, so grading cannot "
                "resume. Use the same again, or --restart to grade all submissions again."
            )
        return entries

    def remove(self) -> None:
        """Remove the file: the grading has finished."""
        self.path.unlink(missing_ok=True)


def unfinished_path(marks: Path) -> Path:
    """Return the place of the record for a file of marks.

    >>> unfinished_path(Path("marks.csv")).name
    'marks.csv.unfinished'
    """
    return marks.with_name(f"{marks.name}.unfinished")


def describe_conditions(
    *, secret: bytes, exercises: Sequence[Exercise], file_format: str, roster: Path | None
) -> dict[str, str]:
    """Return what must not change between the two parts of a grading. The secret cannot be recovered from it."""
    own = "".join(
        exercise.read(name) for exercise in exercises if exercise.is_own for name in ("checks.py", "spec.toml")
    )
    return {
        **({"version of your exercises": sha256(own.encode()).hexdigest()} if own else {}),
        "secret": hmac.digest(secret, b"unfinished grading", "sha256").hex(),
        "choice of exercises": ",".join(exercise.name for exercise in exercises),
        "format": file_format,
        "roster": sha256(roster.read_bytes()).hexdigest() if roster is not None else "none",
        "version of the course": version("keras-cnn-course"),
    }


def fingerprint(submission: Path, files: Sequence[Path] = ()) -> str:
    """Return a text that differs if a file of the submission was changed, added or removed; empty if unreadable."""
    try:
        everything = [submission] if submission.is_file() else sorted(submission.rglob("*"))[:_MOST_FILES]
        status = [(file.relative_to(submission.parent), file.lstat()) for file in (files or everything)]
    except OSError:
        return ""
    facts = "\n".join(f"{name} {each.st_size} {each.st_mtime_ns}" for name, each in status)
    return sha256(facts.encode("utf-8", "surrogateescape")).hexdigest()
