"""Read a submission: choose the homework's files in a folder or an archive, and say what was chosen.

Nothing is chosen in silence. A file that was renamed on its way is read and noted. If two files could be the same
exercise and differ, the one with the name that was given out counts and the other is noted; if the names do not
decide, the submission is refused.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.authoring.exercise import ANSWERS_FILE, list_exercises
from keras_cnn_course.homework.grading.file_names import list_people, recognize
from keras_cnn_course.homework.grading.members import (
    ARCHIVE_SUFFIXES,
    READABLE_SUFFIXES,
    Member,
    list_archive,
    list_files,
    list_members,
)
from keras_cnn_course.homework.judging.planning import Work
from keras_cnn_course.homework.sandbox.messages import printable
from keras_cnn_course.homework.student.work_files import (
    IDENTITY_FILE,
    README_FILE,
    decode_text,
    largest_size,
    list_file_names,
    parse_work,
)

__all__ = ["list_names", "read_submission"]

_LARGEST_INNER_ARCHIVE = 1 << 24
_MOST_NAMES = 5
# Version 0.1 took the login name without recording it. These are not the names of a person.
_SHARED_LOGINS = {
    *("root", "student", "students", "user", "admin", "administrator", "guest", "ubuntu", "debian", "pi", "vagrant"),
    *("jovyan", "vscode", "codespace", "runner", "lab", "labuser", "test", "default", "nobody", "docker", "me", "you"),
}
_LOOKS_LIKE_WORK = (".py", ".ipynb", ".txt", ".toml", ".md", ".pdf", ".doc", ".docx", ".pyc", *READABLE_SUFFIXES)


def read_submission(
    path: Path, *, files: Sequence[Path] = (), known_as: str = "", problems: Mapping[Path, str] = {}
) -> Work:
    """Return the homework in a folder, a zip or a tar archive, with notes on what was renamed or left out.

    Args:
        files: single files of one person, to be read instead of the path.
        known_as: the student's id in the roster, for a homework without homework.toml.
        problems: why files cannot be read, by their paths, as the end of a sentence.

    Raises:
        HomeworkError: there is no homework in it, or no valid student id.
        GraderError: it cannot be read, which says nothing about the homework.
    """
    if path in problems and not files:
        raise HomeworkError(f"{path} {problems[path]}")
    folder = path.parent if files else path
    members = list_files(files, _wanted) if files else list_members(path, _wanted)
    members = [
        replace(each, content=None, problem=problem) if (problem := problems.get(folder / each.name)) else each
        for each in members
    ]
    notes: list[str] = []
    assumed = Member(IDENTITY_FILE, f"student = {json.dumps(known_as)}\n".encode())
    if not _files_named(members, IDENTITY_FILE):
        members, notes = _open_inner_archive(path, members)
    elif not _has_exercise(members):
        members, notes = _open_exercises(path, members)
    if not _files_named(members, IDENTITY_FILE) and known_as and any(recognize(each.base) for each in members):
        members = [*members, assumed]
        notes = [*notes, f"Without {IDENTITY_FILE}: the id {known_as} is from the roster."]
    if not _files_named(members, IDENTITY_FILE):
        there = [member.name for member in members]
        raise HomeworkError(
            f"{path} has no {IDENTITY_FILE}, which names the student. Found: {list_names(there) or 'nothing'}. "
            "Hand in the zip that this command makes: kcnn homework submit"
        )
    chosen, more = _choose(path, members)
    people = sorted(list_people(member.base for member in chosen.values() if member is not assumed))
    if len(people) > 1:
        raise HomeworkError(
            f"{path} contains files of several people by their names: {list_names(people)}. "
            "Put the files of each person into a folder of their own, and grade these folders."
        )
    top = chosen[IDENTITY_FILE].folder
    renamed = {name for name, member in chosen.items() if (member.folder, member.base) != (top, name)}
    texts = {name: decode_text(member.content or b"") for name, member in chosen.items()}
    work = parse_work(path, texts, renamed=renamed)
    return replace(work, notes=(*notes, *more, *work.notes, *_describe_id(work)))


def _describe_id(work: Work) -> list[str]:
    """Return a note if the student's id does not name a person."""
    if work.id_from != "login" and work.student.casefold() not in _SHARED_LOGINS:
        return []
    return [f"The id {work.student} is a login name: find out whose submission this is by its path."]


def list_names(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are.

    >>> list_names(["a", "b"]), list_names(list("abcdefg"))
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    shown = ", ".join(printable(name) for name in names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


@dataclass(frozen=True)
class _Candidate:
    """A member that may be a certain file of the homework."""

    member: Member
    is_exact: bool


def _wanted(name: str) -> int:
    """Return how many bytes of a file are read."""
    base = PurePosixPath(name).name
    recognized = recognize(base)
    if recognized:
        return largest_size(recognized.file)
    return _LARGEST_INNER_ARCHIVE if _is_archive(base) else 0


def _is_archive(name: str) -> bool:
    return name.lower().endswith(READABLE_SUFFIXES)


def _files_named(members: Sequence[Member], file: str) -> list[_Candidate]:
    """Return the members that may be this file of the homework: they were read, or there is a reason why not."""
    found = []
    for member in members:
        recognized = recognize(member.base)
        was_tried = member.content is not None or bool(member.problem)
        if recognized and recognized.file == file and was_tried and _is_inside(member):
            found.append(_Candidate(member, recognized.is_exact))
    return found


def _is_inside(member: Member) -> bool:
    """Return whether a name stays inside of its archive."""
    return ".." not in member.folder


def _open_inner_archive(path: Path, members: list[Member]) -> tuple[list[Member], list[str]]:
    """Return the members of the only archive among the members, if the homework is in it, or else the members.

    An archive beside exercises, such as figures.zip, is the homework only if it names the student.

    Raises:
        HomeworkError: there are several archives, for example a whole class in a zip.
    """
    inner = [member for member in members if _is_archive(member.base)]
    if len(inner) > 1:
        raise HomeworkError(
            f"{path} contains {len(inner)} archives: {list_names([member.name for member in inner])}. "
            "Unpack it and grade the folder."
        )
    if not inner or path.is_dir():
        return members, []
    has_work = any(recognize(member.base) for member in members)
    try:
        if inner[0].content is None:
            raise HomeworkError(f"{inner[0].name} in {path} {inner[0].problem or 'cannot be read.'}")
        unpacked = list_archive(path / inner[0].name, io.BytesIO(inner[0].content), _wanted)
    except HomeworkError:
        if has_work:
            return members, []
        raise
    if (
        has_work
        and not _files_named(unpacked, IDENTITY_FILE)
        and (_has_exercise(members) or not _has_exercise(unpacked))
    ):
        return members, []
    return _replace_by_inner([member for member in members if member is not inner[0]], unpacked, inner[0].name)


def _open_exercises(path: Path, members: list[Member]) -> tuple[list[Member], list[str]]:
    """Return the members with those of the only archive that has exercises, as if it were a folder.

    If the archive names its student itself, it is the homework, and nothing beside it is read.

    Raises:
        HomeworkError: several archives have exercises, or there is nothing but an archive that cannot be read.
    """
    found: dict[str, list[Member]] = {}
    unreadable = []
    for member in members:
        if member.base.lower().endswith(ARCHIVE_SUFFIXES):
            try:
                unpacked = list_archive(path / member.name, io.BytesIO(member.content or b""), _wanted)
            except HomeworkError:
                unreadable.append(member.name)
                continue
            if _has_exercise(unpacked):
                found[member.name] = unpacked
    if len(found) > 1:
        raise HomeworkError(
            f"{path} has no exercise beside {IDENTITY_FILE}. There are exercises in {list_names([*found])}. "
            "Neither was graded, because the names do not say which one counts. Keep one of them."
        )
    if unreadable and not found and not _files_named(members, ANSWERS_FILE):
        raise HomeworkError(
            f"{path} has no exercise beside {IDENTITY_FILE}, and {list_names(unreadable)} cannot be read. "
            "Hand in the zip that this command makes: kcnn homework submit"
        )
    for name, unpacked in found.items():
        outer = [member for member in members if member.name != name]
        if _files_named(unpacked, IDENTITY_FILE):
            return _replace_by_inner(outer, unpacked, name)
        return [*outer, *(replace(member, name=f"{name}/{member.name}") for member in unpacked)], []
    return members, []


def _replace_by_inner(outer: Sequence[Member], inner: Sequence[Member], name: str) -> tuple[list[Member], list[str]]:
    """Return the members of an inner archive, with those around it as files that are not read, and a note."""
    return [*inner, *(replace(member, content=None) for member in outer)], [f"Read from {printable(name)} in it."]


def _has_exercise(members: Sequence[Member]) -> bool:
    files = [recognized.file for member in members if (recognized := recognize(member.base))]
    return any(file not in (IDENTITY_FILE, ANSWERS_FILE) for file in files)


def _choose(path: Path, members: Sequence[Member]) -> tuple[dict[str, Member], list[str]]:
    """Return the members to read by the names that they were given out with, and notes for the instructor."""
    everything = members
    members = [member for member in members if recognize(member.base)]
    base, others = _choose_folder(path, members)
    chosen: dict[str, Member] = {}
    notes: list[str] = []
    if others:
        notes.append(
            f"Read from {_show(base)}, which contains another homework: {list_names(list(map(_show, others)))}."
        )
    for name in list_file_names():
        candidates = [
            each
            for each in _files_named(members, name)
            if not any(each.member.folder[: len(other)] == other for other in others)
        ]
        if candidates:
            chosen[name] = _choose_member(path, name, candidates, base)
    for name, member in chosen.items():
        if member.problem:
            raise HomeworkError(f"{name} in {path} {member.problem}")
        expected = "/".join([*base, name])
        if member.name != expected:
            notes.append(f"{printable(member.name)} was read as {name}.")
    return chosen, [*notes, *_describe_rest(everything, chosen)]


def _choose_folder(path: Path, members: Sequence[Member]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the folder with the homework, and folders with other homeworks in it.

    Raises:
        HomeworkError: there are different homeworks, none of which contains the others.
    """
    folders = sorted({each.member.folder for each in _files_named(members, IDENTITY_FILE)}, key=lambda f: (len(f), f))
    if not folders:
        return (), []
    first, *others = folders
    if all(other[: len(first)] == first for other in others):
        return first, others
    contents = [_contents_of(members, folder) for folder in folders]
    if all(each == contents[0] for each in contents):
        return first, []
    raise HomeworkError(
        f"{path} contains different homeworks in {len(folders)} folders: {list_names(list(map(_show, folders)))}. "
        "Neither was graded, because the names do not say which one counts. Keep one of them."
    )


def _contents_of(members: Sequence[Member], folder: tuple[str, ...]) -> Mapping[str, bytes | None]:
    return {
        recognized.file: member.content
        for member in members
        if member.folder == folder and (recognized := recognize(member.base))
    }


def _choose_member(path: Path, name: str, candidates: Sequence[_Candidate], base: tuple[str, ...]) -> Member:
    """Return the member to read as a file: one in the homework's folder, and with the name that was given out, first.

    Raises:
        HomeworkError: the files that come first differ.
    """

    def rank(candidate: _Candidate) -> tuple[bool, bool]:
        return candidate.member.folder != base, not candidate.is_exact

    first = min(map(rank, candidates))
    equals = [candidate.member for candidate in candidates if rank(candidate) == first]
    if any((member.content, member.problem) != (equals[0].content, equals[0].problem) for member in equals):
        names = list_names([member.name for member in equals])
        raise HomeworkError(
            f"{path} contains {len(equals)} different files that may be {name}: {names}. "
            "Neither was graded, because the names do not say which one counts. Keep one of them."
        )
    return equals[0]


def _describe_rest(members: Sequence[Member], chosen: Mapping[str, Member]) -> list[str]:
    """Return a note on the files that were not read, if there are any, and on those that are missing then."""
    read = {(recognized.file, member.content) for member in members if (recognized := recognize(member.base))
            and member in chosen.values()}  # fmt: skip
    chosen_ids = {id(member) for member in chosen.values()}
    rest = [
        member.name
        for member in members
        if id(member) not in chosen_ids
        and member.base != README_FILE
        and not ((recognized := recognize(member.base)) and (recognized.file, member.content) in read)
    ]
    if not rest:
        return []
    rest.sort(key=lambda name: not name.lower().endswith(_LOOKS_LIKE_WORK))
    missing = [each.file for each in list_exercises() if each.file not in chosen and each.notebook not in chosen]
    looks_like_work = rest[0].lower().endswith(_LOOKS_LIKE_WORK)
    notes = [f"Not read: {list_names(rest)}."]
    return [*notes, f"Missing: {list_names(missing)}."] if missing and looks_like_work else notes


def _show(folder: tuple[str, ...]) -> str:
    return "/".join(folder) or "the top folder"
