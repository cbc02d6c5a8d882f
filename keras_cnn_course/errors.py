"""What can go wrong, as one tree of exceptions.

    CourseError            anything this package reports to its user
    ├── UsageError         the request itself is wrong: an unknown name, a value out of range
    ├── RecipeError        a recipe file cannot be used
    ├── DatasetError       a data set is missing, broken or does not fit
    ├── ImageError         an image file cannot be read
    ├── RunError           a run folder is missing, incomplete or in the way
    ├── TrainingError      training cannot start or go on
    ├── ExportError        an export failed or does not agree with its model
    ├── HomeworkError      homework cannot be read, written or found
    └── GraderError        the grader itself failed; nobody is marked for that

Every message says what was expected, what was received and what to do next. The command line prints it on one or
two lines and exits with `exit_code`: 2 where the request was wrong, 1 where the work failed, 3 where a grader did.
"""

import difflib
from collections.abc import Iterable

__all__ = [
    "CourseError",
    "DatasetError",
    "ExportError",
    "GraderError",
    "HomeworkError",
    "ImageError",
    "RecipeError",
    "RunError",
    "TrainingError",
    "UsageError",
    "did_you_mean",
]


class CourseError(Exception):
    """Base of every error that this package raises for its user."""

    exit_code = 1


class UsageError(CourseError):
    """The request is wrong: an unknown name, or a value of the wrong type or out of range."""

    exit_code = 2


class RecipeError(CourseError):
    """A recipe file cannot be used; the message names the file, and the line where there is one."""


class DatasetError(CourseError):
    """A data set is missing, broken or does not fit the model."""


class ImageError(CourseError):
    """An image file cannot be read as an image."""


class RunError(CourseError):
    """A run folder is missing, incomplete or in the way."""


class TrainingError(CourseError):
    """Training cannot start or cannot go on."""


class ExportError(CourseError):
    """An export could not be written or does not agree with its model."""


class HomeworkError(CourseError):
    """A homework folder or a submission cannot be read, written or found."""


class GraderError(CourseError):
    """The grader itself failed; what it was to judge is neither right nor wrong."""

    exit_code = 3


def did_you_mean(received: str, known: Iterable[str]) -> str:
    """Return ` Did you mean '...'?` for the nearest known name, or an empty string."""
    nearest = difflib.get_close_matches(received, list(known), n=1, cutoff=0.5)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""
