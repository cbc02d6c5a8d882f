"""The tree of exceptions, and the wording that all messages share.

    CourseError            anything that this package reports to its user
    ├── UsageError         the request is wrong: an unknown name, a value out of range
    ├── RecipeError        a recipe file cannot be used
    ├── DatasetError       a data set is missing, damaged or does not fit
    ├── ImageError         an image file cannot be read
    ├── RunError           a run folder is missing, incomplete or in the way
    ├── TrainingError      training cannot start or continue
    ├── ExportError        an export failed or does not agree with its model
    ├── HomeworkError      homework cannot be read, written or found
    └── GraderError        the grader itself failed; no submission is marked down for it

A message says in one or two plain sentences what is wrong, naming the thing and the value, and then what to do. The
command line prints it and exits with `exit_code`: 2 for a wrong request, 1 for work that failed, 3 for a failed grader.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

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
    "describe_failure",
    "describe_refusal",
    "did_you_mean",
    "reporting_os_errors",
    "unknown_name",
]


_LONGEST_PATH = 200
_LONGEST_REASON = 300
# What Keras adds to a message: the call before it, escape sequences for bold letters, and all arguments after it.
_KERAS_FRAME = re.compile(
    r"Exception encountered when calling (?P<call>.+?)\.\n\n\x1b\[1m(?P<reason>.*)\x1b\[0m\n\nArguments received by ",
    re.DOTALL,
)
_NOISE = re.compile(r"\x1b\[[\d;]*m|\{\{function_node .*?\}\}| name: $")


class CourseError(Exception):
    """Base of every error that this package raises for its user."""

    exit_code = 1


class UsageError(CourseError):
    """The request is wrong: an unknown name, or a value of the wrong type or out of range."""

    exit_code = 2


class RecipeError(CourseError):
    """A recipe file cannot be used; the message names the file and, if possible, the line."""


class DatasetError(CourseError):
    """A data set is missing, damaged or does not fit the model."""


class ImageError(CourseError):
    """An image file cannot be read as an image."""


class RunError(CourseError):
    """A run folder is missing, incomplete or in the way."""


class TrainingError(CourseError):
    """Training cannot start or cannot continue."""


class ExportError(CourseError):
    """An export could not be written or does not agree with its model."""


class HomeworkError(CourseError):
    """A homework folder or a submission cannot be read, written or found."""


class GraderError(CourseError):
    """The grader itself failed, so it cannot say whether the submission is correct."""

    exit_code = 3


@contextmanager
def reporting_os_errors(kind: type[CourseError], action: str, path: Path | str, *, hint: str = "") -> Iterator[None]:
    """Turn an OSError of the body, such as a full disk, into a sentence for the user.

    Args:
        kind: the error to raise.
        action: what the body does with the path, such as `write`.
        hint: what the user can do about it, as a sentence.

    >>> with reporting_os_errors(RunError, "write", "run.json", hint="Choose another `out=`."):
    ...     raise PermissionError(13, "Permission denied")
    Traceback (most recent call last):
    keras_cnn_course.errors.RunError: Cannot write run.json: Permission denied. Choose another `out=`.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise kind(f"Cannot {action} {_shorten(path)}: {reason}. {hint}".rstrip()) from error


def describe_failure(error: BaseException) -> str:
    """Return the class and the message of an error that a model or other code of a user raised, on one line.

    >>> describe_failure(TypeError("no such\\nargument"))
    'TypeError: no such argument'
    """
    kind, reason = type(error).__name__, str(error)
    if "\\x1b[" in reason:  # a KeyError shows its message as a literal
        reason = reason.replace("\\n", "\n").replace("\\x1b", "\x1b")
    framed = _KERAS_FRAME.search(reason)
    if framed:
        kind, reason = f"{kind} in {framed['call']}", framed["reason"]
    reason = " ".join(_NOISE.sub("", reason).split())
    if len(reason) > _LONGEST_REASON:
        reason = f"{reason[:_LONGEST_REASON]}..."
    return f"{kind}: {reason}" if reason else kind


def describe_refusal(error: OSError | UnicodeEncodeError) -> str:
    r"""Return a sentence about an error of the system, or about a name that is no text, which no module expected.

    >>> describe_refusal(OSError(36, "File name too long", "a/" * 3000))
    'Cannot use a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/... (6,000 characters): File name too long.'
    >>> describe_refusal(UnicodeEncodeError("utf-8", "photos/\udcff.png", 7, 8, "surrogates not allowed"))
    "The file name 'photos/\\udcff.png' is not valid text, so it cannot be recorded. Rename the file."
    """
    if isinstance(error, UnicodeEncodeError):
        start = max(0, error.start - 40)
        return (
            f"The file name {error.object[start : error.end + 20]!a} is not valid text, so it cannot be recorded. "
            "Rename the file."
        )
    path = _shorten(error.filename or "")
    reason = error.strerror or str(error) or type(error).__name__
    return f"Cannot use {path}: {reason}." if path else f"The operating system refused: {reason}."


def _shorten(path: Path | str) -> str:
    text = str(path)
    return text if len(text) <= _LONGEST_PATH else f"{text[:40]}... ({len(text):,} characters)"


def unknown_name(what: str, name: str, known: Iterable[str]) -> UsageError:
    """Return the error for a name that does not exist, with the nearest known name and all of them.

    >>> raise unknown_name("recipe", "cn", ["softmax", "mlp", "cnn"])
    Traceback (most recent call last):
    keras_cnn_course.errors.UsageError: No recipe named 'cn'. Did you mean 'cnn'? Available: softmax, mlp, cnn.
    """
    names = list(known)
    return UsageError(f"No {what} named {name!r}.{did_you_mean(name, names)} Available: {', '.join(names)}.")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean '...'?` for the nearest known name, or an empty string if none is near."""
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""
