"""The built site: its addresses lead somewhere, and everybody can use its pages."""

import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.slow  # trains three networks if build/ has no live pages yet


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built once however many processes share the tests: the first builds, the others wait for it."""
    pytest.importorskip("sphinx")
    shared = tmp_path_factory.getbasetemp()
    turn = (shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared) / "site"
    try:
        turn.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + 600
        while not (turn / "built").exists():
            assert time.monotonic() < deadline, "the process that builds the site has not finished"
            time.sleep(0.2)
    else:
        subprocess.run([sys.executable, ROOT / "docs" / "build_site.py"], check=True)
        (turn / "built").touch()
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


@pytest.fixture
def visit(site, browser):
    """A function that opens a page of the site without a network."""
    with ExitStack() as stack:

        def open_page(name, *, width=1280, scheme="light"):
            size = {"width": width, "height": 800}
            context = stack.enter_context(browser.new_context(viewport=size, color_scheme=scheme, offline=True))
            page = context.new_page()
            page.goto(f"{site.as_uri()}/{name}", wait_until="domcontentloaded")
            return page

        yield open_page


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_axe_finds_nothing(site, visit, axe_core, width, scheme):
    page = visit("index.html", width=width, scheme=scheme)
    for path in sorted(site.glob("*.html")):
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        page.evaluate(axe_core)
        # The live pages, which are frames here, have a test of their own.
        found = page.evaluate("axe.run(document, {iframes: false}).then(({ violations }) => violations)")
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == [], path.name


def test_the_lecture_shows_the_convolution_step_by_step(visit):
    frame = visit("lecture.html").frame_locator("iframe")
    frame.locator("#tab-convolution[aria-selected=true]").wait_for()  # the frame still loads after the page
    frame.locator("#convolution").wait_for()
    frame.locator("#network").wait_for(state="hidden")


def test_the_search_finds_a_page(visit):
    page = visit("search.html?q=stride")
    page.locator("#search-results li a").first.wait_for()
    assert "glossary.html" in " ".join(
        link.get_attribute("href") for link in page.locator("#search-results li a").all()
    )
