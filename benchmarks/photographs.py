"""Measure how well photographs of digits are read, on synthetic photographs under many conditions.

usage: python benchmarks/photographs.py RUN    (a run trained on MNIST; `make photographs` installs the fonts)

The ink comes from handwriting fonts, each digit once per font and condition. `clean ink` is the same ink in black
on white. Pictures without a digit are tried too: each answer with more than 90% is counted. Results go to
benchmarks/photographs.json, from which `make docs` writes tables.
"""

import argparse
import json
import os
from pathlib import Path

import numpy as np
import photograph_conditions as conditions

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_suffix(".json")
FONTS = ROOT / ".venv" / "fonts" / "node_modules" / "@fontsource"
SURE = 0.9


def measure(run: Path, fonts: list[Path]) -> None:
    """Prepare and classify every picture, and record what was read, refused and misread with confidence."""
    from keras_cnn_course.api import open_run

    cases = [(font, digit) for font in fonts for digit in range(10)]
    labels = [digit for _, digit in cases]
    rows, empty = [], []
    with open_run(run).open_model("best") as model:
        for name, photograph in conditions.CONDITIONS.items():
            generator = np.random.default_rng(5)
            pictures = [photograph(conditions.write(font, digit, generator), generator) for font, digit in cases]
            rows.append({"condition": name, **_count(model, pictures, labels)})
            print(json.dumps(rows[-1]), flush=True)
        generator = np.random.default_rng(6)
        pictures = [conditions.add_second_digit(font, digit, generator) for font, digit in cases]
        second = _count(model, pictures, labels)
        for seed in range(5):
            for name, picture in conditions.draw_empty(fonts[seed % len(fonts)], np.random.default_rng(seed)).items():
                empty.append({"picture": name, "seed": seed, **_count(model, [picture], [-1])})
    results = {"fonts": [font.parts[-3] for font in fonts], "conditions": rows, "second digit": second, "empty": empty}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def _count(model: object, pictures: list[np.ndarray], labels: list[int]) -> dict[str, int]:
    """Return how many pictures were read, refused, and misread with more than 90% probability."""
    from keras_cnn_course.datasets.preparation import prepare_digit
    from keras_cnn_course.errors import ImageError
    from keras_cnn_course.results.prediction import predict_probabilities

    prepared, expected = [], []
    for picture, label in zip(pictures, labels, strict=True):
        try:
            prepared.append(prepare_digit(picture))
            expected.append(label)
        except ImageError:
            continue
    read = sure = 0
    if prepared:
        probabilities = predict_probabilities(model, np.stack(prepared)[..., np.newaxis])
        correct = probabilities.argmax(axis=1) == np.array(expected)
        read, sure = int(correct.sum()), int((~correct & (probabilities.max(axis=1) > SURE)).sum())
    return {"pictures": len(pictures), "read": read, "refused": len(pictures) - len(prepared), "surely_wrong": sure}


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
    second, empty = results["second digit"], results["empty"]
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
