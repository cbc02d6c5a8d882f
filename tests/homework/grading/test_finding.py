import io
import random
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import pytest

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.grading import members as members_module
from keras_cnn_course.homework.grading.class_archive import unpacking_classes
from keras_cnn_course.homework.grading.finding import find_submissions
from keras_cnn_course.homework.grading.submissions import read_submission

IDENTITY = 'student = "ada"\n'


def write_homework(folder, student="ada", relu="relu = 1"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "homework.toml").write_text(f'student = "{student}"\n')
    (folder / "ex05_relu.py").write_text(relu)


def zip_bytes(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return stream.getvalue()


def write_zip(path, members):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zip_bytes(members))


def labels(*paths, **options):
    return [each.label for each in find_submissions(paths, **options).submissions]


def test_every_entry_of_an_export_is_a_submission_and_only_clutter_is_not(tmp_path):
    for name in ("Ada_1234_file", "Grace_1235_file"):
        write_zip(tmp_path / name / "hw.zip", {"homework.toml": IDENTITY})
    write_homework(tmp_path / "linus" / "hw")
    write_zip(tmp_path / "top.zip", {"homework.toml": IDENTITY})
    for name in (".hidden", "__MACOSX", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "notes.txt").write_text("no submission")
    assert labels(tmp_path) == [
        *("Ada_1234_file/hw.zip", "Grace_1235_file/hw.zip", "empty", "linus/hw", "notes.txt", "top.zip")
    ]
    assert [Path(text.split(":")[0]).name for text in find_submissions([tmp_path]).ignored] == [".hidden", "__MACOSX"]
    assert labels(tmp_path / "top.zip") == ["top.zip"]


def test_a_folder_that_may_not_be_looked_into_counts_as_a_submission(tmp_path, monkeypatch):
    """Reading it reports the error, and the others are found."""
    for name in ("ada", "grace"):
        write_homework(tmp_path / name)
    iterdir = Path.iterdir

    def refuse(path):
        if path.name == "grace":
            raise PermissionError(13, "Permission denied", str(path))
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert labels(tmp_path) == ["ada", "grace"]


@pytest.mark.parametrize(("name", "reason"), [("nowhere", "there is no such file"), ("empty", "it is empty")])
def test_no_submission_is_an_error(name, reason, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(HomeworkError, match=f"No submission found in .*: {reason}"):
        find_submissions([tmp_path / name])


def test_a_stray_homework_toml_hides_nobody(tmp_path):
    (tmp_path / "homework.toml").write_text('student = "teacher"\n')
    write_zip(tmp_path / "ada" / "hw.zip", {"homework.toml": IDENTITY})
    write_homework(tmp_path / "bob", "bob")
    found = find_submissions([tmp_path])
    assert [each.label for each in found.submissions] == ["ada/hw.zip", "bob"]
    assert "homework.toml: it names one student" in found.ignored[0]


def test_loose_files_in_the_folder_of_a_class_are_nobodys_homework(tmp_path):
    write_homework(tmp_path, "teacher")
    write_zip(tmp_path / "ada" / "hw.zip", {"homework.toml": IDENTITY})
    write_homework(tmp_path / "bob", "bob")
    (tmp_path / "cy").mkdir()
    (tmp_path / "cy" / "ex01_convolution.py").write_text("convolve = 1")
    assert labels(tmp_path) == ["ada/hw.zip", "bob", "cy", "ex05_relu.py"]


def test_a_homework_with_other_submissions_in_it_hides_none_of_them(tmp_path):
    write_homework(tmp_path / "ada")
    write_zip(tmp_path / "ada" / "new.zip", {"homework.toml": IDENTITY, "ex05_relu.py": "relu = 2"})
    write_homework(tmp_path / "ada" / "old", relu="relu = 3")
    first, *others = find_submissions([tmp_path]).submissions
    assert first.label == "ada"
    assert first.note == "Contains other submissions, which have rows of their own: new.zip, old."
    assert [each.label for each in others] == ["ada/new.zip", "ada/old"]


@pytest.mark.parametrize(("relu", "found"), [("relu = 1", ["ada"]), ("relu = 2", ["ada", "ada/hw.zip"])])
def test_a_zip_in_its_own_folder_counts_once_if_it_is_the_same(relu, found, tmp_path):
    write_homework(tmp_path / "class" / "ada")
    write_zip(tmp_path / "class" / "ada" / "hw.zip", {"homework.toml": IDENTITY, "ex05_relu.py": relu})
    assert labels(tmp_path / "class") == found


@pytest.mark.parametrize("is_upload", [True, False])
@pytest.mark.parametrize(
    "archives", [("figures.zip",), ("data/train-images.gz", "data/train-labels.gz", "data/README.txt"), ("old.rar",)]
)
def test_archives_without_a_homework_are_not_read_beside_one(archives, is_upload, tmp_path):
    write_homework(tmp_path / "ada")
    for name in archives:
        write_zip(tmp_path / "ada" / name, {"figure.png": "PNG"})
    assert labels(tmp_path / "ada", is_upload=is_upload) == ["ada"]
    assert labels(tmp_path) == ["ada"]
    assert f"Not read: {', '.join(sorted(archives))}." in read_submission(tmp_path / "ada").notes


def test_an_upload_with_answers_and_pictures_is_a_homework(tmp_path):
    (tmp_path / "homework.toml").write_text(IDENTITY)
    (tmp_path / "answers.toml").write_text("[relu]")
    write_zip(tmp_path / "figures.zip", {"figure.png": "PNG"})
    assert labels(tmp_path, is_upload=True) == [tmp_path.name]


def test_an_archive_of_pictures_beside_the_zip_of_an_upload_is_noted(tmp_path):
    write_zip(tmp_path / "hw.zip", {"homework.toml": IDENTITY})
    write_zip(tmp_path / "figures.zip", {"figure.png": "PNG"})
    (submission,) = find_submissions([tmp_path], is_upload=True).submissions
    assert (submission.label, submission.note) == ("hw.zip", "Beside it, not read: figures.zip.")


@pytest.mark.parametrize(("inner", "label"), [("figure.png", "bob"), ("ex05_relu.py", "bob/work.zip")])
def test_exercises_without_homework_toml_count_more_than_pictures(inner, label, tmp_path):
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "ex05_relu.py").write_text("relu = 1")
    write_zip(tmp_path / "bob" / "work.zip", {inner: "relu = 2"})
    assert labels(tmp_path) == [label]


def test_archives_with_the_names_of_several_people_have_rows_beside_a_stray_homework(tmp_path):
    write_homework(tmp_path, "teacher")
    names = ("doejane_11_22_hw.rar", "roejim_33_44_hw.rar")
    for name in names:
        (tmp_path / name).write_bytes(b"Rar!")
    assert labels(tmp_path) == [*names[:1], "ex05_relu.py", *names[1:]]


def test_nobodys_exercise_is_taken_for_the_one_who_has_a_homework_toml(tmp_path):
    (tmp_path / "homework.toml").write_text('student = "doejane"\n')
    (tmp_path / "roejim_33_44_ex05_relu.py").write_text("relu = 1")
    found = find_submissions([tmp_path])
    assert [each.label for each in found.submissions] == ["roejim_33"]
    assert "homework.toml: it names one student" in found.ignored[0]


@pytest.mark.parametrize("name", ["old_ex05_relu.py", "Copy of ex05_relu.py", "ex05_relu (1).py"])
def test_an_older_copy_makes_no_class_of_one_students_folder(name, tmp_path):
    write_homework(tmp_path / "ada")
    (tmp_path / "ada" / name).write_text("relu = 0")
    found = find_submissions([tmp_path / "ada"])
    assert ([each.label for each in found.submissions], found.ignored) == (["ada"], [])
    work = read_submission(tmp_path / "ada")
    assert work.sources == {"ex05_relu": "relu = 1"}
    assert f"Not read: {name}." in work.notes


def test_names_of_two_people_beside_a_stray_homework_toml_are_a_class(tmp_path):
    (tmp_path / "homework.toml").write_text('student = "teacher"\n')
    for name in ("ada_ex05_relu.py", "bob_ex05_relu.py"):
        (tmp_path / name).write_text("relu = 1")
    assert labels(tmp_path) == ["ada_ex05_relu.py", "bob_ex05_relu.py"]


def test_loose_files_of_several_people_are_grouped_by_their_names(tmp_path):
    for name in ("doejane_11_22_homework.toml", "doejane_11_23_ex05_relu.py", "roejim_33_44_ex05_relu.py"):
        (tmp_path / name).write_text('student = "doejane"\n')
    (tmp_path / "roejim_33_45_notes.pdf").write_text("%PDF")
    jane, jim = find_submissions([tmp_path]).submissions
    assert [file.name for file in jane.files] == ["doejane_11_22_homework.toml", "doejane_11_23_ex05_relu.py"]
    assert [each.label for each in (jane, jim)] == ["doejane_11", "roejim_33"]
    assert [file.name for file in jim.files] == ["roejim_33_44_ex05_relu.py", "roejim_33_45_notes.pdf"]


@pytest.mark.parametrize("title", ["Homework", "answers to homework", "ex01_convolution"])
def test_the_title_of_an_assignment_hides_no_file(title, tmp_path):
    texts = {"homework.toml": IDENTITY, "answers.toml": "[relu]\n", "ex05_relu.py": "relu = 1"}
    for name, text in texts.items():
        (tmp_path / f"{title}_alovelace_attempt_2026-11-03-10-15-00_{name}").write_text(text)
    (submission,) = find_submissions([tmp_path]).submissions
    work = read_submission(submission.path, files=submission.files)
    assert (work.student, work.answers, work.sources) == ("ada", "[relu]\n", {"ex05_relu": "relu = 1"})


def test_labels_are_composed_unless_two_would_be_the_same(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "Björk.zip") for form in ("NFC", "NFD"))
    write_zip(tmp_path / decomposed, {"homework.toml": IDENTITY})
    assert labels(tmp_path) == [composed]
    write_zip(tmp_path / composed, {"homework.toml": IDENTITY})
    if len(list(tmp_path.iterdir())) == 2:  # not on macOS
        assert sorted(labels(tmp_path)) == sorted([composed, decomposed])


def test_what_is_beside_a_submission_is_noted(tmp_path):
    write_zip(tmp_path / "Ada_1" / "hw.zip", {"homework.toml": IDENTITY})
    (tmp_path / "Ada_1" / "ex05_relu.py").write_text("newer")
    (submission,) = find_submissions([tmp_path]).submissions
    assert submission.note == "Beside it, not read: ex05_relu.py."


def test_a_folder_of_several_submissions_is_a_class_at_any_depth(tmp_path):
    write_homework(tmp_path / "group" / "ada")
    write_homework(tmp_path / "group" / "bob")
    (tmp_path / "group" / "cy").mkdir()
    (tmp_path / "group" / "dora.py").write_text("relu = 1")
    assert labels(tmp_path) == ["group/ada", "group/bob", "group/cy", "group/dora.py"]


ADA, BO, CY = (f"{name}_assignsubmission_file_" for name in ("Ada_21", "Bo_22", "Cy_23"))


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (
            ("doejane_11_22_hw.zip", "roejim_33_44_ex05_relu.py", "poecy_55_66_report.pdf"),
            ["doejane_11_22_hw.zip", "poecy_55_66_report.pdf", "roejim_33"],
        ),
        (("doejane_11_22_ex05_relu.py", "roejim_33_44_ex05_relu.ipynb"), ["doejane_11", "roejim_33"]),
        (("homework.toml", f"{ADA}/hw.zip", f"{BO}/ex05_relu.py"), [f"{ADA}/hw.zip", BO]),
        ((f"{ADA}/ex05_relu.py", f"{BO}/src/ex05_relu.py", f"{CY}/report.pdf"), [ADA, BO, CY]),
    ],
)
def test_a_group_of_a_class_hides_nobody_whom_the_course_system_has_named(files, found, tmp_path):
    for name in files:
        write_zip(tmp_path / "group" / name, {"homework.toml": IDENTITY})
    write_homework(tmp_path / "zoe")
    assert labels(tmp_path) == [*(f"group/{label}" for label in found), "zoe"]


def test_the_only_folder_of_a_class_hides_nobody(tmp_path):
    """As in Sakai, whose names are not known."""
    group = tmp_path / "term" / "HW"
    write_zip(group / "Lovelace, Ada(ada)" / "attachments" / "hw.zip", {"homework.toml": IDENTITY})
    for name in ("Bo(bo)/attachments/ex05_relu.py", "Cy(cy)/attachments/report.pdf", "grades.csv"):
        write_zip(group / name, {})
    assert labels(tmp_path) == [
        f"term/HW/{name}" for name in ("Bo(bo)", "Cy(cy)", "Lovelace, Ada(ada)/attachments/hw.zip", "grades.csv")
    ]


@pytest.mark.parametrize("owner", [ADA, "ada"])
@pytest.mark.parametrize(
    "files",
    [
        ("hw.zip", "src/ex05_relu.py"),
        ("hw.zip", "fig_1_1_relu.png", "fig_2_1_relu.png"),
        ("hw/hw.zip", "src/notes.txt", "figures/relu.png"),
    ],
)
def test_a_hand_in_is_no_class_whatever_is_in_its_folder(files, owner, tmp_path):
    for name in files:
        write_zip(tmp_path / owner / name, {"homework.toml": IDENTITY})
    assert labels(tmp_path) == [f"{owner}/{files[0]}"]


def test_files_of_several_people_in_the_folder_of_one_are_one_hand_in(tmp_path):
    for name in ("doejane_11_22_ex05_relu.py", "roejim_33_44_ex05_relu.py"):
        write_zip(tmp_path / ADA / "src" / name, {})
    assert labels(tmp_path) == [ADA]
    assert labels(tmp_path / ADA / "src", is_upload=True) == ["src"]


def test_depth_hides_nobody(tmp_path):
    write_homework(tmp_path / "a" / "b" / "c" / "d" / "e" / "hw")
    deep = tmp_path / "z"
    write_homework(deep.joinpath(*"abcdefghijklmnop"))
    assert labels(tmp_path) == ["a/b/c/d/e/hw", "z/a/b/c/d/e/f/g/h/i/j/k/l"]


def test_labels_are_below_the_folder_that_all_paths_are_in(tmp_path):
    for group in ("monday", "tuesday"):
        write_zip(tmp_path / group / "hw.zip", {"homework.toml": IDENTITY})
    assert labels(tmp_path / "monday", tmp_path / "tuesday") == ["monday/hw.zip", "tuesday/hw.zip"]
    assert labels(tmp_path / "monday" / "hw.zip", tmp_path / "tuesday" / "hw.zip") == [
        "monday/hw.zip",
        "tuesday/hw.zip",
    ]
    assert labels(tmp_path / "monday", tmp_path / "monday" / "hw.zip") == ["monday/hw.zip"]


TOO_LARGE = bytes((1 << 24) + 1)
CLASS = {
    "course/export/Ada_21_assignsubmission_file_/homework.toml": IDENTITY,
    "course/export/Ada_21_assignsubmission_file_/ex05_relu.py": "relu = 1",
    "course/export/Bo_22_assignsubmission_file_/homework.toml": IDENTITY,
    "course/export/Bo_22_assignsubmission_file_/ex05_relu.ipynb": TOO_LARGE,
    "course/export/Cy_23_assignsubmission_file_/work/report.pdf": "%PDF-1.7",
    "course/export/Di_24_assignsubmission_file_/hw.zip": TOO_LARGE,
    "course/export/Eve_25_assignsubmission_file_hw.zip": TOO_LARGE,
}


HOMEWORK = {"homework.toml": IDENTITY, "ex05_relu.py": "relu = 1"}
GZIP = b"\x1f\x8b"


def unpacked_labels(path):
    with unpacking_classes([path]) as places:
        return [each.label for each in find_submissions(places).submissions]


@pytest.mark.parametrize(
    "beside",
    [
        {"data/train-images.gz": GZIP, "data/train-labels.gz": GZIP},
        {"figures.zip": zip_bytes({"figure.png": "PNG"}), "data.tar.gz": GZIP},
        {"old_ex05_relu.py": "", "new_ex05_relu.py": ""},
        {"first.zip": zip_bytes(HOMEWORK), "second.zip": zip_bytes(HOMEWORK)},
        {"old/homework.toml": IDENTITY, "a.zip": GZIP, "b.zip": GZIP},
        {"old/homework.toml": "student = 'ADA'  # as before", "a.zip": GZIP, "b.zip": GZIP},
    ],
)
@pytest.mark.parametrize("prefix", ["", "hw/"])
def test_one_students_zip_is_no_class_whatever_is_beside_the_homework(prefix, beside, tmp_path):
    write_zip(tmp_path / "ada.zip", {prefix + name: text for name, text in {**HOMEWORK, **beside}.items()})
    assert unpacked_labels(tmp_path / "ada.zip") == ["ada.zip"]
    work = read_submission(tmp_path / "ada.zip")
    assert work.sources["ex05_relu"] == "relu = 1"
    assert any(note.startswith("Not read: ") for note in work.notes)


@pytest.mark.parametrize(
    ("members", "found"),
    [
        (
            {**HOMEWORK, "b.zip": zip_bytes({"homework.toml": 'student = "bo"'}), "c.zip": GZIP},
            ["b.zip", "c.zip", "ex05_relu.py"],
        ),
        ({"homework.toml": IDENTITY, "b/ex05_relu.py": "", "c.zip": GZIP, "d.zip": GZIP}, ["b", "c.zip", "d.zip"]),
        ({"homework.toml": IDENTITY, "b_ex05_relu.py": "", "c_ex05_relu.py": ""}, ["b_ex05_relu.py", "c_ex05_relu.py"]),
        (
            {"b_homework.toml": IDENTITY, "b_ex05_relu.py": "", "c_ex01_convolution.py": ""},
            ["b_ex05_relu.py", "c_ex01_convolution.py"],
        ),
    ],
)
def test_the_zip_of_a_class_with_one_homework_toml_is_a_class(members, found, tmp_path):
    write_zip(tmp_path / "class.zip", members)
    assert unpacked_labels(tmp_path / "class.zip") == found


def test_no_temporary_path_is_shown(tmp_path):
    members = {"homework.toml": IDENTITY, "ada/hw.zip": GZIP, "bo/ex05_relu.py": "", "cy/hw.zip": GZIP}
    write_zip(tmp_path / "class.zip", members)
    with unpacking_classes([tmp_path / "class.zip"]) as places:
        found = find_submissions(places)
        texts = list(found.ignored)
        for each in found.submissions:
            with pytest.raises(HomeworkError) as caught:
                each.read()
            texts.append(str(caught.value))
            assert texts[-1].startswith(f"{each.label} ")
    assert len(texts) == 4
    assert "kcnn-class-" not in " ".join(texts)


def test_the_zip_of_a_class_has_the_entries_of_the_unpacked_class(tmp_path):
    write_zip(tmp_path / "class.zip", CLASS)
    with zipfile.ZipFile(tmp_path / "class.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    with unpacking_classes([tmp_path / "class.zip"]) as places:
        found = [each.label for each in find_submissions(places).submissions]
    assert found == labels(tmp_path / "unpacked" / "course" / "export")
    assert len(found) == 5


def test_a_class_zipped_from_another_folder_is_unpacked_within_its_own(tmp_path):
    write_zip(tmp_path / "class.zip", {f"../subs/{name}/hw.zip": zip_bytes(HOMEWORK) for name in ("ada", "bo")})
    assert unpacked_labels(tmp_path / "class.zip") == ["ada/hw.zip", "bo/hw.zip"]


def read_class(path):
    """Return the ids of the students in the archive of a class, or why a hand-in cannot be read, by the labels."""
    found = {}
    with unpacking_classes([path]) as places:
        for each in find_submissions(places).submissions:
            try:
                found[each.label] = each.read().student
            except HomeworkError as error:
                found[each.label] = str(error)
    return found


def write_tar(path, members):
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


@pytest.mark.parametrize(
    ("limit", "write"),
    [("_LARGEST_CONTENT", write_zip), ("_LARGEST_UNPACKED_TAR", write_tar), ("_MOST_MEMBERS", write_zip)],
)
def test_a_class_that_is_too_large_to_unpack_is_called_so(limit, write, tmp_path, monkeypatch):
    figure = random.Random(0).randbytes(5000)  # which no zip makes smaller
    write(tmp_path / "class", {f"{name}/hw.zip": zip_bytes({"figure.png": figure}) for name in ("ada", "bo", "cy")})
    monkeypatch.setattr(members_module, limit, 2 if limit == "_MOST_MEMBERS" else 15_000)
    (reason,) = read_class(tmp_path / "class").values()
    assert reason.endswith(
        "class is a class that is too large to unpack here. Unpack it yourself and grade the folder."
    )


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("_LARGEST_CONTENT", 30, "contains more than 30 bytes in files of the homework and archives"),
        ("_MOST_MEMBERS", 1, "contains more than 1 files"),
    ],
)
def test_a_hand_in_that_is_too_large_is_refused_with_the_limit(limit, value, reason, tmp_path, monkeypatch):
    write_zip(tmp_path / "hw.zip", {**HOMEWORK, "ex01_convolution.py": "convolve = 1"})
    monkeypatch.setattr(members_module, limit, value)
    with pytest.raises(HomeworkError, match=reason):
        read_submission(tmp_path / "hw.zip")


def hand_in(student):
    return zip_bytes({"homework.toml": f'student = "{student}"', "ex05_relu.py": "relu = 1"})


@pytest.mark.parametrize(
    ("odd", "label", "reason"),
    [
        ("bo/" + "n" * 300, "bo-nnn", "could not be unpacked as bo/nnn"),
        ("n" * 300 + "/hw.zip", "nnn", "could not be unpacked as nnn"),
        ("bo/" + "deep/" * 1000 + "x", "bo-deep", "could not be unpacked as bo/deep/deep"),
        ("bo", "bo.unread", "could not be unpacked as bo: a folder has the same name. Rename it."),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_an_odd_name_stops_nobody_else(is_first, odd, label, reason, tmp_path):
    others = {"ada/hw.zip": hand_in("ada"), "bo/hw.zip": hand_in("bo")}
    write_zip(tmp_path / "class.zip", {odd: "", **others} if is_first else {**others, odd: ""})
    found = read_class(tmp_path / "class.zip")
    assert {name: found.pop(name) for name in others} == {"ada/hw.zip": "ada", "bo/hw.zip": "bo"}
    (name,) = (each for each in found if each.endswith(".unread"))
    assert name.startswith(label)
    assert found[name].startswith(f"{name} {reason}")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("is_same", [True, False])
def test_a_name_that_is_twice_in_a_class_counts_only_if_both_are_the_same(is_same, tmp_path):
    first, other = hand_in("bo"), hand_in("bob")
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("ada/hw.zip", hand_in("ada"))
        archive.writestr("bo/hw.zip", first)
        archive.writestr("bo/hw.zip", first if is_same else other)
    found = read_class(tmp_path / "class.zip")
    twice = "bo/hw.zip is in the archive more than once, with different contents. Neither was graded"
    assert {label: text.split(", because")[0] for label, text in found.items()} == {
        "ada/hw.zip": "ada",
        "bo/hw.zip": "bo" if is_same else twice,
    }


def test_a_file_too_large_for_the_zip_of_a_class_is_named_with_its_limit(tmp_path):
    write_zip(tmp_path / "class.zip", CLASS)
    reasons = {}
    with unpacking_classes([tmp_path / "class.zip"]) as places:
        for each in find_submissions(places).submissions:
            try:
                read_submission(each.path, files=each.files, problems=each.problems)
            except HomeworkError as error:
                reasons[each.label[:2]] = str(error)
    assert set(reasons) == {"Bo", "Cy", "Di", "Ev"}
    assert "report.pdf" in reasons["Cy"]
    for name, file in (("Bo", "ex05_relu.ipynb"), ("Di", "hw.zip"), ("Ev", "file_hw.zip")):
        assert f"{file} " in reasons[name]
        assert "is larger than 16,777,216 bytes." in reasons[name]
        assert ("Or unpack the class yourself" in reasons[name]) == (name != "Bo")


@pytest.mark.parametrize(
    ("names", "tops"),
    [(("mon/class.zip", "tue/class.zip"), ("class", "class-2")), (("mon/class.zip", "zoe"), ("class", "zoe"))],
)
def test_labels_of_several_classes_are_the_same_each_time(names, tops, tmp_path):
    for name in ("mon/class.zip", "tue/class.zip"):
        write_zip(tmp_path / name, CLASS)
    write_homework(tmp_path / "zoe", "zoe")
    found = []
    for _ in range(2):
        with unpacking_classes([tmp_path / name for name in names]) as places:
            found.append([each.label for each in find_submissions(places).submissions])
    assert found[0] == found[1]
    assert tuple(dict.fromkeys(label.split("/")[0] for label in found[0])) == tops


def test_an_upload_may_contain_other_files(tmp_path):
    write_zip(tmp_path / "hw.zip", {"homework.toml": IDENTITY})
    (tmp_path / "readme.txt").write_text("please see the zip")
    assert labels(tmp_path, is_upload=True) == ["hw.zip"]
    assert labels(tmp_path) == ["hw.zip", "readme.txt"]


def test_a_link_is_followed_only_if_the_user_names_it(tmp_path):
    write_homework(tmp_path / "class" / "ada")
    write_homework(tmp_path / "elsewhere", "bob")
    (tmp_path / "class" / "bob").symlink_to(tmp_path / "elsewhere")
    assert labels(tmp_path / "class") == ["ada", "bob"]
    with pytest.raises(HomeworkError, match="is a link"):
        read_submission(find_submissions([tmp_path / "class"]).submissions[1].path)
    assert labels(tmp_path / "class" / "bob") == ["elsewhere"]
