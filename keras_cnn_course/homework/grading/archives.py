"""Write zips: a student's submission, and an autograder for Gradescope."""

import hashlib
import io
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import distribution
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from keras_cnn_course.errors import HomeworkError, reporting_os_errors
from keras_cnn_course.files.atomic import atomic_file
from keras_cnn_course.homework.authoring.exercise import Exercise, list_exercises

__all__ = ["build_wheel", "write_archive", "write_autograder", "write_solutions"]

_PACKAGE = "keras_cnn_course"
# In a checkout, these two folders are next to the package; an installed wheel has them inside it.
_BESIDE = ("recipes", "data")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_WHEEL = "Wheel-Version: 1.0\nGenerator: kcnn\nRoot-Is-Purelib: true\nTag: py3-none-any\n"

_SETUP = """#!/usr/bin/env bash
# Gradescope runs this once, when it builds the autograder. It installs Python and the course.
set -euo pipefail
cd "$(dirname "$0")"
find_python() { for name in python3.13 python3.12 python3.11; do command -v "$name" && return; done; return 1; }
if ! find_python > /dev/null; then
    apt-get update
    apt-get install -y python3.12 python3.12-venv || apt-get install -y python3.11 python3.11-venv
fi
"$(find_python)" -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check ./*.whl
venv/bin/kcnn homework doctor
"""
_RUN = """#!/usr/bin/env bash
# Gradescope runs this for each submission. If the grader itself fails, it writes no results.json, so there is no mark.
set -euo pipefail
root="${{AUTOGRADER_ROOT:-/autograder}}"
"$root/source/venv/bin/kcnn" homework grade "$root/submission" --secret "$root/source/secret" \\
    --format gradescope --out "$root/results/results.json"{options}
"""
_OWN = "exercises"
_README = """Solutions of the homework, for instructors only.

Each folder has the starter that students get, a solution, other accepted solutions, the hints, and the mistakes that
the checks recognize. Prove them all on your machine with: kcnn homework verify
"""
_FOR_INSTRUCTORS = ("starter.py", "solution.py", "hints.md")


def write_archive(path: Path, members: Mapping[str, bytes | str], *, executable: tuple[str, ...] = ()) -> None:
    """Write a zip, completely or not at all. The same members always give the same bytes.

    Args:
        members: contents by name.
        executable: names of the members that are programs.

    Raises:
        HomeworkError: it cannot be written.
    """
    with (
        reporting_os_errors(HomeworkError, "write", path, hint="Choose another --out."),
        atomic_file(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name in executable else 0o100644) << 16
            archive.writestr(entry, content)


def write_autograder(path: Path, secret: bytes, *, exercises: Sequence[Exercise] = ()) -> None:
    """Write a Gradescope autograder: this package as a wheel, the instructor's own exercises, the secret, two scripts.

    Args:
        exercises: those to grade; empty: all.

    Raises:
        HomeworkError: it cannot be written.
    """
    name, wheel = build_wheel()
    own = [exercise for exercise in list_exercises() if exercise.is_own]
    options = f' --exercises "$root/source/{_OWN}"' if own else ""
    options += f" --only {','.join(exercise.name for exercise in exercises)}" if exercises else ""
    run = _RUN.format(options=options)
    members: dict[str, bytes | str] = {"setup.sh": _SETUP, "run_autograder": run, "secret": secret, name: wheel}
    for exercise in own:
        members |= {path: entry.read_bytes() for path, entry in _walk(f"{_OWN}/{exercise.stem}", exercise.folder)}
    write_archive(path, members, executable=("setup.sh", "run_autograder"))


def write_solutions(path: Path, exercises: Sequence[Exercise]) -> None:
    """Write a zip for instructors: the starter, solutions, hints and recognized mistakes of each exercise.

    Raises:
        HomeworkError: it cannot be written.
    """
    members: dict[str, bytes | str] = {"README.txt": _README}
    for exercise in exercises:
        members |= {f"{exercise.stem}/{name}": exercise.read(name) for name in _FOR_INSTRUCTORS}
        members |= {f"{exercise.stem}/accepted/{name}.py": text for name, text in exercise.accepted.items()}
        mistakes = [f"{mutant.name}: {mutant.diagnosis}" for mutant in exercise.load_mutants()]
        members[f"{exercise.stem}/mistakes.txt"] = "\n".join(["mistake: diagnosis", "", *mistakes, ""])
    write_archive(path, members)


def build_wheel() -> tuple[str, bytes]:
    """Return the name and the bytes of a wheel of the installed package."""
    installed = distribution("keras-cnn-course")
    version = installed.version
    information = f"{_PACKAGE}-{version}.dist-info"
    members = {name: entry.read_bytes() for name, entry in _list_package()}
    # An editable installation may have the same text under its older name.
    metadata = installed.read_text("METADATA") or installed.read_text("PKG-INFO") or ""
    members[f"{information}/METADATA"] = metadata.encode()
    members[f"{information}/entry_points.txt"] = (installed.read_text("entry_points.txt") or "").encode()
    members[f"{information}/WHEEL"] = _WHEEL.encode()
    record = "".join(f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in members.items())
    members[f"{information}/RECORD"] = f"{record}{information}/RECORD,,\n".encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return f"{_PACKAGE}-{version}-py3-none-any.whl", stream.getvalue()


def _list_package() -> Iterator[tuple[str, Traversable]]:
    """Yield the files of the package with their names in a wheel."""
    for part in _BESIDE:
        yield from _walk(f"{_PACKAGE}/{part}", files(f"{_PACKAGE}.{part}"))
    for name, entry in _walk(_PACKAGE, files(_PACKAGE)):
        if name.split("/")[1] not in _BESIDE:
            yield name, entry


def _walk(name: str, folder: Traversable) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _walk(f"{name}/{entry.name}", entry)
        elif not entry.name.endswith(".pyc"):
            yield f"{name}/{entry.name}", entry


def _digest(content: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
