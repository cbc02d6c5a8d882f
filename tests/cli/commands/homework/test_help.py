"""The help of the homework commands: short summaries, examples, and one text per option."""

import click
import pytest

from keras_cnn_course.cli.commands.homework import command as homework

CONTEXT = click.Context(homework, info_name="kcnn homework")
COMMANDS = {name: homework.get_command(CONTEXT, name) for name in homework.list_commands(CONTEXT)}


def test_no_summary_is_cut_off(run):
    lines = run("--help").stdout.splitlines()
    for name, command in COMMANDS.items():
        summary = command.get_short_help_str(1000)
        assert summary.endswith(".")
        assert not summary.endswith("...")
        assert len(summary) <= 45
        assert [line.split(maxsplit=1) for line in lines].count([name, summary]) == 1


def test_commands_are_sorted_by_who_needs_them(run):
    text = run("--help").stdout
    students, instructors = text.index("For students:"), text.index("For instructors:")
    assert students < text.index("\n  submit ") < instructors < text.index("\n  grade ")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_that_names_the_command(name, run):
    text = run(name, "--help").stdout
    assert f"Example:  kcnn homework {'grade' if name == 'stats' else name}" in text
    assert f" kcnn homework {name}" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help_and_no_argument_is_listed_as_one(name, run):
    for option in COMMANDS[name].params:
        if isinstance(option, click.Option):
            assert (option.help or "").strip().endswith((".", "]")), option.name
    assert "EX" not in [line.strip() for line in run(name, "--help").stdout.splitlines()]


def test_the_same_option_has_the_same_help_everywhere():
    helps = {}
    for command in COMMANDS.values():
        for option in command.params:
            if isinstance(option, click.Option) and option.opts[0] in ("--json", "--quiet", "--folder", "--secret"):
                helps.setdefault(option.opts[0], set()).add(option.help)
    assert set(helps) == {"--json", "--quiet", "--folder", "--secret"}
    assert all(len(texts) == 1 for texts in helps.values())
