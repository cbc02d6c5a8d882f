"""From Python to the command line: what a message calls `out=` is the option --out here.

The functions of this package name their parameters as Python spells them, between backticks and with an equals sign:
"Choose another `out=`.", "Use `device='cpu'`." The command line shows the same messages with its options.
"""

import re

__all__ = ["spell_options"]

_ARGUMENT = re.compile(r"`(\w+)=([^`]*)`")
_OTHER_NAMES = {"data": "dataset"}
_BETWEEN = {"image_size": "x"}  # what separates the two numbers of a pair; a colon in other options


def spell_options(text: str) -> str:
    """Return a message with options in place of Python's arguments.

    >>> spell_options("Use `device='cpu'`, or choose another `out=`.")
    'Use --device cpu, or choose another --out.'
    >>> spell_options("`force=True`, `image_size=(height, width)` and `pixel_range=(0, 16)`")
    '--force, --image-size HEIGHTxWIDTH and --pixel-range 0:16'
    """
    return _ARGUMENT.sub(_spell, text)


def _spell(argument: re.Match[str]) -> str:
    name, value = argument[1], argument[2].strip("'\"")
    option = "--" + _OTHER_NAMES.get(name, name).replace("_", "-")
    if pair := re.fullmatch(r"\((.+), (.+)\)", value):
        between = _BETWEEN.get(name, ":")
        value = between.join(word.upper() if word.isalpha() else word for word in pair.groups())
    return option if value in ("", "True") else f"{option} {value}"
