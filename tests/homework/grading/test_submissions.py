import io
import os
import runpy
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.files.notebook_file import Cell, render_notebook
from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises
from keras_cnn_course.homework.grading.submissions import read_submission
from keras_cnn_course.homework.student.notebook_code import render_starter
from keras_cnn_course.homework.student.work_files import check_student, decode_text

BAD_ARCHIVES = runpy.run_path(str(Path(__file__).parent.with_name("generated_class.py")))["_bad_archives"]()
IDENTITY = 'student = "ada"\n'
RELU = find_exercise("relu")
NOTEBOOK = render_notebook([Cell("code", "relu = 2")])


def zip_of(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


REASONS = {
    "a name that leads out of it": "has no homework.toml",
    "a link": "homework.toml in .* is a link",
    "a bomb: 1 GiB of zeros in 1 MiB": "ex05_relu.py in .* is larger than 262,144 bytes",
    "cut off": "is not a readable zip",
    "no zip at all": "is not a readable zip",
    "10,000 files": r"has no homework.toml.* Found: 0.txt, .* and 9,995 more",
    "an id that is a path": "A student id must",
    "an id that is a formula": "A student id must",
    "without homework.toml": "has no homework.toml",
}


@pytest.mark.parametrize("name", BAD_ARCHIVES, ids=lambda name: name.replace(" ", "-"))
def test_a_bad_zip_is_refused_and_leaves_nothing(name, tmp_path):
    path = tmp_path / "hw.zip"
    path.write_bytes(BAD_ARCHIVES[name]())
    with pytest.raises(HomeworkError, match=REASONS[name]) as caught:
        read_submission(path)
    assert len(str(caught.value)) < 500
    assert list(tmp_path.iterdir()) == [path]


def test_an_encrypted_zip_is_refused(tmp_path):
    path = zip_of(tmp_path / "hw.zip", {"homework.toml": IDENTITY})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag of the file itself
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and the one in the table of contents
    path.write_bytes(bytes(content))
    with pytest.raises(HomeworkError, match="encrypted"):
        read_submission(path)


@pytest.mark.parametrize(
    "prefix", ["", "hw/", "a folder/hw/", "hw\\", "../hw/", "../../", "/home/ada/", "./", "..\\hw\\"]
)
def test_a_zip_may_hold_a_folder(prefix, tmp_path):
    members = {f"{prefix}homework.toml": IDENTITY, f"{prefix}ex05_relu.py": "relu = 1", f"{prefix}notes.txt": "x"}
    work = read_submission(zip_of(tmp_path / "hw.zip", members))
    assert work.student == "ada"
    assert work.sources == {"ex05_relu": "relu = 1"}


def inner_zip(**members):
    """Return a zip in memory, with files of the homework by their stems or pictures."""
    stream = io.BytesIO()
    names = {"homework": "homework.toml", "relu": "ex05_relu.py", "answers": "answers.toml", "figure": "figure.png"}
    zip_of(stream, {names[name]: text for name, text in members.items()})
    return stream.getvalue()


@pytest.mark.parametrize(
    ("beside", "inner"),
    [
        ({"ex05_relu.py": "relu = 1"}, inner_zip(figure="PNG")),
        ({"ex05_relu.py": "relu = 1"}, inner_zip(relu="relu = 'an older try'")),
        ({"ex05_relu.py": "relu = 1"}, b"no zip at all"),
        ({"answers.toml": ""}, inner_zip(relu="relu = 1")),
        ({"notes.txt": "late"}, inner_zip(relu="relu = 1")),
        ({"ex05_relu.py": "relu = 'loose'"}, inner_zip(homework=IDENTITY, relu="relu = 1")),
    ],
)
def test_a_zip_beside_the_exercises_is_the_homework_only_if_it_says_so(beside, inner, tmp_path):
    path = zip_of(tmp_path / "upload.zip", {**beside, "figures.zip": inner})
    work = read_submission(path, known_as="ada")
    assert (work.student, work.sources) == ("ada", {"ex05_relu": "relu = 1"})
    assert any("figures.zip" in note for note in work.notes)


def test_what_is_beside_the_inner_homework_is_noted_and_not_graded_as_empty(tmp_path):
    inner = inner_zip(homework=IDENTITY, relu="relu = 1")
    path = zip_of(tmp_path / "upload.zip", {"ex06_max_pooling.py": "pool = 1", "hw.zip": inner})
    work = read_submission(path)
    assert work.sources == {"ex05_relu": "relu = 1"}
    assert "Not read: ex06_max_pooling.py." in work.notes


def test_answers_beside_pictures_are_read(tmp_path):
    path = zip_of(tmp_path / "upload.zip", {"answers.toml": "[relu]\n", "figures.zip": inner_zip(figure="PNG")})
    assert read_submission(path, known_as="ada").answers == "[relu]\n"


def packed(path, members, *, folder):
    """Write a hand-in, as a folder or as a zip."""
    if not folder:
        return zip_of(path, members)
    path.mkdir()
    for name, content in members.items():
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("folder", [True, False])
@pytest.mark.parametrize(
    ("beside", "note"),
    [
        ({"work.zip": inner_zip(relu="relu = 1")}, "work.zip/ex05_relu.py was read as ex05_relu.py."),
        (
            {"work.zip": inner_zip(relu="relu = 1", answers="[old]"), "answers.toml": "[relu]"},
            "Not read: work.zip/answers.toml.",
        ),
        ({"work.zip": inner_zip(relu="relu = 1"), "a.zip": inner_zip(figure="PNG")}, "Not read: a.zip."),
        ({"work.zip": inner_zip(homework=IDENTITY, relu="relu = 1")}, "Read from work.zip in it."),
    ],
)
def test_exercises_in_a_zip_beside_homework_toml_are_read(beside, note, folder, tmp_path):
    work = read_submission(packed(tmp_path / "hw", {"homework.toml": IDENTITY, **beside}, folder=folder))
    assert (work.student, work.sources) == ("ada", {"ex05_relu": "relu = 1"})
    assert work.answers == beside.get("answers.toml", "")
    assert note in work.notes


@pytest.mark.parametrize("folder", [True, False])
@pytest.mark.parametrize(
    ("beside", "reason"),
    [
        (
            {"a.zip": inner_zip(relu="relu = 1"), "b.zip": inner_zip(relu="relu = 2")},
            "There are exercises in a.zip, b.zip",
        ),
        ({"work.rar": b"Rar!"}, "work.rar cannot be read"),
        ({"work.zip": b"no zip at all"}, "work.zip cannot be read"),
    ],
)
def test_homework_toml_beside_exercises_that_cannot_be_read_is_no_empty_homework(beside, reason, folder, tmp_path):
    path = packed(tmp_path / "hw", {"homework.toml": IDENTITY, **beside}, folder=folder)
    with pytest.raises(HomeworkError, match=f"has no exercise beside homework.toml.*{reason}"):
        read_submission(path)


def test_answers_beside_an_archive_that_cannot_be_read_count(tmp_path):
    members = {"homework.toml": IDENTITY, "answers.toml": "[relu]", "figures.rar": b"Rar!"}
    assert read_submission(zip_of(tmp_path / "hw.zip", members)).answers == "[relu]"


def test_what_a_mac_or_an_older_try_leaves_in_a_zip_is_not_taken_for_the_homework(tmp_path):
    members = {
        "__MACOSX/hw/homework.toml": 'student = "resource fork"\n',
        "hw/old/homework.toml": 'student = "older"\n',
        "hw/homework.toml": IDENTITY,
        "hw/ex05_relu.py": "relu = 2",
    }
    assert read_submission(zip_of(tmp_path / "hw.zip", members)).student == "ada"


@pytest.mark.parametrize("folder", [True, False])
def test_what_students_put_before_names_is_no_person(folder, tmp_path):
    members = {
        "homework.toml": IDENTITY,
        "Copy of ex05_relu.py": "relu = 1",
        "final ex01_convolution.py": "convolve = 1",
    }
    path = zip_of(tmp_path / "hw.zip", members)
    if folder:
        path = tmp_path / "hw"
        path.mkdir()
        for name, text in members.items():
            (path / name).write_text(text)
    assert read_submission(path).sources == {"ex05_relu": "relu = 1", "ex01_convolution": "convolve = 1"}


@pytest.mark.parametrize("prefix", ["", "lovelaceada_123_456_"])
@pytest.mark.parametrize("name", ["test_ex05_relu.py", "ex05_relu_notes.txt", "Ex05 ReLU output.txt"])
def test_tests_and_notes_on_an_exercise_are_not_taken_for_it(name, prefix, tmp_path):
    members = {"homework.toml": IDENTITY, f"{prefix}ex05_relu.ipynb": NOTEBOOK, f"{prefix}{name}": "not relu"}
    work = read_submission(zip_of(tmp_path / "hw.zip", members))
    assert work.sources == {"ex05_relu": "relu = 2\n"}
    assert f"Not read: {prefix}{name}." in work.notes


@pytest.mark.parametrize(
    ("name", "notebook", "counts"),
    [
        ("old_ex05_relu.py", NOTEBOOK, "notebook"),
        ("old/ex05_relu.py", NOTEBOOK, "notebook"),
        ("ex05_relu.py", NOTEBOOK, "Python file"),
        ("ex05_relu (1).py", render_starter(RELU), "Python file"),
        ("ex05_relu (1).py", "damaged", "Python file"),
    ],
)
def test_a_notebook_with_its_own_name_counts_more_than_a_renamed_python_file(name, notebook, counts, tmp_path):
    members = {"homework.toml": IDENTITY, name: "relu = 1\n", "ex05_relu.ipynb": notebook}
    work = read_submission(zip_of(tmp_path / "hw.zip", members))
    assert work.sources == {"ex05_relu": "relu = 2\n" if counts == "notebook" else "relu = 1\n"}
    assert any(f"both here: the {counts} counts, because" in note for note in work.notes)


def test_files_of_two_people_without_homework_toml_are_refused(tmp_path):
    path = zip_of(tmp_path / "hw.zip", {"ada_ex05_relu.py": "relu = 1", "bob_ex01_convolution.py": "convolve = 1"})
    with pytest.raises(HomeworkError, match="several people by their names: ada, bob"):
        read_submission(path, known_as="ada")


def test_a_folder_and_its_zip_are_the_same_work(tmp_path, hw):
    zip_of(tmp_path / "hw.zip", {path.name: path.read_text() for path in hw.glob("*.*") if path.is_file()})
    assert read_submission(tmp_path / "hw.zip") == read_submission(hw)
    assert len(read_submission(hw).sources) == len(list_exercises())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links and pipes of a Unix")
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "huge"])
def test_what_is_no_file_of_a_folder_is_refused(kind, tmp_path):
    (tmp_path / "homework.toml").write_text(IDENTITY)
    path = tmp_path / "ex05_relu.py"
    if kind == "link":
        path.symlink_to(str(find_exercise("relu").folder / "solution.py"))
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"#" * 300_000)
    with pytest.raises(HomeworkError, match=r"ex05_relu\.py in .* is (a link|a pipe|a folder|too large)"):
        read_submission(tmp_path)


def test_texts_of_any_encoding_are_read(tmp_path):
    (tmp_path / "homework.toml").write_bytes(b"\xef\xbb\xbf" + IDENTITY.encode())
    (tmp_path / "ex05_relu.py").write_bytes("# Größe\r\nrelu = 1\r\n".encode("latin-1"))
    assert read_submission(tmp_path).sources["ex05_relu"] == "# Gr��e\nrelu = 1\n"


@pytest.mark.parametrize(
    "student", ["", "a b", "../root", "x" * 65, "=1", "a\n", 7.5, True, None, "\x1b[31m", "a/b", "a,b", "\u0301a"]
)
def test_an_id_is_a_word(student):
    with pytest.raises(HomeworkError, match="student id"):
        check_student(student)


def test_a_matriculation_number_needs_no_quotes(tmp_path):
    (tmp_path / "homework.toml").write_text("student = 1234567\n")
    assert read_submission(tmp_path).student == "1234567"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("x = 'ö'\n".encode("utf-16"), "x = 'ö'\n"),
        (b"\xfe\xff" + "x = 'ö'\n".encode("utf-16-be"), "x = 'ö'\n"),
        ("x = 'ö'\n".encode("utf-32"), "x = 'ö'\n"),
        ("# -*- coding: latin-1 -*-\nx = 'ö'\n".encode("latin-1"), "# -*- coding: latin-1 -*-\nx = 'ö'\n"),
        (
            "#!python\n# vim: set fileencoding=gbk :\nx = '李'\n".encode("gbk"),
            "#!python\n# vim: set fileencoding=gbk :\nx = '李'\n",
        ),
        ("# coding: latin-1\nx = 'ö'\n".encode(), "# coding: latin-1\nx = 'ö'\n"),  # it is UTF-8 in spite of it
        (b"# coding: punycode\nx = '\xf6'\n", "# coding: punycode\nx = '\ufffd'\n"),
        (b"# coding: nonsense\nx = '\xf6'\n", "# coding: nonsense\nx = '\ufffd'\n"),
        (b"\xff\xfex", "\ufffd"),
    ],
)
def test_the_mark_or_the_declaration_decides_the_encoding(content, text):
    assert decode_text(content) == text


@pytest.mark.parametrize(("student", "same"), [("Rene\u0301", "Ren\u00e9"), ("\u1112\u1161\u11ab", "\ud55c")])
def test_an_id_has_one_form(student, same):
    assert check_student(student) == check_student(same) == same


@pytest.mark.parametrize(
    "student", ["ada", "ada.lovelace", "12345678", "ada@example.org", "größe", "a+b-c_d", "हिन्दी", "x" * 64]
)
def test_usual_ids_are_ids(student):
    assert check_student(student) == student


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_a_damaged_zip_of_any_method_is_the_submissions_own_fault(method, tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("homework.toml", IDENTITY * 100)
    content = stream.getvalue()
    start = 30 + len("homework.toml")
    for place in range(start, start + 40):
        changed = bytearray(content)
        changed[place] ^= 0xFF
        (tmp_path / "hw.zip").write_bytes(bytes(changed))
        with suppress(HomeworkError):  # some bytes have no effect
            read_submission(tmp_path / "hw.zip")


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path):
    """The directory claims 10 bytes; the content goes on."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("homework.toml", IDENTITY)
        archive.writestr("ex05_relu.py", "#" * 1_000_000)
    content = bytearray(stream.getvalue())
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    (tmp_path / "hw.zip").write_bytes(bytes(content))
    with pytest.raises(HomeworkError):
        read_submission(tmp_path / "hw.zip")


@pytest.mark.parametrize(("size", "content"), [(1_000_000, b"1" * 1_000_000), (900 << 20, b"")])
def test_a_tar_with_a_long_extended_header_is_refused_at_once(size, content, tmp_path):
    """Python would search a million digits in quadratic time."""
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, size
    (tmp_path / "hw.tar").write_bytes(header.tobuf() + content + bytes(2048))
    with pytest.raises(HomeworkError, match="its extended headers are too long"):
        read_submission(tmp_path / "hw.tar")
