"""A group whose commands are modules, each loaded when it is called."""

import importlib
from collections.abc import Sequence
from typing import Any

import click

from keras_cnn_course.errors import did_you_mean

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """A group that finds its commands by module name.

    Args:
        package: in which each command has a module of its name that defines `command`.
        names: of the commands, in the order in which a user meets them.
    """

    def __init__(self, *args: Any, package: str, names: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.package, self.names = package, tuple(names)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in their order."""
        return list(self.names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command's module; None for an unknown name."""
        if cmd_name not in self.names:
            return None
        return importlib.import_module(f"{self.package}.{cmd_name}").command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Find the command to run, or name the nearest one."""
        if args and args[0] not in self.names and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}.{did_you_mean(args[0], self.names)}")
        return super().resolve_command(ctx, args)
