"""Arguments and options that several commands share, each with one help text and its shell completion."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from keras_cnn_course.cli.groups import PlainOption
from keras_cnn_course.errors import UsageError
from keras_cnn_course.files.values import check_path
from keras_cnn_course.runs.finding import RECORD, find_runs

__all__ = [
    "RecipeName",
    "RunPath",
    "UserPath",
    "complete_names",
    "device_option",
    "filters_option",
    "find_latest_run",
    "gather_overrides",
    "html_option",
    "json_option",
    "out_option",
    "picture_option",
    "precision_option",
    "quiet_option",
    "run_argument",
    "runs_argument",
    "seed_option",
    "set_option",
    "strategy_options",
    "threads_option",
    "trust_option",
    "which_option",
]

_RUNS = Path("runs")

Command = TypeVar("Command", bound=Callable[..., Any])


class UserPath(click.Path):
    """A path, as a Path; `~` is the home folder, also where the shell leaves it, as in `--out=~/x.png`."""

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(path_type=Path, file_okay=file_okay, dir_okay=dir_okay)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        expanded = check_path("The path", value) if str(value).startswith("~") else value
        return super().convert(expanded, param, ctx)


class RunPath(UserPath):
    """A run folder; completes to the runs below ./runs."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the folder at a path, or the one with that name below ./runs."""
        path = Path(str(super().convert(value, param, ctx)))
        if path.exists():
            return path
        named = [run for run in find_runs(_RUNS) if run.name.lower() == str(path).lower()]
        return named[0] if len(named) == 1 else path

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the run folders below ./runs that begin with the text so far, or any folder."""
        return complete_names(map(str, find_runs(_RUNS)), incomplete, other="dir")


class RecipeName(click.ParamType):
    """A recipe's name or a .py file; completes to the known names, or to files."""

    name = "name|file.py"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the recipes that begin with the text so far, or any file."""
        from keras_cnn_course.catalog.recipes import recipe_names

        return complete_names(recipe_names(), incomplete, other="file")


def complete_names(names: Iterable[str], incomplete: str, *, other: str) -> list[CompletionItem]:
    """Return the names that begin with the text so far; leave other text to the shell's own completion."""
    matching = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return matching or [CompletionItem(incomplete, type=other)]


def run_argument(command: Command) -> Command:
    """Add the argument RUN, a Path; the latest run below ./runs when it is not given."""
    return click.argument("run", metavar="[RUN]", type=RunPath(), required=False, callback=_choose_run)(command)


def runs_argument(command: Command) -> Command:
    """Add the argument RUN..., one or more Paths, as `runs`; the latest run below ./runs when none is given."""
    return click.argument("runs", metavar="[RUN]...", type=RunPath(), nargs=-1, callback=_choose_runs)(command)


def _choose_run(ctx: click.Context, param: click.Parameter, run: Path | None) -> Path | None:
    return run if run is not None or ctx.resilient_parsing else find_latest_run()


def _choose_runs(ctx: click.Context, param: click.Parameter, runs: tuple[Path, ...]) -> tuple[Path, ...]:
    return runs if runs or ctx.resilient_parsing else (find_latest_run(),)


def find_latest_run() -> Path:
    """Return the run below ./runs that was started or resumed last, and say on stderr which one that is.

    Raises:
        UsageError: there is none.
    """
    runs = find_runs(_RUNS)
    if not runs:
        raise UsageError("Name a run folder: there is no run in ./runs yet. Train one with: kcnn train")
    latest = max(runs, key=lambda run: ((run / RECORD).stat().st_mtime_ns, run))
    click.echo(f"Using the latest run, {latest}.", err=True)
    return latest


def which_option(command: Command) -> Command:
    """Add --which, the saved model to use."""
    return click.option(
        "--which",
        type=click.Choice(["best", "final"]),
        default="best",
        show_default=True,
        help="Model to use: best, the model that the run kept and tested (see the hyperparameter `keep`), or final, "
        "the model of the last epoch.",
    )(command)


def trust_option(command: Command) -> Command:
    """Add --trust-recipe."""
    return click.option(
        "--trust-recipe",
        is_flag=True,
        help="Run RUN's recipe.py to build the model, for layers of your own. Only for runs that you trust.",
    )(command)


def filters_option(command: Command) -> Command:
    """Add --filters, as text that the recipe checks."""
    return click.option("--filters", metavar="K", help="Number of kernels in the first convolution.")(command)


def seed_option(what: str) -> Callable[[Command], Command]:
    """Add --seed.

    Args:
        what: the seed decides, for the help.
    """
    return click.option(
        "--seed",
        cls=PlainOption,
        type=click.IntRange(0, 2**31 - 1),
        metavar="N",
        default=0,
        show_default=True,
        help=f"Random seed for {what}.",
    )


def threads_option(help_text: str) -> Callable[[Command], Command]:
    """Add --threads."""
    return click.option("--threads", metavar="N", cls=PlainOption, type=click.IntRange(1, 1024), help=help_text)


def set_option(command: Command) -> Command:
    """Add --set KEY=VALUE, as `assignments`."""
    return click.option(
        "--set",
        "assignments",
        metavar="KEY=VALUE",
        multiple=True,
        help="Change any hyperparameter; repeatable. `kcnn show RECIPE` lists them.",
    )(command)


def device_option(command: Command) -> Command:
    """Add --device."""
    return click.option(
        "--device",
        default="auto",
        show_default=True,
        metavar="auto|cpu|gpu[:N]",
        callback=_check_device,
        help="Where to compute; auto takes a GPU if there is one.",
    )(command)


def _check_device(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"auto|cpu|gpu(:\d+)?", value):
        raise click.BadParameter(f"must be auto, cpu, gpu or gpu:N, such as gpu:0; got {value!r}.")
    return value


def precision_option(command: Command) -> Command:
    """Add --precision."""
    return click.option(
        "--precision",
        type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
        default="auto",
        show_default=True,
        help="Number format of the hidden layers. The saved model is always float32.",
    )(command)


def strategy_options(command: Command) -> Command:
    """Add --strategy, --replicas and --worker-timeout."""
    for option in (
        click.option(
            "--worker-timeout",
            metavar="SECONDS",
            cls=PlainOption,
            type=click.FloatRange(1, 1e6),
            default=120.0,
            show_default=True,
            help="Seconds to wait for another worker.",
        ),
        click.option(
            "--replicas",
            metavar="N",
            cls=PlainOption,
            type=click.IntRange(2, 1024),
            help="Number of replicas for --strategy mirrored.  [default: all GPUs]",
        ),
        click.option(
            "--strategy",
            type=click.Choice(["none", "mirrored", "multiworker", "auto"]),
            default="none",
            show_default=True,
            help="Share each batch among the GPUs of this machine (mirrored) or among workers (multiworker).",
        ),
    ):
        command = option(command)
    return command


def json_option(command: Command) -> Command:
    """Add --json, as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(command)


def quiet_option(command: Command) -> Command:
    """Add --quiet."""
    return click.option("--quiet", is_flag=True, help="Show no progress, only warnings, errors and the result.")(
        command
    )


def out_option(what: str, *, default: str = "", dir_okay: bool = True) -> Callable[[Command], Command]:
    """Add --out, which names what is written, with its default in words."""
    return click.option(
        "--out",
        type=UserPath(dir_okay=dir_okay),
        help=f"{what}  [default: {default}]" if default else what,
    )


def picture_option(*, default: str) -> Callable[[Command], Command]:
    """Add --out for a picture."""
    return out_option("Picture to write: .png, .svg or .pdf.", default=default)


def html_option(*, default: str) -> Callable[[Command], Command]:
    """Add --out for a page."""
    return out_option("HTML file to write.", default=default, dir_okay=False)


def gather_overrides(shortcuts: Mapping[str, str | None], assignments: Sequence[str]) -> dict[str, str]:
    """Return the hyperparameters to replace, as text, by name."""
    overrides = {name: value for name, value in shortcuts.items() if value is not None}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not (name and equals):
            raise UsageError(f"--set needs KEY=VALUE, such as --set filters=16; got {assignment!r}.")
        if name in overrides:
            raise UsageError(f"The hyperparameter {name!r} is given twice. Give it once.")
        overrides[name] = value
    return overrides
