"""Write the generated parts of the documentation anew: `make docs`.

A generated part is fenced by two comments; what stands between them comes from a command of this project's or from
measured results, never from a keyboard:

    <!-- output of: kcnn recipes -->
    ...
    <!-- end -->
"""

import re
import runpy
import shlex
from pathlib import Path

from click.testing import CliRunner

from keras_cnn_course.cli import kcnn

ROOT = Path(__file__).resolve().parent.parent
PART = re.compile(r"<!-- (output of|table of): (.+?) -->\n.*?<!-- end -->", re.DOTALL)


def list_pages() -> list[Path]:
    """Return the pages that may have generated parts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def regenerate(text: str) -> str:
    """Return a page's text with every generated part written anew."""
    render = {"output of": _render_output, "table of": _render_table}
    return PART.sub(lambda part: f"<!-- {part[1]}: {part[2]} -->\n{render[part[1]](part[2])}<!-- end -->", text)


def _render_output(command: str) -> str:
    """Return a command and what it prints, as a code block."""
    result = CliRunner().invoke(kcnn, shlex.split(command)[1:], prog_name="kcnn", env={"COLUMNS": "88"})
    if result.exit_code:
        raise SystemExit(f"{command}: {result.output}")
    return f"```console\n$ {command}\n{result.stdout.rstrip()}\n```\n"


def _render_table(script: str) -> str:
    """Return the table that a script in benchmarks/ makes of the results it has measured."""
    return runpy.run_path(str(ROOT / script))["make_table"]()


if __name__ == "__main__":
    for page in list_pages():
        page.write_text(regenerate(page.read_text()))
