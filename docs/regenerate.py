"""Regenerate parts of the documentation from the program itself: `make docs`.

Two comments enclose each generated part. The text between them comes from a command of this project or from measured
results, and is never edited by hand:

    <!-- output of: kcnn recipes -->                                           a command and its output
    <!-- picture of: kcnn lecture edges --out docs/pictures/edges.png -->       a command's picture, with its alt text
    <!-- picture of: benchmarks/learning_curves.py --out docs/pictures/a.png --> make_picture() of a script
    <!-- table of: benchmarks/accuracy.py -->                                   make_table() of a script
    ...
    <!-- end -->

The words after the name of a script are passed to its function as arguments.
"""

import re
import runpy
import shlex
import tempfile
from importlib.metadata import version
from pathlib import Path

from click.testing import CliRunner
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from keras_cnn_course.cli import kcnn
from keras_cnn_course.plots.saving import reduce_colors, save_picture

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
PART = re.compile(r"<!-- (output of|picture of|table of): (.+?) -->\n.*?<!-- end -->", re.DOTALL)


def list_pages() -> list[Path]:
    """Return the pages that may have generated parts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def list_versions() -> str:
    """Return the versions that the pixels of a picture depend on."""
    return ", ".join(f"{name} {version(name)}" for name in ("matplotlib", "numpy", "pillow"))


def regenerate(text: str, *, pictures: Path = PICTURES) -> str:
    """Return the text of a page with every generated part regenerated, and write the pictures into a folder."""

    def render(part: re.Match[str]) -> str:
        kind, what = part[1], part[2]
        if kind == "picture of":
            written = _render_picture(what, pictures)
        else:
            written = _render_output(what) if kind == "output of" else _render_table(what)
        return f"<!-- {kind}: {what} -->\n{written}<!-- end -->"

    return PART.sub(render, text)


def shrink_picture(path: Path) -> str:
    """Reduce a PNG to 256 colors, a third of its size, and return its alt text."""
    with Image.open(path) as picture:
        alt = str(picture.info["Description"])
        small = reduce_colors(picture)
    description = PngInfo()
    description.add_text("Description", alt)
    small.save(path, optimize=True, pnginfo=description)
    return alt


def link_picture(name: str, alt: str) -> str:
    """Return the Markdown that shows a picture of docs/pictures on a page in docs."""
    return f"![{alt.replace('[', '(').replace(']', ')')}](pictures/{name})\n"


def _render_output(command: str) -> str:
    """Return a command and its output as a code block."""
    return f"```console\n$ {command}\n{_run(shlex.split(command)).rstrip()}\n```\n"


def _render_picture(what: str, pictures: Path) -> str:
    """Let a command or a script draw a picture into the folder, and return its Markdown."""
    *words, out = shlex.split(what)
    target = pictures / Path(out).name
    if words[0] == "kcnn":
        _run([*words, str(target)])
    else:
        save_picture(runpy.run_path(str(ROOT / words[0]))["make_picture"](), target)
    return link_picture(target.name, shrink_picture(target))


def _render_table(what: str) -> str:
    """Return the Markdown that a script makes, in most cases from the results that it measured."""
    script, *arguments = shlex.split(what)
    return runpy.run_path(str(ROOT / script))["make_table"](*arguments)


def _run(words: list[str]) -> str:
    """Return the output of a command."""
    # An empty home folder, so that the output does not depend on the data sets that this machine has downloaded.
    with tempfile.TemporaryDirectory() as home:
        environment = {"COLUMNS": "88", "KCNN_DATA_HOME": home, "KERAS_HOME": home}
        result = CliRunner().invoke(kcnn, words[1:], prog_name="kcnn", env=environment)
    if result.exit_code:
        raise SystemExit(f"{shlex.join(words)}: {result.output}{result.exception!r}") from result.exception
    return result.stdout


if __name__ == "__main__":
    for page in list_pages():
        page.write_text(regenerate(page.read_text()))
    (PICTURES / "versions.txt").write_text(list_versions() + "\n")
