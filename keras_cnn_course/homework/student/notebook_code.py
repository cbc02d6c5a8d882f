"""The code of a notebook: its code cells in their order, without what only a notebook understands.

Lines that check the work (`%kcnn`, `!kcnn`, `%load_ext keras_cnn_course`), install packages (`%pip`, `!pip`) or choose
how plots are shown (`%matplotlib`) are left out: no answer depends on them. Every other line in the notebook's own
language, such as `%timeit` or `!ls`, is refused by its name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.files.notebook_file import Cell, read_cells, render_notebook
from keras_cnn_course.homework.authoring.exercise import Exercise
from keras_cnn_course.homework.authoring.starter_cells import join_cells, split_starter

__all__ = ["NotebookCode", "list_code_cells", "read_code", "render_starter"]

_SAVE = "Save the notebook (Ctrl+S or Cmd+S). Then run this cell, to check what you have saved."
_LONGEST_SHOWN = 40
_LEFT_OUT = re.compile(r"[%!](?:kcnn|pip3?)\b|%matplotlib\b|%(?:re)?load_ext[ \t]+keras_cnn_course$")
_FOREIGN = re.compile(
    r"[%!?]"  # %timeit, !ls, ?name
    r"|[\w.,\[\] \t]+=[ \t]*[%!]"  # files = !ls
    r"|[\w.*]+\?{1,2}$"  # name?
)
# What decides whether the next line begins a statement: comments, texts, brackets, and the ends of lines.
_PIECE = re.compile(
    r"#[^\n]*"
    r"|(\"\"\"|''')(?:\\.|[^\\])*?(?:\1|\Z)"
    r"|\"(?:\\.|[^\"\\\n])*\"?"
    r"|'(?:\\.|[^'\\\n])*'?"
    r"|\\\n|[(\[{]|[)\]}]|\n",
    re.DOTALL,
)


@dataclass(frozen=True)
class NotebookCode:
    """The code of a notebook.

    Args:
        cells: the line of the text at which each code cell begins, from 1, and its number among the code cells.
    """

    text: str
    cells: tuple[tuple[int, int], ...]


def read_code(text: str, *, limit: int) -> NotebookCode:
    """Return the code of a notebook that anybody may have made.

    Args:
        text: of the .ipynb file.
        limit: the largest permitted number of characters of code.

    Raises:
        HomeworkError: the notebook cannot be read, or has no code, or a line is refused. The message is a predicate,
            to follow the file's name.
    """
    codes = list_code_cells(text)
    if sum(map(len, codes)) > limit:
        raise HomeworkError(f"has more than {limit:,} characters of code")
    kept: list[str] = []
    starts: list[tuple[int, int]] = []
    line = 1
    for number, code in enumerate(codes, start=1):
        plain = _leave_out(code, number).rstrip()
        if plain:
            kept.append(plain)
            starts.append((line, number))
            line += plain.count("\n") + 3  # join_cells puts two empty lines between two cells
    if not kept:
        raise HomeworkError("has no code cell with code in it")
    return NotebookCode(join_cells(kept), tuple(starts))


def list_code_cells(text: str) -> list[str]:
    """Return the code cells of a notebook as they are.

    Raises:
        HomeworkError: as `read_code`.
    """
    try:
        return [cell.source for cell in read_cells(text) if cell.kind == "code"]
    except ValueError as error:
        raise HomeworkError(str(error)) from error


def render_starter(exercise: Exercise) -> str:
    """Return the notebook of an exercise as it is given out: what to do, the starter's code, and a cell to check it."""
    statement, code = split_starter(exercise.read("starter.py"))
    return render_notebook(
        [
            Cell("markdown", statement or f"# Exercise {exercise.number}: {exercise.title}"),
            Cell("code", "%load_ext keras_cnn_course"),
            *(Cell("code", piece) for piece in code),
            Cell("markdown", _SAVE),
            Cell("code", f"%kcnn check {exercise.name}"),
        ]
    )


def _leave_out(code: str, number: int) -> str:
    """Return the code of a cell without what is left out: an empty line, or `pass` inside a block, in its place.

    Raises:
        HomeworkError: a line is neither Python nor left out.
    """
    kept = []
    for statement in _list_statements(code):
        bare = statement.strip()
        if _LEFT_OUT.match(bare):
            indent = statement[: len(statement) - len(statement.lstrip())]
            kept.append(("pass" if indent else "").join([indent, "\n" * statement.count("\n")]))
        elif _FOREIGN.match(bare):
            shown = " ".join(bare.split())
            shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}..."
            raise HomeworkError(f"has the line {shown!r} in code cell {number}, which is not Python. Delete this line")
        else:
            kept.append(statement)
    return "".join(kept)


def _list_statements(code: str) -> Iterator[str]:
    """Yield the statements of a cell with their line ends. A line that only a notebook understands is one, too.

    >>> list(_list_statements("x = (7\\n%3)\\n!ls"))
    ['x = (7\\n%3)\\n', '!ls']
    """
    begin = 0
    while begin < len(code):
        end = _end_of_line(code, begin)
        line = code[begin:end].strip()
        if not _LEFT_OUT.match(line) and not _FOREIGN.match(line):
            end = _end_of_statement(code, begin)
        yield code[begin:end]
        begin = end


def _end_of_line(code: str, begin: int) -> int:
    """Return where a line ends. A backslash at its end continues a line of a notebook's own language, too."""
    end = begin
    while True:
        end = code.find("\n", end) + 1 or len(code)
        if end == len(code) or not code.endswith("\\\n", begin, end):
            return end


def _end_of_statement(code: str, begin: int) -> int:
    depth = 0
    for piece in _PIECE.finditer(code, begin):
        text = piece[0]
        depth = max(0, depth + (text in ("(", "[", "{")) - (text in (")", "]", "}")))
        if text == "\n" and not depth:
            return piece.end()
    return len(code)
