"""What README and the other pages say is what the program does."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GENERATOR = runpy.run_path(str(ROOT / "docs" / "regenerate.py"))
PAGES = GENERATOR["list_pages"]()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_generated_parts_are_current(page, started, monkeypatch):
    monkeypatch.chdir(ROOT)
    text = page.read_text()
    assert GENERATOR["regenerate"](text) == text, "run: make docs"


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
