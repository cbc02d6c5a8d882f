"""Divide an exercise's starter into the cells of a notebook: what to do as text, and one code cell per function."""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

__all__ = ["join_cells", "split_starter", "starter_code"]

_COMMANDS = re.compile(r"(?:.*  kcnn .*\n?)+")


def split_starter(starter: str) -> tuple[str, list[str]]:
    """Return the statement of an exercise as Markdown, and the code of its starter in pieces.

    >>> split_starter("'Exercise 5: ReLU.'\\nimport numpy\\n\\n\\ndef relu(x):\\n    ...\\n")
    ('# Exercise 5: ReLU', ['import numpy', 'def relu(x):\\n    ...'])
    """
    try:
        tree = ast.parse(starter)
    except SyntaxError:  # an instructor's own, unfinished
        return "", [starter.strip("\n")]
    text = ast.get_docstring(tree)
    statement, code = (tree.body[0], tree.body[1:]) if text is not None else (None, tree.body)
    return _render_statement(text or ""), list(_split_code(starter, code, statement))


def join_cells(cells: Sequence[str]) -> str:
    """Return the code of cells as the text of a file."""
    return "\n\n\n".join(cells) + "\n"


@lru_cache(maxsize=100)
def starter_code(starter: str) -> str:
    """Return the text that an unchanged notebook of this starter gives."""
    return join_cells(split_starter(starter)[1])


def _split_code(starter: str, nodes: Sequence[ast.stmt], before: ast.stmt | None) -> Iterator[str]:
    """Yield one piece for each function or class, and one for the lines between two of them, with their comments."""
    lines = starter.splitlines()
    position = (before.end_lineno or 0) if before is not None else 0
    begun: list[str] = []
    for number, node in enumerate(nodes):
        end = len(lines) if number == len(nodes) - 1 else node.end_lineno or 0
        piece = "\n".join(lines[position:end]).strip("\n")
        position = end
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from ["\n".join(begun)] if begun else []
            begun = []
            yield piece
        else:
            begun.append(piece)
    yield from ["\n".join(begun)] if begun else []


def _render_statement(text: str) -> str:
    """Return a docstring as Markdown: its first line is the title, and lines with commands are code."""
    title, *paragraphs = text.strip().split("\n\n")
    blocks = [f"```text\n{part.rstrip()}\n```" if _COMMANDS.fullmatch(part) else part for part in paragraphs]
    return "\n\n".join([f"# {' '.join(title.split()).rstrip('.')}", *blocks]) if title else ""
