"""Click commands and groups whose help is sorted into titled sections."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import click

from keras_cnn_course.errors import did_you_mean

__all__ = ["PlainOption", "SectionCommand", "SectionGroup"]

Sections = Mapping[str, Sequence[str]]

_WIDEST_USAGE = 28  # characters of an option with its metavar that fit before its description


class SectionGroup(click.Group):
    """A group that loads each command when it is called and lists the commands in sections.

    Args:
        package: the package in which each command has a module of its own name, which defines `command`.
        sections: the names of the commands under the title of their section, in the order of the help.
        hints: what to say about a word that is often typed although there is no such command.
    """

    def __init__(
        self, *args: Any, package: str, sections: Sections, hints: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.package, self.sections, self.hints = package, sections, hints or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of the help."""
        return [name for names in self.sections.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command's module; return None for an unknown name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{self.package}.{cmd_name.replace('-', '_')}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Find the command to run, or suggest what is meant. `help COMMAND` is `COMMAND --help`."""
        names = self.list_commands(ctx)
        if args and args[0] == "help":
            args = [*args[1:], "--help"] if args[1:] else ["--help"]
            if args == ["--help"]:
                click.echo(ctx.get_help())
                ctx.exit()
        if args and args[0] not in names and not args[0].startswith("-"):
            ctx.fail(f"No command named {args[0]!r}.{self.hints.get(args[0]) or did_you_mean(args[0], names)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section of commands after the other, all with the same width of the first column."""
        width = max(map(len, self.list_commands(ctx)))
        for title, names in self.sections.items():
            commands = [(name.ljust(width), self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl([(name, command.get_short_help_str(1000)) for name, command in commands if command])


class SectionCommand(click.Command):
    """A command whose help lists the options in sections.

    Args:
        sections: the names of the options' parameters under the title of their section; the options that appear in no
            section, `--help` among them, follow in a last one.
        hints: what to say about an option that is often typed although there is none.
    """

    def __init__(self, *args: Any, sections: Sections, hints: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections, self.hints = sections, hints or {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line; say more about an option that is often typed although there is none."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name in self.hints:
                ctx.fail(f"No such option: {error.option_name}.{self.hints[error.option_name]}")
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section of options after the other, all with the same width of the first column."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = {option.name: record for option in options if (record := option.get_help_record(ctx))}
        listed = {name for names in self.sections.values() for name in names}
        others = [name for name in records if name not in listed]
        width = min(_WIDEST_USAGE, max(len(usage) for usage, _ in records.values()))
        for title, names in {**self.sections, "Other": others}.items():
            with formatter.section(title):
                rows = [(records[name][0].ljust(width), records[name][1]) for name in names]
                formatter.write_dl(rows, col_max=_WIDEST_USAGE)


class PlainOption(click.Option):
    """An option whose help leaves out the bounds of a number: they only refuse nonsense."""

    def get_help_extra(self, ctx: click.Context) -> Any:
        """Return the default and the like, without the range."""
        return {name: value for name, value in super().get_help_extra(ctx).items() if name != "range"}
