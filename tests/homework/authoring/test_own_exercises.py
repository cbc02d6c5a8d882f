"""An instructor's own exercises: from the template, from the guide, and with every slip that the reader reports."""

import re
import shutil
import sysconfig
from pathlib import Path

import pytest

from keras_cnn_course.errors import HomeworkError, UsageError
from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises, using_exercises
from keras_cnn_course.homework.authoring.own_exercises import create_exercise, find_gaps, read_own_exercises
from keras_cnn_course.homework.grading.proof import prove_exercise

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "exercises.md"


@pytest.fixture
def created(tmp_path):
    """The folder of a new exercise."""
    return create_exercise("stretch", tmp_path / "own")


def prove(folder, sandboxes, **options):
    (exercise,) = read_own_exercises(folder)
    with using_exercises([exercise]):
        assert find_gaps(exercise) == []
        return prove_exercise(exercise, sandboxes, **options)


def test_a_new_exercise_is_proven_as_it_is(created, sandboxes):
    assert created.name == "ex16_stretch"
    found = prove(created.parent, sandboxes, students=("ada", "bob"))
    assert found.surprises == []
    assert [found.count(kind) for kind in ("starter", "solution", "accepted", "mutant")] == [
        (2, 2),
        (2, 2),
        (4, 4),
        (8, 8),
    ]
    texts = [path.read_text() for path in created.rglob("*.*") if path.suffix != ".pyc"]
    assert not [text for text in texts if re.search("template|Template|99", text)]


def test_the_exercise_of_the_guide_is_proven(tmp_path, sandboxes):
    folder = create_exercise("mean_pooling", tmp_path)
    shutil.rmtree(folder / "accepted")
    parts = re.findall(r"^\*\*([\w./]+)\*\*\n\n```\w+\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(parts) == 7
    for name, text in parts:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    found = prove(tmp_path, sandboxes, students=("ada", "bob", "eve"))
    assert found.surprises == []
    assert found.count("mutant") == (12, 12)


def test_a_check_that_finds_nothing_is_reported(created, sandboxes):
    checks = created / "checks.py"
    checks.write_text(checks.read_text().replace('"not divided"', '"something else"'))
    (surprise,) = prove(created.parent, sandboxes).surprises
    assert (surprise.kind, surprise.expected, surprise.found) == ("mutant", "not divided", "something else")


def test_a_mistake_that_does_not_imitate_its_mutant_is_found_as_the_guide_says(created, sandboxes):
    checks = created / "checks.py"
    checks.write_text(checks.read_text().replace("lambda values: 255 * ", "lambda values: 256 * "))
    (surprise,) = prove(created.parent, sandboxes).surprises
    assert f"| found `'{surprise.found}'` or " in GUIDE.read_text()


def test_own_exercises_are_added_while_they_are_used(created):
    built_in = list_exercises()
    own = read_own_exercises(created.parent)
    with using_exercises(own):
        assert list_exercises() == (*built_in, *own)
        assert find_exercise("16") is find_exercise("stretch") is own[0]
    assert list_exercises() == built_in


def test_the_next_one_gets_the_next_number(created):
    assert create_exercise("second", created.parent).name == "ex17_second"
    with pytest.raises(UsageError, match="already an exercise named stretch"):
        create_exercise("stretch", created.parent)
    with pytest.raises(UsageError, match="already an exercise named relu"):
        create_exercise("relu", created.parent)


@pytest.mark.parametrize("name", ["Mean", "mean-pooling", "lambda", "../up", "a", "mean2"])
def test_a_name_that_cannot_name_a_function_is_refused(name, tmp_path):
    with pytest.raises(UsageError, match="lowercase letters and underscores"):
        create_exercise(name, tmp_path)


def remove_hints(folder):
    (folder / "hints.md").unlink()


def edit_spec(old, new):
    def edit(folder):
        spec = folder / "spec.toml"
        assert old in spec.read_text()
        spec.write_text(spec.read_text().replace(old, new))

    return edit


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (remove_hints, r"ex16_stretch has no hints\.md"),
        (
            edit_spec('"convolution"', '"convolutoin"'),
            r"slide in .*spec\.toml must be one of .* Did you mean 'convolution'",
        ),
        (edit_spec("points = 5", "points = 0"), "points in .* must be a whole number from 1 to 1000; got 0"),
        (edit_spec("seconds = 5 ", "second = 5 "), "has no 'seconds'"),
        (edit_spec("points = 5", "points = 5\nweight = 1"), "has an unknown name: weight"),
        (edit_spec("points = 5", 'points = 5\nbuilds_on = ["ex17_x"]'), "names ex17_x, but there is no such exercise"),
        (edit_spec("points = 5", "points ="), "is not valid TOML"),
        (lambda folder: folder.rename(folder.with_name("ex05_stretch")), "has the number or the name of ex05_relu"),
    ],
)
def test_a_slip_is_reported_with_its_place(spoil, message, created):
    spoil(created)
    with pytest.raises(HomeworkError, match=message):
        read_own_exercises(created.parent)


@pytest.mark.parametrize("name", ["ex17_conv2d", "ex17_Mean", "ex17_"])
def test_a_folder_with_a_name_that_no_exercise_may_have_is_not_left_out(name, created):
    shutil.copytree(created, created.with_name(name))
    with pytest.raises(HomeworkError, match=f"The name of .*{name} must be ex, two digits, an underscore"):
        read_own_exercises(created.parent)


def test_gaps_that_no_proof_notices_are_found(created):
    edit_spec("points = 5", "points = 5\nasks = true")(created)
    (exercise,) = read_own_exercises(created.parent)
    (created / "hints.md").write_text("Nothing")
    (created / "solution.py").write_text("def other(): ...")
    assert find_gaps(exercise) == [
        "solution.py does not define stretch, which spec.toml names.",
        "hints.md has no hint. A hint begins with a line such as: ## 1",
        "spec.toml has asks = true, but checks.py has no questions.",
    ]


@pytest.mark.parametrize("text", ["1 / 0", "import nowhere", "CHECK = ()", "def"])
def test_checks_that_cannot_be_loaded_are_named(text, created):
    (created / "checks.py").write_text(text)
    (exercise,) = read_own_exercises(created.parent)
    with pytest.raises(HomeworkError, match=r"Cannot load .*ex16_stretch/checks\.py: .*It must define CHECKS"):
        exercise.load_checks()


def test_a_folder_that_every_sandbox_reads_is_refused(tmp_path):
    for folder in (Path(sysconfig.get_path("stdlib")) / "json", Path(sysconfig.get_path("purelib"))):
        with pytest.raises(UsageError, match="which student code can read"):
            read_own_exercises(folder)
    with pytest.raises(UsageError, match="has no exercises"):
        read_own_exercises(tmp_path)
    with pytest.raises(UsageError, match="There is no folder"):
        read_own_exercises(tmp_path / "nowhere")
