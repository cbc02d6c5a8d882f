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
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from keras_cnn_course.datasets.doubts import find_doubt
from keras_cnn_course.datasets.preparation import frame_digit
from keras_cnn_course.datasets.writing import find_writing
from keras_cnn_course.errors import ImageError

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_suffix(".json")
FONTS = ROOT / ".venv" / "fonts" / "node_modules" / "@fontsource"
SURE = 0.9
SECOND = "second digit"
EMPTY = "no single digit"
PARTS = (SECOND, "conditions", "others", "empty")


def measure(run: Path, fonts: list[Path], parts: list[str], folder: Path | None) -> None:
    """Prepare and classify pictures, and record what was read, refused and misread with confidence.

    Args:
        parts: which of PARTS, or of their rows, to measure; earlier results of the others are kept.
        folder: where to keep the writing that was found, so that a measurement can be made in parts; or None.
    """
    import photograph_conditions as conditions  # not needed for the table, which other programs make
    from photograph_others import OTHERS

    names = {SECOND: [SECOND], "conditions": list(conditions.CONDITIONS), "others": list(OTHERS), "empty": [EMPTY]}
    chosen = {part: [name for name in members if {part, name} & {*parts}] for part, members in names.items()}
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:  # its processes start before TensorFlow does
        every = [name for members in chosen.values() for name in members]
        found = dict(zip(every, pool.map(_find_all, every, repeat(fonts), repeat(folder)), strict=True))
    from keras_cnn_course.api import open_run

    results = json.loads(RESULTS.read_text()) | {"fonts": [font.parts[-3] for font in fonts]}
    with open_run(run).open_model("best") as model:
        for part, members in chosen.items():
            rows = {name: {"condition": name, **_count(model, found[name])} for name in members}
            for row in rows.values():
                print(json.dumps(row), flush=True)
            if part in (SECOND, "empty"):
                results[part] = next(iter(rows.values()), results[part])
            else:
                earlier = {row["condition"]: row for row in results[part]} | rows
                results[part] = [earlier[name] for name in names[part] if name in earlier]
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def _find_all(name: str, fonts: list[Path], folder: Path | None) -> list[tuple[int, np.ndarray | None]]:
    """Draw the pictures of a name and find their writing, or take what was found before from a folder.

    Returns:
        For each picture the digit that it shows (-1 for none), and the ink of its writing; None where it is refused.
    """
    kept = folder / f"{name.replace(' ', '_')}.npz" if folder else None
    if kept and kept.exists():
        with np.load(kept) as arrays:
            found = [(int(label), arrays[f"ink_{number}"]) for number, label in enumerate(arrays["labels"])]
        return [(label, ink if ink.size else None) for label, ink in found]
    pictures = [(label, _find(picture)) for label, picture in _draw_all(name, fonts)]
    if kept:
        inks = {f"ink_{number}": np.zeros((0, 0)) if ink is None else ink for number, (_, ink) in enumerate(pictures)}
        np.savez_compressed(kept, labels=[label for label, _ in pictures], **inks)
    return pictures


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


def _find(picture: np.ndarray) -> np.ndarray | None:
    try:
        return find_writing(np.asarray(picture, np.float32))
    except ImageError:
        return None


def _count(model: object, found: list[tuple[int, np.ndarray | None]]) -> dict[str, int]:
    """Return how many pictures were read, refused, warned about, answered with more than 90%, and surely misread.

    `sure` and `surely_wrong` count the answers that came without a warning, `surely_warned` those with one.
    """
    from keras_cnn_course.results.prediction import predict_probabilities

    answered = [(label, ink) for label, ink in found if ink is not None]
    counts = {"pictures": len(found), "read": 0, "refused": len(found) - len(answered)}
    counts |= dict.fromkeys(("warned", "sure", "surely_wrong", "surely_warned"), 0)
    if not answered:
        return counts
    digits = np.stack([frame_digit(ink) for _, ink in answered])[..., np.newaxis]
    probabilities = predict_probabilities(model, digits)
    correct = probabilities.argmax(axis=1) == np.array([label for label, _ in answered])
    certain = probabilities.max(axis=1) > SURE
    warned = np.array([bool(find_doubt(ink)) for _, ink in answered])
    sums = {"read": correct, "warned": warned, "sure": certain & ~warned}
    sums |= {"surely_wrong": certain & ~warned & ~correct, "surely_warned": certain & warned}
    return counts | {name: int(mask.sum()) for name, mask in sums.items()}


def make_table(which: str = "conditions") -> str:
    """Return the results as a Markdown table: one row per condition, or per kind of the `others`."""
    results = json.loads(RESULTS.read_text())
    if which == "others":
        return _tabulate_others(results["others"])
    clean = results["conditions"][0]["read"]
    lines = [
        "| photograph | read correctly | share of the clean ink | refused | warned | wrong, over 90% sure |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in results["conditions"]:
        lines.append(
            f"| {row['condition']} | {row['read']} of {row['pictures']} | {row['read'] / clean:.0%} "
            f"| {row['refused']} | {row['warned']} | {row['surely_wrong']} |"
        )
    second, empty = results[SECOND], results["empty"]
    lines += [
        "",
        f"A second, smaller digit in the picture: refused in {second['refused']} of {second['pictures']}.",
        f"Of {empty['pictures']} pictures of empty paper, filled shapes, words or several separate digits, "
        f"{empty['pictures'] - empty['refused']} got an answer, {empty['sure']} with more than 90%.",
    ]
    return "\n".join(lines) + "\n"


def _tabulate_others(rows: list[dict[str, Any]]) -> str:
    """Return a table of the pictures that do not show one digit clearly."""
    lines = [
        "| picture of | refused | warned | answered, at most 90% sure | answered, over 90% sure "
        "| of these, the larger digit |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        unsure = row["pictures"] - row["refused"] - row["warned"] - row["sure"]
        right = row["sure"] - row["surely_wrong"]
        cells = f"{row['refused']} of {row['pictures']} | {row['warned']} | {unsure} | {row['sure']} | {right}"
        lines.append(f"| {row['condition']} | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--fonts", type=Path, default=FONTS, help="folder with the @fontsource packages")
    parser.add_argument("--keep", type=Path, help="folder for the writing that was found; what is in it is used again")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, or single conditions, separated by commas")
    arguments = parser.parse_args()
    found = sorted(arguments.fonts.glob("*/files/*-latin-400-normal.woff"))
    if len(found) < 10:
        parser.error(f"{arguments.fonts} must have at least 10 handwriting fonts. Run: make photographs RUN=...")
    measure(arguments.run, found, arguments.only.split(","), arguments.keep)
