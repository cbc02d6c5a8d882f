"""The built site: every address on its pages leads somewhere."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.slow  # trains two networks if build/ has no live pages yet


@pytest.fixture(scope="module")
def site():
    pytest.importorskip("sphinx")
    subprocess.run([sys.executable, ROOT / "docs" / "build_site.py"], check=True)
    return ROOT / "build" / "site"


def test_every_address_leads_somewhere(site):
    texts = {path.resolve(): path.read_text() for path in site.rglob("*.html") if path.parent.name != "live"}
    names = {path: set(re.findall(r'\bid="([^"]+)"', text)) for path, text in texts.items()}
    assert len(texts) > 15
    for path, text in texts.items():
        for address in re.findall(r'\b(?:href|src)="(?!https?:|mailto:|data:)([^"]*)"', text):
            file, _, anchor = address.partition("#")
            target = (path.parent / unquote(file.partition("?")[0])).resolve() if file else path
            assert target.is_file(), f"{path.name}: {address}"
            if anchor and target in names:
                assert unquote(anchor) in names[target], f"{path.name}: {address}"


def test_no_page_leaves_the_site_by_an_absolute_path(site):
    for path in site.glob("*.html"):
        assert not re.findall(r'\b(?:href|src)="/[^"]*"', path.read_text()), path.name


def test_the_lecture_links_its_terms_to_the_glossary(site):
    assert 'href="glossary.html#term-' in (site / "lecture.html").read_text()
