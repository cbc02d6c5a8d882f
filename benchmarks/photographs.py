"""Measure how well photographs of digits are read, on synthetic photographs under many conditions.

usage: python benchmarks/photographs.py RUN    (a run trained on MNIST; `make photographs` installs the fonts)

The ink comes from handwriting fonts, each digit once per font and condition. `clean ink` is the same ink in black
on white. Pictures without a digit are tried too: each answer with more than 90% is counted. Results go to
benchmarks/photographs.json, from which `make docs` writes tables.
"""

import argparse
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.datasets.preparation import prepare_digit
from keras_cnn_course.errors import ImageError

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_suffix(".json")
FONTS = ROOT / ".venv" / "fonts" / "node_modules" / "@fontsource"
SURE = 0.9
SECOND = "second digit"
EMPTY = "no single digit"
PARTS = (SECOND, "conditions", "others", "empty")


def measure(run: Path, fonts: list[Path], parts: list[str]) -> None:
    """Prepare and classify pictures, and record what was read, refused and misread with confidence.

    Args:
        parts: which of PARTS to measure; earlier results of the others are kept. The name of a single condition is
            measured and printed, but not recorded.
    """
    import photograph_conditions as conditions  # not needed for the table, which other programs make
    from photograph_others import OTHERS

    names = {SECOND: [SECOND], "conditions": list(conditions.CONDITIONS), "others": list(OTHERS), "empty": [EMPTY]}
    chosen = {part: names.get(part, [part]) for part in parts}
    with ProcessPoolExecutor() as pool:  # its processes start before TensorFlow does
        every = [name for part in chosen.values() for name in part]
        prepared = dict(zip(every, pool.map(_prepare_all, every, [fonts] * len(every)), strict=True))
    from keras_cnn_course.api import open_run

    results = json.loads(RESULTS.read_text()) | {"fonts": [font.parts[-3] for font in fonts]}
    with open_run(run).open_model("best") as model:
        for part, members in chosen.items():
            rows = []
            for name in members:
                rows.append({"condition": name, **_count(model, prepared[name])})
                print(json.dumps(rows[-1]), flush=True)
            if part in PARTS:
                results[part] = rows if len(rows) > 1 else rows[0]
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def _prepare_all(name: str, fonts: list[Path]) -> list[tuple[int, np.ndarray | None]]:
    """Draw and prepare the pictures of a name.

    Returns:
        For each picture the digit that it shows (-1 for none), and its 28x28 pixels; None where it is refused.
    """
    return [(label, _prepare(picture)) for label, picture in _draw_all(name, fonts)]


def _draw_all(name: str, fonts: list[Path]) -> Iterator[tuple[int, np.ndarray]]:
    import photograph_conditions as conditions  # not needed for the table, which other programs make
    from photograph_others import OTHERS

    if name == EMPTY:
        for seed in range(5):
            pictures = conditions.draw_empty(fonts[seed % len(fonts)], np.random.default_rng(seed))
            yield from ((-1, picture) for picture in pictures.values())
        return
    generator = np.random.default_rng({SECOND: 6}.get(name, 5))
    if name in OTHERS:
        for number, font in enumerate(fonts):
            yield number % 10, OTHERS[name](font, number % 10, generator)
        return
    for font in fonts:
        for digit in range(10):
            if name == SECOND:
                yield digit, conditions.add_second_digit(font, digit, generator)
            else:
                ink = conditions.write(font, digit, generator)
                yield digit, conditions.CONDITIONS[name](ink, generator)


def _prepare(picture: np.ndarray) -> np.ndarray | None:
    try:
        return prepare_digit(picture)
    except ImageError:
        return None


def _count(model: object, prepared: list[tuple[int, np.ndarray | None]]) -> dict[str, int]:
    """Return how many pictures were read, refused, answered with more than 90% probability, and surely misread."""
    from keras_cnn_course.results.prediction import predict_probabilities

    answered = [(digit, label) for label, digit in prepared if digit is not None]
    read = sure = wrong = 0
    if answered:
        probabilities = predict_probabilities(model, np.stack([digit for digit, _ in answered])[..., np.newaxis])
        correct = probabilities.argmax(axis=1) == np.array([label for _, label in answered])
        certain = probabilities.max(axis=1) > SURE
        read, sure, wrong = int(correct.sum()), int(certain.sum()), int((~correct & certain).sum())
    refused = len(prepared) - len(answered)
    return {"pictures": len(prepared), "read": read, "refused": refused, "sure": sure, "surely_wrong": wrong}


def make_table(which: str = "conditions") -> str:
    """Return the results as a Markdown table: one row per condition, or per kind of the `others`."""
    results = json.loads(RESULTS.read_text())
    if which == "others":
        return _tabulate_others(results["others"])
    clean = results["conditions"][0]["read"]
    lines = [
        "| photograph | read correctly | share of the clean ink | refused | wrong, over 90% sure |",
        "|---|---:|---:|---:|---:|",
    ]
    for row in results["conditions"]:
        lines.append(
            f"| {row['condition']} | {row['read']} of {row['pictures']} | {row['read'] / clean:.0%} "
            f"| {row['refused']} | {row['surely_wrong']} |"
        )
    second, empty = results[SECOND], results["empty"]
    lines += [
        "",
        f"A second, smaller digit in the picture: refused in {second['refused']} of {second['pictures']}.",
        f"Pictures without a single digit: {empty['pictures']}, of which {empty['pictures'] - empty['refused']} got an "
        f"answer, {empty['sure']} with more than 90%.",
    ]
    return "\n".join(lines) + "\n"


def _tabulate_others(rows: list[dict[str, Any]]) -> str:
    """Return a table of the pictures that do not show one digit clearly."""
    lines = [
        "| picture of | refused | answered, at most 90% sure | answered, over 90% sure | of these, the larger digit |",
        "|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        unsure = row["pictures"] - row["refused"] - row["sure"]
        right = row["sure"] - row["surely_wrong"]
        cells = f"{row['refused']} of {row['pictures']} | {unsure} | {row['sure']} | {right}"
        lines.append(f"| {row['condition']} | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--fonts", type=Path, default=FONTS, help="folder with the @fontsource packages")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, or single conditions, separated by commas")
    arguments = parser.parse_args()
    found = sorted(arguments.fonts.glob("*/files/*-latin-400-normal.woff"))
    if len(found) < 10:
        parser.error(f"{arguments.fonts} must have at least 10 handwriting fonts. Run: make photographs RUN=...")
    measure(arguments.run, found, arguments.only.split(","))
