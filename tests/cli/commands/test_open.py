import shutil
import webbrowser

import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn


@pytest.fixture
def folder(trained_run, tmp_path):
    return shutil.copytree(trained_run.path, tmp_path / "a run")


@pytest.fixture
def opened(monkeypatch):
    """The addresses that a browser was asked for."""
    addresses = []
    monkeypatch.setattr(webbrowser, "open", lambda address: addresses.append(address) or True)
    monkeypatch.setenv("DISPLAY", ":0")
    return addresses


def run(*arguments):
    return CliRunner().invoke(kcnn, ["open", *map(str, arguments)])


def test_the_page_is_opened_before_the_report(folder, opened):
    for name in ("page.html", "report.html"):
        (folder / name).write_text("x")
    result = run(folder)
    assert (result.exit_code, result.stdout) == (0, f"{folder / 'page.html'}\n")
    assert run(folder, "--report").stdout == f"{folder / 'report.html'}\n"
    assert opened == [(folder / name).as_uri() for name in ("page.html", "report.html")]
    (folder / "page.html").unlink()
    assert run(folder).stdout == f"{folder / 'report.html'}\n"


def test_without_a_browser_the_path_is_printed(folder, opened, monkeypatch):
    (folder / "report.html").write_text("x")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    result = run(folder)
    assert (result.exit_code, result.stdout) == (0, f"{folder / 'report.html'}\n")
    assert "No browser found." in result.stderr
    assert opened == []


def test_a_browser_that_does_not_start_is_told(folder, opened, monkeypatch):
    (folder / "page.html").write_text("x")
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    assert "No browser found." in run(folder).stderr


@pytest.mark.parametrize(("options", "expected"), [((), "page.html or report.html"), (("--report",), "report.html")])
def test_nothing_to_open_says_how_to_write_it(folder, opened, options, expected):
    result = run(folder, *options)
    assert result.exit_code == 1
    assert f"No {expected} in {folder}. Write it with: kcnn " in result.stderr
    assert f"kcnn report {folder}" in result.stderr
    assert opened == []
