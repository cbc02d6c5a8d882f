"""Measure how well photographs of digits are read, on synthetic photographs under many conditions.

usage: python benchmarks/photographs.py RUN    (a run trained on MNIST; `make photographs` installs the fonts)

The ink comes from handwriting fonts, each digit once per font and condition. `clean ink` is the same ink in black
on white. Pictures without a digit are tried too: each answer with more than 90% is counted. Results go to
benchmarks/photographs.json, from which `make docs` writes tables.
"""

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from keras_cnn_course.datasets.preparation import prepare_digit
from keras_cnn_course.errors import ImageError

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_suffix(".json")
FONTS = ROOT / ".venv" / "fonts" / "node_modules" / "@fontsource"
SURE = 0.9
SECOND = "second digit"


def measure(run: Path, fonts: list[Path]) -> None:
    """Prepare and classify every picture, and record what was read, refused and misread with confidence."""
    import photograph_conditions as conditions  # not needed for the table, which other programs make

    with ProcessPoolExecutor() as pool:  # its processes start before TensorFlow does
        prepared = list(pool.map(_prepare_empty, range(5), [fonts[seed % len(fonts)] for seed in range(5)]))
        names = [SECOND, *conditions.CONDITIONS]
        pictures = pool.map(_prepare_condition, names, [fonts] * len(names))
        from keras_cnn_course.api import open_run

        with open_run(run).open_model("best") as model:
            empty = [
                {"picture": name, "seed": seed, **_count(model, [digit], [-1])}
                for seed, digits in enumerate(prepared)
                for name, digit in digits.items()
            ]
            print(json.dumps([row for row in empty if not row["refused"]]), flush=True)
            rows = []
            for name, digits in zip(names, pictures, strict=True):
                rows.append({"condition": name, **_count(model, digits, list(range(10)) * len(fonts))})
                print(json.dumps(rows[-1]), flush=True)
    results = {
        "fonts": [font.parts[-3] for font in fonts],
        "conditions": rows[1:],
        SECOND: rows[0],
        "empty": empty,
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def _prepare_condition(name: str, fonts: list[Path]) -> list[np.ndarray | None]:
    """Draw and prepare each digit of each font; None where the picture is refused."""
    import photograph_conditions as conditions  # not needed for the table, which other programs make

    generator = np.random.default_rng(6 if name == SECOND else 5)
    prepared = []
    for font in fonts:
        for digit in range(10):
            if name == SECOND:
                picture = conditions.add_second_digit(font, digit, generator)
            else:
                picture = conditions.CONDITIONS[name](conditions.write(font, digit, generator), generator)
            prepared.append(_prepare(picture))
    return prepared


def _prepare_empty(seed: int, font: Path) -> dict[str, np.ndarray | None]:
    import photograph_conditions as conditions

    pictures = conditions.draw_empty(font, np.random.default_rng(seed))
    return {name: _prepare(picture) for name, picture in pictures.items()}


def _prepare(picture: np.ndarray) -> np.ndarray | None:
    try:
        return prepare_digit(picture)
    except ImageError:
        return None


def _count(model: object, prepared: list[np.ndarray | None], labels: list[int]) -> dict[str, int]:
    """Return how many pictures were read, refused, and misread with more than 90% probability."""
    from keras_cnn_course.results.prediction import predict_probabilities

    answered = [(digit, label) for digit, label in zip(prepared, labels, strict=True) if digit is not None]
    read = sure = 0
    if answered:
        probabilities = predict_probabilities(model, np.stack([digit for digit, _ in answered])[..., np.newaxis])
        correct = probabilities.argmax(axis=1) == np.array([label for _, label in answered])
        read, sure = int(correct.sum()), int((~correct & (probabilities.max(axis=1) > SURE)).sum())
    return {"pictures": len(labels), "read": read, "refused": len(labels) - len(answered), "surely_wrong": sure}


def make_table() -> str:
    """Return the results as a Markdown table, one row per condition."""
    results = json.loads(RESULTS.read_text())
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
    answered = sum(row["refused"] == 0 for row in empty)
    lines += [
        "",
        f"A second, smaller digit in the picture: refused in {second['refused']} of {second['pictures']}.",
        f"Pictures without a single digit: {len(empty)}, of which {answered} got an answer, "
        f"{sum(row['surely_wrong'] for row in empty)} with more than 90%.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--fonts", type=Path, default=FONTS, help="folder with the @fontsource packages")
    arguments = parser.parse_args()
    found = sorted(arguments.fonts.glob("*/files/*-latin-400-normal.woff"))
    if len(found) < 10:
        parser.error(f"{arguments.fonts} must have at least 10 handwriting fonts. Run: make photographs RUN=...")
    measure(arguments.run, found)
