"""What README and the other pages say is what the program does."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
GENERATOR = runpy.run_path(str(ROOT / "docs" / "regenerate.py"))
PAGES = GENERATOR["list_pages"]()


PICTURES = GENERATOR["PICTURES"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
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
            # Another processor may round a few pixels to a neighbouring colour.
            assert np.abs(new - old).mean() < 0.5, f"run: make docs, which draws {stored}"


def test_pictures_are_few_enough_to_ship_and_all_shown():
    shown = {name for page in PAGES for name in re.findall(r"\]\(pictures/(.+?)\)", page.read_text())}
    stored = {path.name for path in PICTURES.glob("*.png")}
    assert shown == stored
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 2_000_000


def test_every_picture_has_an_alt_text():
    for page in PAGES:
        for alt in re.findall(r"!\[(.*?)\]\(pictures/", page.read_text()):
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
    "page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md"], ids=lambda page: page.name
)
def test_links_lead_somewhere(page):
    prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", prose):
        assert (page.parent / target).exists(), target


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        assert set(re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(), re.MULTILINE)) <= targets


def test_every_command_that_is_named_exists():
    from keras_cnn_course.cli import kcnn

    for page in (ROOT / "README.md", ROOT / "CHANGELOG.md"):
        named = set(re.findall(r"(?:`|^)kcnn ([a-z]+)", page.read_text(), re.MULTILINE))
        assert named <= set(kcnn.list_commands(None))
