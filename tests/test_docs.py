"""README and the other pages agree with the program."""

import configparser
import json
import re
import runpy
import statistics
from pathlib import Path

import click
import numpy as np
import pytest
from PIL import Image

from keras_cnn_course.results.interval import mean_interval

ROOT = Path(__file__).resolve().parent.parent
GENERATOR = runpy.run_path(str(ROOT / "docs" / "regenerate.py"))
PAGES = GENERATOR["list_pages"]()
PICTURES = GENERATOR["PICTURES"]
README = ROOT / "README.md"
TOP_LEVEL = sorted(ROOT.glob("*.md"))


# lecture.md has a picture of every slide, and homework.md the commands of a student at work.
SLOW = ("lecture.md", "homework.md")
EACH_PAGE = [pytest.param(page, marks=[pytest.mark.slow] if page.name in SLOW else []) for page in PAGES]


@pytest.mark.parametrize("page", EACH_PAGE, ids=lambda page: page.name)
def test_generated_parts_are_current(page, started, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    text = page.read_text()
    assert GENERATOR["regenerate"](text, pictures=tmp_path) == text, "run: make docs"
    same_versions = (PICTURES / "versions.txt").read_text().strip() == GENERATOR["list_versions"]()
    for drawn in tmp_path.iterdir():
        stored = PICTURES / drawn.name
        assert stored.is_file(), f"run: make docs, which draws {stored}"
        if same_versions:
            new, old = (np.asarray(Image.open(path).convert("RGB"), dtype=float) for path in (drawn, stored))
            assert new.shape == old.shape
            # Another processor may round a few pixels to a neighboring color.
            assert np.abs(new - old).mean() < 0.5, f"run: make docs, which draws {stored}"


def test_pictures_are_few_enough_to_ship_and_all_shown():
    shown = {name for page in PAGES for name in re.findall(r"\]\((?:docs/)?pictures/(.+?)\)", page.read_text())}
    stored = {path.name for path in PICTURES.iterdir() if path.suffix in (".png", ".gif")}
    assert shown == stored
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 2_000_000


def test_every_picture_has_an_alt_text():
    for page in PAGES:
        text = page.read_text()
        alts = re.findall(r"!\[(.*?)\]\(", text) + re.findall(r'<img [^>]*alt="(.*?)"', text)
        assert len(alts) == len(re.findall(r"!\[|<img ", text))
        for alt in alts:
            assert len(alt) > 40
            assert alt.endswith(".")


def test_every_test_that_is_named_exists():
    for page in PAGES:
        for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text()):
            assert f"def {name}(" in (ROOT / path).read_text(), f"{path}::{name}"


def test_the_walk_has_every_slide():
    from keras_cnn_course.lecture.contents import SLIDES

    walk = (ROOT / "docs" / "lecture.md").read_text()
    outputs = set(re.findall(r"<!-- output of: kcnn lecture ([a-z-]+)", walk))
    assert outputs == set(SLIDES)
    assert set(re.findall(r"^\| .*`kcnn lecture ([a-z-]+)`", walk, re.MULTILINE)) == set(SLIDES)


@pytest.mark.parametrize(
    "page", sorted({*PAGES, *TOP_LEVEL, ROOT / "data" / "README.md"}), ids=lambda page: str(page.relative_to(ROOT))
)
def test_links_lead_somewhere(page):
    prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)", prose) + [
        (source, "") for source in re.findall(r'<img src="(.+?)"', prose)
    ]:
        linked = page.parent / target if target else page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
            assert anchor in {_anchor(heading) for heading in headings}, f"{target}{anchor}"


def _anchor(heading):
    """Return the anchor that GitHub gives to a heading."""
    return "#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        assert set(re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(), re.MULTILINE)) <= targets


def test_every_command_that_is_named_exists():
    from keras_cnn_course.cli import kcnn

    for page in TOP_LEVEL:
        named = set(re.findall(r"(?:`|^)kcnn ([a-z]+(?:-[a-z]+)*)", page.read_text(), re.MULTILINE))
        assert named <= set(kcnn.list_commands(None)), page.name


def test_every_public_name_is_on_the_page_of_functions_and_no_other():
    import keras_cnn_course

    page = (ROOT / "docs" / "python.md").read_text()
    assert set(re.findall(r"\bkcnn\.(\w+)", page)) == set(keras_cnn_course.__all__)
    methods = set(re.search(r"its methods (.+?) \|", page)[1].replace("`", "").split(", "))
    assert all(callable(getattr(keras_cnn_course.Run, name)) for name in methods)


def test_the_help_of_every_command_is_on_the_page_of_commands():
    commands = list(runpy.run_path(str(ROOT / "docs" / "commands.py"))["list_commands"]())
    assert ("train",) in commands
    assert ("homework", "check") in commands
    page = (ROOT / "docs" / "commands.md").read_text()
    sections = dict(re.findall(r"^##+ kcnn (.+)\n\n```text\nUsage: kcnn ([a-z -]+)", page, re.MULTILINE))
    assert set(sections) == {" ".join(words) for words in commands}
    for name, usage in sections.items():
        assert usage.startswith(name)


def test_the_teaching_plan_shows_each_slide_once_and_fills_its_minutes():
    from keras_cnn_course.lecture.contents import SLIDES

    text = (ROOT / "docs" / "teaching.md").read_text()
    shown = []
    for heading, minutes in (("## The first lecture", 80), ("## The second lecture", 80), ("## The recitation", 50)):
        part = text[text.index(heading) :].split("\n## ")[0]
        assert sum(int(number) for number in re.findall(r"^\| +?(\d+) \|", part, re.MULTILINE)) == minutes
        shown += [
            key for cell in re.findall(r"^\| +\d+ \|(.*?)\|", part, re.MULTILINE) for key in re.findall("`(.+?)`", cell)
        ]
    assert sorted(key for key in shown if key in SLIDES) == sorted(SLIDES)


def test_the_teaching_plan_gives_every_exercise_its_minutes():
    from keras_cnn_course.homework.authoring.exercise import list_exercises

    text = (ROOT / "docs" / "teaching.md").read_text()
    rows = re.findall(r"^\| (\d+) (\w+) \| (\d+) \|", text, re.MULTILINE)
    assert [(int(number), name) for number, name, _ in rows] == [(each.number, each.name) for each in list_exercises()]
    with_points = [int(minutes) for number, _, minutes in rows if int(number) <= 13]
    assert sum(with_points) == 390, "the page says six and a half hours"


def test_readme_is_short_and_leaves_the_help_texts_to_the_page_of_commands():
    text = README.read_text()
    assert len(text.splitlines()) <= 250
    assert "Usage: kcnn" not in text


def test_readme_opens_with_the_two_commands_and_the_two_pictures():
    top = README.read_text().split("\n## ")[0]
    assert re.findall(r"^make ([a-z]+) ", top, re.MULTILINE) == ["demo", "test"]
    assert top.index("make test") < top.index("docs/pictures/page.png") < top.index("docs/pictures/demo-filters.png")


def test_readme_states_the_accuracies_that_were_measured():
    results = json.loads((ROOT / "benchmarks" / "accuracy.json").read_text())["runs"]
    table = re.search(r"summary -->\n(\| recipe.+?)<!-- end -->", README.read_text(), re.DOTALL)[1]
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    assert [len(row) for row in rows] == [5] * len(rows)
    for recipe, parameters, accuracy, *_ in rows[2:]:
        runs = [run for run in results if (run["dataset"], run["recipe"]) == ("mnist", recipe)]
        reached = [run["test_accuracy"] for run in runs]
        low, high = mean_interval(reached)
        spread = f"{100 * low:.2f} to {100 * high:.2f}, {len(runs)} seeds"
        assert accuracy == f"{statistics.mean(reached):.2%} ({spread})"
        assert {run["parameters"] for run in runs} == {int(parameters.replace(",", ""))}


def test_readme_credits_the_lecture_and_names_the_licenses():
    text = README.read_text()
    for words in ('"Image analysis with CNNs" by George Chen', "Phillip Isola", "MIT license", "CC BY 4.0"):
        assert words in text


def test_the_citation_names_this_version_and_its_authors():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {setup['metadata']['version']}\n" in citation
    assert f"  - name: {setup['metadata']['author']}\n" in citation
    licenses = re.findall(r"^  - ([A-Z][\w.-]+)$", citation, re.MULTILINE)
    assert licenses == setup["metadata"]["license"].split(" AND ")
    assert setup["metadata"]["author"] in (ROOT / "LICENSE").read_text()


def test_the_rooms_are_listed_from_the_top_floor_to_the_lowest():
    floors = runpy.run_path(str(ROOT / "tests" / "test_structure.py"))["FLOORS"]
    floor = {room: number for number, rooms in enumerate(floors) for room in rooms}
    table = re.findall(r"^\| (`.+?) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    listed = [room for cell in table for room in re.findall(r"`(\w+)`", cell)]
    assert set(listed) == set(floor) - {"__init__", "hyperparameters"}  # two files that only lead into other rooms
    assert listed == sorted(listed, key=floor.__getitem__)


def test_the_options_in_readmes_commands_exist():
    from keras_cnn_course.cli import kcnn

    lines = re.findall(r"^kcnn (.+?)(?:#.*)?$", README.read_text(), re.MULTILINE)
    assert len(lines) > 20
    for line in lines:
        words, command = line.split(), kcnn
        while isinstance(command, click.Group):
            name = words.pop(0)
            command = command.get_command(click.Context(command), name)
            assert command is not None, line
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


def test_readme_uses_the_public_names_of_the_package():
    import keras_cnn_course

    (code,) = [block for block in re.findall(r"```python\n(.+?)```", README.read_text(), re.DOTALL) if "kcnn" in block]
    named = set(re.findall(r"\bkcnn\.(\w+)", code))
    assert named
    assert named <= set(keras_cnn_course.__all__)
    for attribute in re.findall(r"\brun\.(\w+)", code):
        assert hasattr(keras_cnn_course.Run, attribute)


def test_the_installation_without_gpu_names_every_dependency():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    needed = [line.replace(" ", "", 1) for line in setup["options"]["install_requires"].split("\n") if line]
    needed = [line.replace("tensorflow", "tensorflow-cpu").replace(", ", ",") for line in needed]
    command = next(line for line in (ROOT / "docs" / "install.md").read_text().split("\n") if "tensorflow-cpu>" in line)
    assert sorted(re.findall(r'"([^"]+)"', command)) == sorted(needed)


def test_the_version_is_the_same_everywhere():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    version = setup["metadata"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == version
    assert set(re.findall(r"keras_cnn_course-([\d.]+)(?:-|\.tar)", (ROOT / "docs" / "install.md").read_text())) == {
        version
    }
