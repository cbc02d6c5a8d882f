"""The texts that users meet are plain English with American spelling.

Each pattern is a way of writing that made an earlier version of these texts hard to read. The comments say what to
write instead.
"""

import ast
import re
from pathlib import Path

import pytest

import keras_cnn_course

PACKAGE = Path(keras_cnn_course.__file__).parent
ROOT = Path(__file__).resolve().parent.parent

_THING = (
    "batch|bit|byte|call|cell|check|color scale|column|dot|epoch|example|file|folder|heading|image|key press|line"
    "|message|millisecond|module|multiply-add|number|operation|page|picture|point|process|replica|row|second|section"
    "|seed|step|sub-folder|test|thread|value|word"
)
_EACH = (
    "batch|call|case|channel|check|class|command|core|device|epoch|exercise|file|filter|idea|image|kernel|label|layer"
    "|line|machine|minute|model|module|move|optimizer step|page|pixel|process|recipe|replica|row|run|second|seed"
    "|setting|shift|slide|step|student|submission|task|test|thread|unit|worker"
)
PATTERNS = {
    "anew": r"\banew\b",  # again, from scratch
    "told": r"\b(?:is|are|was|were|be) told\b|\btells? of\b|\b(?:told|tells?) apart\b",  # say who tells whom
    "so many": r"\bso many\b",  # the number of ...
    "Received none": r"\bReceived none\b",  # no checkpoint found
    "Expected ... Received": r"\bExpected\b.*?\bReceived\b|\bReceived: ",  # say what is wrong, then what to do
    "whoever": r"\bwhoever\b",  # name the person, or "code that"
    "makes of": r"\bmakes of\b",  # turns into
    "a row a layer": rf"\b(?:a|an|one) (?:{_THING}) an? (?:{_EACH})\b",  # one row per layer
    "images a step": rf"\b(?:{_THING.replace('|', 's|')}es|batches|{_THING.replace('|', 's|')}s) an? (?:{_EACH})\b",
    "held-out images": r"\bheld-out\b",  # validation images
    "go on with": r"\b(?:go|goes|going|gone|went) on with\b",  # continue, resume
    "right for correct": r"\b[Rr]ight (?:answer|output|result|value)s?\b",  # correct; right is a direction
    "95 %": r"\d %(?![ \w]*[\d(])",  # no space
    "catalogue": r"\bcatalogue\b",  # exercises; the catalog of recipes
    "British spelling": r"(?i)\b(?:\w*colour|centre|grey|licence|neighbour|behaviour|modelled|favour)\w*"
    r"|\blabelled\b"  # aria-labelledby is an attribute of HTML
    r"|\w+(?:recogni|normali|summari|initiali|organi|optimi|visuali|speciali)s(?:e|ed|es|ing|ation)\b"
    r"|\b(?:recogni|normali|summari|initiali|organi|optimi|visuali|speciali)s(?:e|ed|es|ing|ation)\b",
}


def list_texts():
    """Return the texts that users meet, as `part -> [(place, text), ...]`; a part is a room or a page."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted(PACKAGE.rglob("*")):
        place = path.relative_to(PACKAGE)
        if path.suffix not in (".py", ".html", ".mjs", ".md", ".toml") or place.parts[0] in ("recipes", "data"):
            continue
        depth = 2 if place.parts[0] == "homework" else 1
        part = "/".join(place.parts[: min(depth, max(1, len(place.parts) - 1))])
        found.setdefault(part, []).extend(_read(path, str(place)))
    if (ROOT / "README.md").is_file():
        pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("recipes/*.py"), *ROOT.glob("data/*.md")]
        for path in sorted([*pages, ROOT / "Makefile", ROOT / "CITATION.cff"]):
            part = str(path.relative_to(ROOT))
            found[part] = _read(path, part)
    return found


def _read(path, place):
    """Return the texts in a file: the string literals of Python code, and the paragraphs of everything else."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return [(f"{place}:{line}", literal) for line, literal in _list_literals(ast.parse(text))]
    return [(place, paragraph) for paragraph in re.split(r"\n\s*\n", text)]


def _list_literals(tree):
    """Yield line and text of every string, with `{}` for the values in an f-string."""
    inner = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inner |= {id(value) for value in node.values}
            parts = [str(value.value) if isinstance(value, ast.Constant) else "{}" for value in node.values]
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.lineno, node.value


def find_faults(texts):
    """Return a line for each place where a text matches a pattern."""
    faults = []
    for place, text in texts:
        flat = " ".join(text.split())
        for name, pattern in PATTERNS.items():
            faults += [
                f"{place}: {name}: ...{flat[max(0, match.start() - 30) : match.end() + 30]}..."
                for match in re.finditer(pattern, flat)
            ]
    return faults


TEXTS = list_texts()


@pytest.mark.parametrize("part", sorted(TEXTS))
def test_texts_are_plain_english(part):
    faults = find_faults(TEXTS[part])
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The pictures are drawn anew.", "anew"),
        ("A class that is told from the others.", "told"),
        ("Start so many workers.", "so many"),
        ("Expected a run folder. Received none: choose another.", "Received none"),
        ("Expected a number.\nReceived: 'a'.", "Expected ... Received"),
        ("Write a row a layer.", "a row a layer"),
        ("one line an epoch", "a row a layer"),
        ("Images an optimizer step: images an optimizer step", "images a step"),
        ("the best on the held-out images", "held-out images"),
        ("colour of the centre", "British spelling"),
        ("batch normalisation", "British spelling"),
        ("to go on with a run", "go on with"),
        ("a right answer", "right for correct"),
        ("with its 95 % interval", "95 %"),
    ],
)
def test_each_pattern_finds_what_it_is_made_for(text, name):
    assert any(f": {name}: " in fault for fault in find_faults([("here", text)]))


@pytest.mark.parametrize(
    "text",
    [
        "one row per layer, 200 images per second",
        "Give each image a class and a model a name.",
        "It expected too much of the received data.",
        "The model makes mistakes; a line is drawn for each epoch.",
        "supervised learning, otherwise precise: promise, exercise, revise",
    ],
)
def test_plain_english_passes(text):
    assert find_faults([("here", text)]) == []
