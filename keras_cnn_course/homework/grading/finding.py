"""Find the submissions in a folder, such as a course system's export. Every entry ends in a row or in a warning."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from os.path import commonpath, realpath
from pathlib import Path

from keras_cnn_course.errors import CourseError, HomeworkError
from keras_cnn_course.homework.authoring.exercise import list_exercises
from keras_cnn_course.homework.grading.class_archive import Places
from keras_cnn_course.homework.grading.class_folders import (
    Kind,
    has_several_owners,
    holds_several_people,
    is_file_of_homework,
)
from keras_cnn_course.homework.grading.file_names import recognize
from keras_cnn_course.homework.grading.members import ARCHIVE_SUFFIXES, is_clutter
from keras_cnn_course.homework.grading.ownership import Submission, add_owners, without_folder
from keras_cnn_course.homework.grading.platforms import GRADESCOPE_LIST, find_owner
from keras_cnn_course.homework.grading.submissions import list_names, read_submission
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.student.work_files import IDENTITY_FILE

__all__ = ["Found", "find_submissions"]

_DEEPEST = 12


@dataclass(frozen=True)
class Found:
    """What a search found.

    Args:
        ignored: files that are not submissions, with the reason.
    """

    submissions: list[Submission] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def find_submissions(places: Places | Sequence[Path], *, is_upload: bool = False) -> Found:
    """Return the submissions at paths: files, homework folders, and folders of submissions.

    Args:
        places: the paths, and what is known about them if classes were unpacked.
        is_upload: whether the paths are the upload of one student. Files beside the homework are no submissions then.

    Raises:
        HomeworkError: there is nothing at a path.
    """
    found = Found()
    places = places if isinstance(places, Places) else Places(places)
    # A link that the user names is followed; one that is found is not.
    paths = [path.resolve() if path.is_dir() and path.is_symlink() else path for path in places.paths]
    for path in paths:
        at_path = _look_at(path, is_class=not is_upload)
        if not at_path.submissions:
            reason = "it is empty" if path.is_dir() else "there is no such file or folder"
            raise HomeworkError(
                f"No submission found in {path}: {reason}. A submission is a zip made by `kcnn homework submit`, or a "
                f"folder with {IDENTITY_FILE} in it."
            )
        found.ignored.extend(at_path.ignored)
        known = {realpath(each.path) for each in found.submissions}
        found.submissions.extend(each for each in at_path.submissions if realpath(each.path) not in known)
    root = _common_root([path for path in paths if places.unpacked not in path.parents] or paths)
    labelled = []
    for each in found.submissions:
        path = each.path.with_name(each.label) if each.files else each.path
        # The name of the temporary folder is random, so no label begins with it.
        is_unpacked = places.unpacked in path.parents and len(paths) > 1
        label = _label(path, places.unpacked if places.unpacked and is_unpacked else root)
        unpacked = places.unpacked if places.unpacked in path.parents else None
        labelled.append(replace(each, label=label, problems=places.problems, unpacked=unpacked))
    labelled = _compose_labels(labelled)
    ignored = [without_folder(text, places.unpacked) for text in found.ignored]
    return Found(add_owners(labelled, root), ignored)


def _common_root(paths: Sequence[Path]) -> Path:
    """Return the folder below which all labels are: the only given folder, or the one that all paths are in."""
    whole = [path.absolute() for path in paths]
    if len(whole) == 1:
        return whole[0] if whole[0].is_dir() else whole[0].parent
    return Path(commonpath([path.parent for path in whole]))


def _label(path: Path, root: Path) -> str:
    label = path.absolute().relative_to(root).as_posix()
    return path.resolve().name if label == "." else label


def _compose_labels(submissions: Sequence[Submission]) -> list[Submission]:
    """Return the submissions with labels in Unicode's composed form, because macOS may unpack the same name decomposed.

    If two labels differ only in their form, they stay as they are.
    """
    composed = [unicodedata.normalize("NFC", each.label) for each in submissions]
    number = Counter(composed)
    return [
        replace(each, label=label) if number[label] == 1 else each
        for each, label in zip(submissions, composed, strict=True)
    ]


def _look_at(path: Path, *, is_class: bool) -> Found:
    """Return what is at a path that the user named."""
    if not path.is_dir():
        return Found([Submission(path, "")] if path.exists() or path.is_symlink() else [])
    found = _explore(path, _DEEPEST, Kind.CLASS if is_class else Kind.HAND_IN)
    if is_class:
        return found
    if not found.submissions and any(path.iterdir()):
        return Found([Submission(path, "")], found.ignored)
    homeworks = [each for each in found.submissions if _read_work(each.path) is not None]
    if len(homeworks) != 1 or len(found.submissions) == 1:
        return found
    rest = [each.path.relative_to(path).as_posix() for each in found.submissions if each not in homeworks]
    return Found([homeworks[0].noting(f"Beside it, not read: {list_names(rest)}.")], found.ignored)


def _explore(folder: Path, depth: int, kind: Kind) -> Found:
    """Return the submissions in a folder; none if there is no homework and no archive in it."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:  # reading it reports the error
        return Found([Submission(folder, "")])
    ignored = [f"{entry}: a file of the system or of an installer" for entry in entries if is_clutter(entry.name)]
    entries = [entry for entry in entries if not is_clutter(entry.name)]
    found = {entry: _explore_entry(entry, depth, kind.below(entry, is_alone=len(entries) == 1)) for entry in entries}
    inside = [below for below in found.values() if below.submissions]
    rest = [entry for entry, below in found.items() if not below.submissions]
    is_class = holds_several_people(kind, {entry: bool(below.submissions) for entry, below in found.items()})
    submissions = [each for below in inside for each in below.submissions]
    ignored = [*(ignored if is_class else []), *(text for below in inside for text in below.ignored)]
    is_named = is_class and all(find_owner(entry.name) for entry in rest if recognize(entry.name))
    if any(is_file_of_homework(entry, IDENTITY_FILE) for entry in rest) and not is_named:
        if not submissions and not (is_class and has_several_owners(rest)):
            return Found([Submission(folder, "")])
        return _add_homework_around(folder, rest, submissions, ignored, is_class=is_class)
    if is_class or len(inside) > 1:
        grouped, rest, records = _group_by_owner(rest, submissions)
        submissions += [*grouped, *(Submission(entry, "") for entry in rest)]
        ignored += records
    elif rest and submissions:
        has_work = any(recognize(entry.name) for entry in rest)
        if has_work and _read_work(submissions[0].path, known_as="anybody") is None:
            return Found([Submission(folder, "")], ignored)
        submissions[0] = submissions[0].noting(f"Beside it, not read: {list_names([each.name for each in rest])}.")
    return Found(sorted(submissions, key=lambda each: each.path), ignored)


def _explore_entry(entry: Path, depth: int, kind: Kind) -> Found:
    if entry.is_symlink():
        return Found()
    if entry.is_dir():
        return _explore(entry, depth - 1, kind) if depth else Found([Submission(entry, "")])
    return Found([Submission(entry, "")] if entry.name.lower().endswith(ARCHIVE_SUFFIXES) else [])


def _add_homework_around(
    folder: Path, rest: Sequence[Path], submissions: list[Submission], ignored: list[str], *, is_class: bool
) -> Found:
    """Return the submissions in a folder that is itself a homework, or has a stray homework.toml in it.

    The files in the folder of a class could be anybody's. They are not taken for the homework of one student. What is
    no homework, such as an archive of pictures, has no row of its own: reading the homework around it notes it.
    """
    names = {entry.name for entry in rest if entry.is_file()}
    has_exercises = any({exercise.file, exercise.notebook} & names for exercise in list_exercises())
    works = {each.path: _read_work(each.path) for each in submissions}
    homeworks = [each for each in submissions if works[each.path] is not None]
    is_of_several = has_several_owners(rest) or (
        len(submissions) > 1 and (homeworks or any(find_owner(each.path.name) for each in submissions))
    )
    is_homework = has_exercises or not (homeworks or (is_class and submissions))
    if not is_homework or (is_class and is_of_several):
        reason = "it names one student, but there are files of others in this folder"
        stray = [entry for entry in rest if is_file_of_homework(entry, IDENTITY_FILE) and not find_owner(entry.name)]
        others = [entry for entry in rest if entry not in stray]
        ignored = [*ignored, *(f"{entry}: {reason}" for entry in stray)]
        if not is_class:
            return Found(submissions, [*ignored, *(f"{entry}: it is beside a submission" for entry in others)])
        grouped, others, records = _group_by_owner(others, submissions)
        everything = [*submissions, *grouped, *(Submission(entry, "") for entry in others)]
        ignored += records
        return Found(sorted(everything, key=lambda each: each.path), ignored)
    around = Submission(folder, "")
    work = _read_work(folder) if homeworks else None
    different = [each for each in homeworks if works[each.path] != work]
    rows = [each.path.relative_to(folder).as_posix() for each in different]
    if rows:
        around = around.noting(f"Contains other submissions, which have rows of their own: {list_names(rows)}.")
    copies = [f"{each.path}: a copy of the homework in {folder}" for each in homeworks if each not in different]
    return Found([around, *different], [*ignored, *copies])


def _group_by_owner(
    entries: Sequence[Path], submissions: Sequence[Submission]
) -> tuple[list[Submission], list[Path], list[str]]:
    """Return the loose files of each person as a submission, the other entries, and those of the course system."""
    groups: dict[str, list[Path]] = {}
    rest, records = [], []
    keys = {owner.key for each in submissions if (owner := find_owner(each.path.name)) is not None}
    for entry in entries:
        owner, recognized = find_owner(entry.name), recognize(entry.name)
        if entry.name == GRADESCOPE_LIST:
            records.append(f"{entry}: Gradescope's list of the hand-ins")
        elif owner is not None and owner.is_record:
            records.append(f"{entry}: Blackboard's record of an attempt")
        elif entry.is_file() and not entry.is_symlink() and (owner or (recognized and recognized.owner)):
            key = owner.key if owner else recognized.owner if recognized else ""
            groups.setdefault(key, []).append(entry)
        else:
            rest.append(entry)
    grouped = []
    for key, files in groups.items():
        is_surely_owned = len(files) > 1 or find_owner(files[0].name) is not None
        if is_surely_owned and any(recognize(file.name) for file in files):
            grouped.append(Submission(files[0], key, files=tuple(files)))
        elif key in keys:
            records += [f"{file}: beside the archive of the same student, not read" for file in files]
        else:
            rest += files
    return grouped, rest, records


def _read_work(path: Path, *, known_as: str = "") -> Work | None:
    """Return the homework at a path, without the notes on how it was packed; None if there is none.

    Args:
        known_as: the id to assume if it does not name its student.
    """
    try:
        return replace(read_submission(path, known_as=known_as), notes=())
    except CourseError:
        return None
