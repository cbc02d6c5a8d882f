"""How many of the wrong labels that people confirmed in MNIST's test images `kcnn audit` lists first.

usage: python benchmarks/audit.py [--seeds 0,1,2]

The 15 images are those of mturk/mnist_mturk.json in https://github.com/cleanlab/label-errors for which fewer than
three of five people agreed with the label (Northcutt, Athalye and Mueller, NeurIPS 2021). Results go to
benchmarks/audit.json, from which `make docs` writes the table of docs/audit.md; other seeds in it are kept.
"""

import argparse
import json
import time
from pathlib import Path

RESULTS = Path(__file__).with_suffix(".json")
CONFIRMED = (947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729)


def measure(seed: int) -> dict[str, float | int]:
    """Audit MNIST, and return the number of confirmed errors among the first doubtful test labels."""
    import keras_cnn_course as kcnn

    data = kcnn.load_dataset("mnist")
    began = time.perf_counter()
    found = kcnn.audit(data, seed=seed).found
    print(f"seed {seed}: {time.perf_counter() - began:.1f} s")
    listed = [found.locate(one.index)[1] for one in found.doubtful_in("test")]
    return {
        "seed": seed,
        "agreement": round(found.agreement, 5),
        "doubtful": len(listed),
        "probably_mislabeled": sum(one.is_confident for one in found.doubtful_in("test")),
        "copies": len(found.neighbors.copies),
        "near_copies": len(found.neighbors.near_copies),
        **{f"first_{count}": len(set(CONFIRMED) & set(listed[:count])) for count in (25, 50, 100)},
    }


def make_table() -> str:
    """Return the results as a table, for `make docs`."""
    lines = [
        "| seed | classified as labeled | doubtful test labels | of the 15 in the first 25 | in the first 50 "
        "| in the first 100 |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['seed']} | {row['agreement']:.2%} | {row['doubtful']} | {row['first_25']} | {row['first_50']} "
        f"| {row['first_100']} |"
        for row in json.loads(RESULTS.read_text())
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure the seeds one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0,1,2")
    seeds = [int(seed) for seed in parser.parse_args().seeds.split(",")]
    rows = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    for seed in seeds:
        rows = sorted([row for row in rows if row["seed"] != seed] + [measure(seed)], key=lambda row: row["seed"])
        RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
        print(rows)


if __name__ == "__main__":
    main()
