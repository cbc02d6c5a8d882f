"""Try settings of the recipes without looking at the test images, and keep a log of what was tried.

usage: python benchmarks/tries.py QUESTION LABEL RECIPE [--dataset mnist] [--seeds 0-9] [--threads 1] [--held-out 6000]
                                  [NAME=VALUE ...]

6,000 of the 60,000 training images of MNIST or Fashion-MNIST, or as many as `--held-out` says, take the place of the
test images. They choose between settings; the 10,000 real test images are not read. A line of the log is one try: its
question, its label, the data set, the number of images held out, the recipe with its changed values, and for each seed
the accuracy on these images, of the best epoch by validation loss and of the last (also averaged over shifts), the last
epoch's loss on them, and its accuracy on the validation images; for a network with BatchNormalization also accuracy
and loss on the images held out with averages that were computed again, from training images as they are. The log is
benchmarks/tries.json, from which `make docs` makes tables and a picture.

The questions that begin with `many seeds` were measured on a GPU by another program; see docs/training.md. Their seeds
have the mistakes on the images held out, and everything else is a mean over the seeds.
"""

import argparse
import fcntl
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import OKABE_ITO, SMALL, TEXT, TITLE, new_figure
from keras_cnn_course.results.interval import format_interval, mean_interval

LOG = Path(__file__).with_suffix(".json")

Try = dict[str, Any]


def hold_out(name: str, count: int) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return a data set's training images without `count` of them, always the same, and these as test images."""
    from keras_cnn_course.datasets.loading import load_dataset

    data = load_dataset(name)
    order = np.random.default_rng(12_345).permutation(len(data.x_train))
    held, kept = order[:count], order[count:]
    return (data.x_train[kept], data.y_train[kept]), (data.x_train[held], data.y_train[held])


def train(recipe: str, values: dict[str, str], *, seed: int, threads: int, data: Any) -> dict[str, float]:
    """Train once, and return the accuracies on the images held out and the seconds of fitting."""
    import keras_cnn_course as kcnn

    with tempfile.TemporaryDirectory() as folder:
        chosen = {"overrides": {**values, "keep": "best"}, "seed": seed, "threads": threads}
        kcnn.train(recipe, data, out=Path(folder, "run"), quiet=True, **chosen)
        run = kcnn.open_run(Path(folder, "run"), trust_recipe=True)  # tried_cnn.py has a loss of its own
        last = run.evaluate(data, which="final")
        return {
            "seed": seed,
            "best_epoch": run.metrics["test_accuracy"],
            "last_epoch": round(last.accuracy, 6),
            "loss": round(last.loss, 6),
            "shifts": round(run.evaluate(data, which="final", shifts=1).accuracy, 6),
            **_measure_with_plain_averages(run, data),
            "validation": run.history["val_accuracy"][-1],
            "validation_examples": run.record.val_examples,
            "seconds": run.metrics["fit_seconds"],
            "threads": threads,
        }


def _measure_with_plain_averages(run: Any, data: Any) -> dict[str, float]:
    """Return accuracy and loss of the last epoch with averages of BatchNormalization from 6,000 plain training images.

    Layer by layer, because the averages of one change what the next one receives. Empty if there are none.
    """
    import keras

    from keras_cnn_course.results.evaluation import evaluate_model

    (images, _), (held, labels) = data
    plain = images[:6_000].reshape(-1, *run.record.input_shape).astype("float32") / 255
    with run.open_model("final") as model:
        normalizations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
        for layer in normalizations:
            inputs = keras.Model(model.inputs, layer.input).predict(plain, batch_size=500, verbose=0).astype("float64")
            axes = tuple(range(inputs.ndim - 1))
            layer.moving_mean.assign(inputs.mean(axes))
            layer.moving_variance.assign(inputs.var(axes))
        if not normalizations:
            return {}
        result = evaluate_model(model, held.reshape(-1, *run.record.input_shape), labels)
        return {"plain_averages": round(result.accuracy, 6), "plain_averages_loss": round(result.loss, 6)}


def add(facts: Try, result: dict[str, float]) -> None:
    """Add the result of one seed to the try with these facts. Several processes may do so at the same time."""
    with LOG.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        log = json.loads(LOG.read_text()) if LOG.is_file() else []
        found = next((entry for entry in log if facts.items() <= entry.items()), None)
        if found is None:
            log.append(found := {**facts, "seeds": []})
        others = [one for one in found["seeds"] if one["seed"] != result["seed"]]
        found["seeds"] = sorted([*others, result], key=lambda one: one["seed"])
        lines = [json.dumps(entry) for entry in log]
        LOG.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def read_tries(question: str) -> list[Try]:
    """Return the tries that belong to a question, in the order in which they were made."""
    return [entry for entry in json.loads(LOG.read_text()) if entry["question"] == question]


def make_table(question: str, compared: str = "") -> str:
    """Return the tries that belong to a question as a Markdown table.

    Args:
        compared: `epochs` to compare the last epoch with the best one of the same trainings, `shifts` to compare
            the answers averaged over shifts with the plain ones, `averages` to compare the last epoch with the same
            weights and plain averages of BatchNormalization, `first` to compare each try with the first one, `pairs`
            to compare each try with that from which it differs in one respect.
    """
    if compared == "pairs":
        return _compare_pairs(read_tries(question))
    if compared == "first":
        return _compare_with_first(read_tries(question))
    if compared == "averages":
        return _compare_averages(read_tries(question))
    if compared == "epochs":
        return _compare_epochs(read_tries(question))
    if compared == "shifts":
        return _compare_shifts(read_tries(question))
    rows = [
        "| number | try | seeds | accuracy on the images held out: mean (range) | validation accuracy "
        "| seconds on one core |",
        "|---:|---|---:|---|---:|---:|",
    ]
    for number, entry in enumerate(read_tries(question), start=1):
        found = [one["last_epoch"] for one in entry["seeds"]]
        checked = [one["validation"] for one in entry["seeds"] if "validation" in one]
        seconds = statistics.median(one["seconds"] for one in entry["seeds"])
        span = f" ({min(found):.2%} to {max(found):.2%})" if len(found) > 1 else ""
        rows.append(
            f"| {number} | {entry['label']} | {len(found)} | {statistics.mean(found):.2%}{span} "
            f"| {f'{statistics.mean(checked):.2%}' if checked else '-'} | {seconds:.0f} |"
        )
    return "\n".join(rows) + "\n"


def make_picture(question: str = "best_cnn") -> Picture:
    """Draw the tries of a question with their numbers in the table: accuracy over seconds, as logs of speed runs do.

    The accuracy is that on the images held out and on the validation images together: both chose nothing within a try.
    """
    tries = read_tries(question)
    figure = new_figure(7.2, 3.6)
    axes = figure.subplots()
    axes.margins(0.1, 0.15)
    places = [(statistics.median(one["seconds"] for one in entry["seeds"]), _unseen(entry)) for entry in tries]
    axes.plot(*zip(*places, strict=True), linestyle="none", marker="o", markersize=6, color=OKABE_ITO[0])
    for number, place in enumerate(places, start=1):
        axes.annotate(str(number), place, (0, 6), textcoords="offset points", ha="center", fontsize=SMALL + 1)
    axes.set_xlabel("seconds of training on one core", fontsize=TEXT)
    axes.set_ylabel("accuracy on images not trained on", fontsize=TEXT)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.2%}"))
    axes.tick_params(labelsize=SMALL + 1)
    axes.grid(visible=True, color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"What was tried for {question}, numbered as in the table", fontsize=TITLE)
    parts = "; ".join(f"{number}: {y:.2%} in {x:.0f} seconds" for number, (x, y) in enumerate(places, start=1))
    return Picture(figure, f"Accuracy over seconds of training for each try: {parts}.")


def _unseen(entry: Try) -> float:
    """Return the mean accuracy on the images held out and the validation images, weighted by their numbers."""
    shares = []
    for one in entry["seeds"]:
        checked = one["validation_examples"]
        held = entry["held_out"]
        shares.append((held * one["last_epoch"] + checked * one["validation"]) / (held + checked))
    return statistics.mean(shares)


def _compare_epochs(tries: list[Try]) -> str:
    rows = ["| recipe | seeds | best epoch | last epoch | gain (95% interval) |", "|---|---:|---:|---:|---:|"]
    for entry in tries:
        best, last = ([one[name] for one in entry["seeds"]] for name in ("best_epoch", "last_epoch"))
        gains = [later - before for later, before in zip(last, best, strict=True)]
        interval = format_interval(mean_interval(gains), "{:+.3f}", scale=100)
        rows.append(
            f"| {entry['label']} | {len(best)} | {statistics.mean(best):.3%} | {statistics.mean(last):.3%} "
            f"| {100 * statistics.mean(gains):+.3f} ({interval}) |"
        )
    return "\n".join(rows) + "\n"


def _compare_with_first(tries: list[Try]) -> str:
    """Return the table of tries with their gain over the first, and their loss where it was recorded."""
    held = tries[0]["held_out"]
    has_loss = any("loss" in one for entry in tries for one in entry["seeds"])
    rows = [
        f"| number | try | seeds | mistakes in {held:,} images held out | averaged over shifts "
        f"| gain over number 1 in points, seed by seed |{' loss |' if has_loss else ''} seconds on one core |",
        f"|---:|---|---:|---:|---:|---:|{'---:|' if has_loss else ''}---:|",
    ]
    first = {one["seed"]: one["last_epoch"] for one in tries[0]["seeds"]}
    for number, entry in enumerate(tries, start=1):
        seeds = entry["seeds"]
        plain, shifted = (held * (1 - statistics.mean(one[name] for one in seeds)) for name in ("last_epoch", "shifts"))
        gains = [one["last_epoch"] - first[one["seed"]] for one in seeds if number > 1 and one["seed"] in first]
        gain = f"{100 * statistics.mean(gains):+.3f}" if gains else "-"
        losses = [one["loss"] for one in seeds if "loss" in one]
        loss = f" {f'{statistics.mean(losses):.4f}' if losses else '-'} |" if has_loss else ""
        seconds = f"{statistics.median(one['seconds'] for one in seeds):.0f}"
        rows.append(
            f"| {number} | {entry['label']} | {len(seeds)} | {plain:.1f} | {shifted:.1f} | {gain} |{loss} {seconds} |"
        )
    return "\n".join(rows) + "\n"


def _compare_pairs(tries: list[Try]) -> str:
    """Return the table of tries with the difference of each from the one that it names."""
    held = tries[0]["held_out"]
    mirrored = tries[0]["dataset"] != "mnist"
    rows = [
        f"| number | try | mistakes in {held:,} images held out | difference to number (95% interval) | loss "
        f"| averaged {'with the mirrored image' if mirrored else 'over shifts'} |",
        "|---:|---|---:|---|---:|---:|",
    ]
    found = [[one["mistakes"] for one in entry["seeds"]] for entry in tries]
    for number, (entry, mistakes) in enumerate(zip(tries, found, strict=True), start=1):
        difference = "-"
        if (other := entry["compared_with"]) is not None:
            changes = [after - before for after, before in zip(mistakes, found[other - 1], strict=True)]
            interval = format_interval(mean_interval(changes), "{:+.1f}")
            difference = f"{other}: {statistics.mean(changes):+.1f} ({interval})"
        rows.append(
            f"| {number} | {entry['label']} | {statistics.mean(mistakes):.1f} | {difference} | {entry['loss']:.4f} "
            f"| {entry['shifts']:.1f} |"
        )
    return "\n".join(rows) + "\n"


def _compare_averages(tries: list[Try]) -> str:
    """Return the table of tries before and after the averages of BatchNormalization were computed again."""
    rows = [
        "| number | try | mistakes | with new averages | loss | with new averages |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for number, entry in enumerate(tries, start=1):
        seeds = [one for one in entry["seeds"] if "plain_averages" in one]
        if seeds:
            shares = [statistics.mean(one[name] for one in seeds) for name in ("last_epoch", "plain_averages")]
            before, after = (entry["held_out"] * (1 - share) for share in shares)
            losses = [statistics.mean(one[name] for one in seeds) for name in ("loss", "plain_averages_loss")]
            shown = " | ".join(f"{loss:.4f}" for loss in losses)
            rows.append(f"| {number} | {entry['label']} | {before:.1f} | {after:.1f} | {shown} |")
    return "\n".join(rows) + "\n"


def _compare_shifts(tries: list[Try]) -> str:
    gains = [one["shifts"] - one["last_epoch"] for entry in tries for one in entry["seeds"]]
    interval = format_interval(mean_interval(gains), "{:+.3f}", scale=100)
    return (
        f"Averaging each answer over nine shifts gained {100 * statistics.mean(gains):+.3f} points on the images held "
        f"out, as a mean over the {len(gains)} trainings (95% interval {interval}).\n"
    )


def _read_seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question")
    parser.add_argument("label")
    parser.add_argument("recipe", help="a recipe's name or file")
    parser.add_argument("values", nargs="*", metavar="NAME=VALUE", help="hyperparameters to change")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--seeds", type=_read_seeds, default=range(3))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--held-out", type=int, default=6_000)
    options = parser.parse_intermixed_args()
    changed = dict(pair.split("=", 1) for pair in options.values)
    images = hold_out(options.dataset, options.held_out)
    names = ("question", "label", "dataset", "held_out", "recipe")
    facts = {name: getattr(options, name) for name in names} | {"values": changed}
    for number in options.seeds:
        one = train(options.recipe, changed, seed=number, threads=options.threads, data=images)
        add(facts, one)
        print(json.dumps(one), file=sys.stderr, flush=True)
