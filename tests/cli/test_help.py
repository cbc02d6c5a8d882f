"""The help of every command: short summaries, sections, examples, 80 columns, plain English."""

import re
from functools import cache

import click
import pytest
from click.testing import CliRunner

from keras_cnn_course.cli import kcnn
from keras_cnn_course.cli.groups import SectionCommand, SectionGroup

# Words and phrases of translated English, which docs and help must not use.
MARKERS = [
    r"\banew\b",
    r"\bis told\b",
    r"\btells of\b",
    r"\bso many\b",
    r"\bwho(so)?ever\b",
    r"\bReceived none\b",
    r"\bExpected\b.*\bReceived\b",
    r"\bgo(es)? on (with|from)\b",
    r"\bheld[- ]out\b",
    r"\bbeside\b",
    r"\bstands?\b",
    r"\blies?\b",
    r"\bA? ?\b(row|line|picture|number|dot|process|step) an? (layer|run|epoch|class|filter|check|step|row|seed|key)\b",
    r"\bimages an? ",
    r"\b(grey|colour|licence|normalis|recognis|summaris|catalogue)",
]


def list_commands(group=kcnn, words=()):
    """Return the words of every command and group, with the command."""
    found = [(words, group)]
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            found += list_commands(group.get_command(context, name), (*words, name))
    return found


COMMANDS = list_commands()
GROUPS = [words for words, command in COMMANDS if isinstance(command, click.Group)]
each_command = pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[" ".join(words) for words, _ in COMMANDS])
each_group = pytest.mark.parametrize("words", GROUPS, ids=" ".join)


@cache
def read_help(words):
    result = CliRunner().invoke(kcnn, [*words, "--help"], terminal_width=80)
    assert result.exit_code == 0
    return result.stdout


@each_command
def test_every_summary_is_short_and_whole(words, command):
    summary = command.get_short_help_str(1000)
    assert not summary.endswith("...")
    if words:  # a line in the help of its group
        assert len(summary) <= 45
        assert re.match(r"[A-Z][a-z]+ .+\.$", summary), "a verb and its object"


@each_group
def test_no_summary_is_cut_off_or_wrapped(words):
    context = click.Context(dict(COMMANDS)[words])
    lines = read_help(words).splitlines()
    for name in dict(COMMANDS)[words].list_commands(context):
        command = dict(COMMANDS)[(*words, name)]
        (line,) = [line for line in lines if line.startswith(f"  {name} ")]
        assert line.split(maxsplit=1)[1] == command.get_short_help_str(1000)


@each_command
def test_no_help_is_wider_than_80_columns(words, command):
    assert [line for line in read_help(words).splitlines() if len(line) > 80] == []


@each_command
def test_every_help_has_an_example(words, command):
    examples = re.search(r"^  Example: (.*?)(\n\n|\Z)", read_help(words), re.MULTILINE | re.DOTALL)
    assert examples, "no example"
    lines = [line.strip() for line in examples[1].splitlines()]
    assert all(line.startswith("kcnn ") for line in lines)
    assert any(line.startswith(" ".join(["kcnn", *words])) for line in lines)


@each_command
def test_the_help_is_plain_english(words, command):
    text = " ".join(read_help(words).split())
    assert {marker: found for marker in MARKERS if (found := re.findall(marker, text))} == {}


@each_command
def test_options_of_the_same_name_have_the_same_help(words, command):
    for option in command.params:
        if isinstance(option, click.Option) and option.name in ("as_json", "quiet", "which", "device", "precision"):
            alike = {
                other.help
                for _, another in COMMANDS
                for other in another.params
                if isinstance(other, click.Option) and other.opts == option.opts
            }
            assert alike == {option.help}


def test_kcnn_lists_its_commands_in_sections():
    text = read_help(())
    titles = re.findall(r"^([A-Z][a-z ]+):$", text, re.MULTILINE)
    assert titles == ["Options", "Start here", "Look inside", "Use the model", "Many runs", "Teach", "Set up"]
    start = text.partition("Start here:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in start.splitlines()] == ["train", "plot", "filters", "page", "open"]


def test_train_shows_first_what_beginners_need():
    text = read_help(("train",))
    titles = re.findall(r"^([A-Z][a-z ]+):$", text, re.MULTILINE)
    assert titles == ["Start with these", "What to train on", "Training", "Hardware", "Cluster", "Output", "Other"]
    first = text.partition("Start with these:\n")[2].partition("\n\n")[0]
    assert re.findall(r"^  (--[a-z]+) ", first, re.MULTILINE) == [
        *("--recipe", "--dataset", "--epochs"),
        *("--filters", "--seed", "--out"),
    ]


@each_command
def test_sections_name_what_exists_once(words, command):
    if isinstance(command, SectionCommand):
        listed = [name for names in command.sections.values() for name in names]
        assert set(listed) <= {option.name for option in command.params if isinstance(option, click.Option)}
        assert len(listed) == len(set(listed))
    if isinstance(command, SectionGroup):
        listed = command.list_commands(click.Context(command))
        assert len(listed) == len(set(listed))
