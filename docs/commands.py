"""The table of commands in README and the help of every command in docs/commands.md, for `make docs`."""

import re
from collections.abc import Iterator

import click
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn

__all__ = ["list_commands", "make_table"]


def list_commands(group: click.Group = kcnn, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command after `kcnn`, such as `("homework", "start")`, in the order of the help."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from list_commands(command, (*path, name))


def make_table(which: str = "help") -> str:
    """Return the `help` of all commands, one section each after a list of links, or the `summary` for README."""
    if which == "summary":
        return _summarize()
    commands = list(list_commands())
    links = [f"{'  ' * (len(words) - 1)}- [`{_name(words)}`]({_anchor(words)})" for words in commands]
    sections = [f"{'#' * (len(words) + 1)} {_name(words)}\n\n```text\n{_help(words)}\n```" for words in commands]
    return "\n".join(links) + "\n\n" + "\n\n".join(sections) + "\n"


def _summarize() -> str:
    """Return a table with one row per section of `kcnn --help` and a link per command."""
    lines = ["| | `kcnn` ... |", "|---|---|"]
    for title, names in kcnn.sections.items():
        links = ", ".join(f"[`{name}`](docs/commands.md{_anchor((name,))})" for name in names)
        lines.append(f"| {title} | {links} |")
    return "\n".join(lines) + "\n"


def _anchor(words: tuple[str, ...]) -> str:
    return "#" + _name(words).replace(" ", "-")


def _name(words: tuple[str, ...]) -> str:
    return " ".join(("kcnn", *words))


def _help(words: tuple[str, ...]) -> str:
    result = CliRunner().invoke(kcnn, [*words, "--help"], prog_name="kcnn", env={"COLUMNS": "88"})
    if result.exit_code:
        raise SystemExit(f"{_name(words)} --help: {result.output}{result.exception!r}") from result.exception
    return re.sub(r"[ \t]+$", "", result.stdout, flags=re.MULTILINE).rstrip()
