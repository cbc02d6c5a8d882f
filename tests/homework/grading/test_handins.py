"""A class whose hand-ins have all the names and packings that people and course systems give them.

Every entry ends in a row or in a warning, with the correct mark or with the reason why there is none.
"""

import csv
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.homework.authoring.exercise import find_exercise

RELU = find_exercise("relu").read("solution.py")
WRONG = RELU + "\n\ndef relu(values):\n    return -values\n"
Files = Mapping[str, str | bytes]


@dataclass(frozen=True)
class HandIn:
    """An entry of the class folder.

    Args:
        write: writes it at a path.
        score: of exercise 5; None if there must be no mark.
        says: part of the message; empty if there must be none.
        label: of its row, if it is not the name of the entry.
    """

    name: str
    write: Callable[[Path], None]
    score: str | None = "4"
    says: str = ""
    label: str = ""


def homework(student: str, prefix: str = "", relu: str = "ex05_relu.py", text: str | bytes = RELU) -> Files:
    """Return the files of a homework: the id and one exercise."""
    return {f"{prefix}homework.toml": f'student = "{student}"\n', f"{prefix}{relu}": text}


def as_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def zipped(*groups: Files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (item for files in groups for item in files.items()):
            archive.writestr(zipfile.ZipInfo(name), as_bytes(text), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def tarred(files: Files, mode: str = "w", links: Mapping[str, str] | None = None) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(as_bytes(text))
            archive.addfile(member, io.BytesIO(as_bytes(text)))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return stream.getvalue()


def file(content: bytes | str) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(as_bytes(content)) and None


def folder(*groups: Files) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.mkdir()
        for name, text in (item for files in groups for item in files.items()):
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(as_bytes(text))

    return write


def renamed(student: str, name: str) -> HandIn:
    """Return a zip whose exercise has another name."""
    return HandIn(
        f"{student}.zip", file(zipped(homework(student, relu=name))), says=f"{name} was read as ex05_relu.py."
    )


VENV = {f"hw/.venv/lib/{number}.py": "pass" for number in range(5_000)}
PICTURE = {"hw/screen.png": bytes(6_000_000)}
CLASS = [
    # Packed in every way that can be read.
    HandIn("zip.zip", file(zipped(homework("zip")))),
    HandIn("zip_folder.zip", file(zipped(homework("zip_folder", "hw/")))),
    HandIn("BIG.ZIP", file(zipped(homework("big")))),
    HandIn("no_suffix", file(zipped(homework("no_suffix")))),
    HandIn("backslash.zip", file(zipped(homework("backslash", "hw\\")))),
    HandIn("tar.tar", file(tarred(homework("tar", "hw/")))),
    HandIn("targz.tar.gz", file(tarred(homework("targz", "./hw/"), "w:gz"))),
    HandIn("tgz.tgz", file(tarred(homework("tgz"), "w:gz"))),
    HandIn("plain", folder(homework("plain"))),
    HandIn("dots.zip", file(zipped(homework("dots", "../hw/")))),
    HandIn("absolute.tar", file(tarred(homework("absolute", "/home/ada/")))),
    HandIn("inner", folder({"hw.zip": zipped(homework("inner"))}), label="inner/hw.zip"),
    HandIn("deep", folder(homework("deep", "a/b/c/d/e/hw/")), label="deep/a/b/c/d/e/hw"),
    HandIn("zip_in_zip.zip", file(zipped({"hw.zip": zipped(homework("zip_in_zip"))})), says="Read from hw.zip in it."),
    # What else is in it does not matter.
    HandIn("venv.zip", file(zipped(homework("venv", "hw/"), VENV))),
    HandIn("picture.zip", file(zipped(homework("picture", "hw/"), PICTURE)), says="Not read: hw/screen.png."),
    HandIn("mac.zip", file(zipped(homework("mac", "hw/"), {"__MACOSX/hw/._ex05_relu.py": b"\0\5\x16\7"}))),
    HandIn("venv_folder", folder(homework("venv_folder"), {"venv/lib/ex05_relu.py": WRONG, ".DS_Store": b"\0"})),
    # Renamed on the way.
    renamed("browser", "ex05_relu (1).py"),
    renamed("canvas", "lovelaceada_123_456_ex05_relu-1.py"),
    renamed("late", "lovelaceada_LATE_123_456_ex05_relu.py"),
    renamed("moodle", "Ada Lovelace_123_assignsubmission_file_ex05_relu.py"),
    renamed("windows", "ex05_relu.py.txt"),
    renamed("hidden_suffix", "ex05_relu.txt"),
    renamed("capital", "Ex05_ReLU.PY"),
    renamed("spaces", "ex05 relu.py"),
    renamed("copied", "ex05_relu - Kopie.py"),
    renamed("source_folder", "src/ex05_relu.py"),
    HandIn(
        "identity.zip",
        file(zipped({"homework (2).toml": 'student = "identity"\n', "ex05_relu.py": RELU})),
        says="homework (2).toml was read as homework.toml.",
    ),
    # Copies.
    HandIn("same_twice.zip", file(zipped(homework("same_twice", "hw/"), homework("same_twice", "hw copy/")))),
    HandIn(
        "two.zip",
        file(zipped(homework("two", "hw/", text=WRONG), homework("two", "hw final/"))),
        score=None,
        says="contains different homeworks in 2 folders: hw, hw final",
    ),
    HandIn(
        "older.zip",
        file(zipped(homework("older", "hw/"), homework("older", "hw/old/", text=WRONG))),
        says="Read from hw, which contains another homework: hw/old.",
    ),
    HandIn(
        "exact.zip",
        file(zipped(homework("exact"), {"ex05_relu (1).py": WRONG})),
        says="Not read: ex05_relu (1).py.",
    ),
    HandIn(
        "unclear.zip",
        file(zipped(homework("unclear", relu="ex05_relu (1).py"), {"ex05_relu (2).py": WRONG})),
        score=None,
        says="2 different files that may be ex05_relu.py: ex05_relu (1).py, ex05_relu (2).py",
    ),
    HandIn("old_and_zip", folder(homework("old_and_zip", text=WRONG)), score="0"),
    HandIn(
        "beside",
        folder({"hw.zip": zipped(homework("beside")), "note.txt": "late"}),
        "4",
        "Beside it, not read: note.txt.",
        "beside/hw.zip",
    ),
    # Texts as editors save them.
    HandIn("utf16.zip", file(zipped(homework("utf16", text=("# Größe\n" + RELU).encode("utf-16"))))),
    HandIn("bom.zip", file(zipped(homework("bom", text=b"\xef\xbb\xbf" + RELU.encode())))),
    HandIn(
        "cookie.zip", file(zipped(homework("cookie", text=f"# coding: cp1252\nSIZE = 'ö'\n{RELU}".encode("cp1252"))))
    ),
    HandIn("accent.zip", file(zipped(homework("Rene\u0301")))),
    # No homework that can be read.
    HandIn("seven.7z", file(b"7z\xbc\xaf\x27\x1c" + bytes(50)), None, "is a 7z archive, which cannot be read here"),
    HandIn("rar.rar", file(b"Rar!\x1a\x07\x01\0" + bytes(50)), None, "is a RAR archive, which cannot be read here"),
    HandIn("liar.zip", file(b"Rar!\x1a\x07\x01\0" + bytes(50)), None, "is a RAR archive, which cannot be read here"),
    HandIn("xz.tar.xz", file(tarred(homework("xz"), "w:xz")), None, "is a xz archive, which cannot be read here"),
    HandIn("gus_ex05_relu.py", file(RELU), None, "is a single Python file"),
    HandIn("ivy.ipynb", file("{}"), None, "is a notebook"),
    HandIn("report.pdf", file("%PDF-1.7"), None, "is neither a zip nor a homework folder"),
    HandIn(
        "no_identity", folder({"ex05_relu.py": RELU}), None, "has no homework.toml, which names the student. Found: ex"
    ),
    HandIn("notebook", folder({"hw.ipynb": "{}"}), None, "Found: hw.ipynb"),
    HandIn("nothing", folder(), None, "Found: nothing"),
    HandIn("empty.zip", file(zipped()), None, "Found: nothing"),
    HandIn("broken.zip", file(zipped(homework("broken"))[:-30]), None, "is not a readable zip"),
    HandIn("cut.tar.gz", file(tarred(homework("cut"), "w:gz")[:-40]), None, "is not a readable tar.gz"),
    HandIn(
        "class.zip",
        file(zipped({"a/hw.zip": zipped(homework("a")), "b/hw.zip": zipped(homework("b"))})),
        None,
        "contains 2 archives: a/hw.zip, b/hw.zip. Unpack it and grade the folder.",
    ),
    HandIn(
        "flat.zip",
        file(zipped({"roejim_33_44_homework.toml": 'student = "roejim"\n', "doejane_11_22_ex05_relu.py": RELU})),
        None,
        "contains files of several people by their names: doejane_11, roejim_33.",
    ),
    HandIn(
        "one_canvas.zip",
        file(zipped({"roejim_33_44_homework.toml": 'student = "roejim"\n', "roejim_33_45_ex05_relu.py": RELU})),
        says="roejim_33_45_ex05_relu.py was read as ex05_relu.py.",
    ),
    HandIn(
        "linked.tar",
        file(tarred(homework("linked"), links={"ex01_convolution.py": "/etc/passwd"})),
        None,
        "ex01_convolution.py in",
    ),
    HandIn("out.tar", file(tarred({"hw/../../homework.toml": 'student = "out"\n'})), None, "has no homework.toml"),
    HandIn("link", lambda path: path.symlink_to("/etc"), None, "is a link"),
    HandIn("loop", lambda path: path.symlink_to(path.name), None, "is a link"),
    # An id that names nobody.
    HandIn("lab.zip", file(zipped(homework("student"))), says="The id student is a login name"),
]
WARNED = {".DS_Store": file(b"\0"), "__MACOSX": folder({"x": "y"}), "homework.toml": file('student = "teacher"\n')}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The result of grading the class, and the rows of its table by submission."""
    place = tmp_path_factory.mktemp("handins")
    (place / "class").mkdir()
    (place / "secret.txt").write_text("0123456789abcdef")
    for each in CLASS:
        each.write(place / "class" / each.name)
    for name, write in WARNED.items():
        write(place / "class" / name)
    words = ["homework", "grade", place / "class", "--secret", place / "secret.txt", "--only", "relu", "--quiet"]
    result = CliRunner().invoke(kcnn, [str(word) for word in words])
    return result, {row["submission"]: row for row in csv.DictReader(io.StringIO(result.stdout))}


def test_every_entry_is_accounted_for(graded):
    result, rows = graded
    assert len(CLASS) > 50
    assert set(rows) == {each.label or each.name for each in CLASS}
    for name in WARNED:
        assert any(line.startswith("Not a submission: ") and f"/{name}:" in line for line in result.stderr.splitlines())
    unmarked = [each.label or each.name for each in CLASS if each.score is None]
    counts = f"{len(CLASS)} entries: {len(CLASS) - len(unmarked)} graded, {len(unmarked)} without a mark"
    assert counts in result.stderr.splitlines()
    for label in unmarked:
        assert f"  no mark: {label}: " in result.stderr
    assert result.exit_code == 1


@pytest.mark.parametrize("each", CLASS, ids=lambda each: each.name)
def test_each_entry_has_its_mark_or_the_reason(each, graded):
    row = graded[1][each.label or each.name]
    assert row["score"] == (each.score or ""), row["message"]
    assert row["status"] == ("graded" if each.score else "unreadable")
    if each.says:
        assert each.says in row["message"]
    else:
        assert row["message"] == ""


def test_nobody_takes_the_place_of_somebody_else(graded):
    """The ids in the table are those of the hand-ins, one each."""
    ids = [row["student"] for row in graded[1].values() if row["student"]]
    assert len(ids) == len(set(ids))
    assert graded[1]["accent.zip"]["student"] == "Ren\u00e9"
