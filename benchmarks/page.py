"""Measure the live page: size, agreement with Keras in Node and Chromium, speed, and digits drawn by pointer events.

usage: python benchmarks/page.py    (MNIST in KCNN_DATA_HOME, Node, Chromium and Playwright; four minutes)

Trains the lecture's models on MNIST and the page's own network on the embedded digits, and writes their pages. Results
go to benchmarks/page.json, from which `make docs` writes the tables of docs/page.md.
"""

import base64
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "page"
RESULTS = Path(__file__).with_suffix(".json")
IMAGES, DRAWN = 100, 60
CASES = [
    ("softmax", "mnist", "none"),
    ("mlp", "mnist", "none"),
    ("cnn", "mnist", "none"),
    ("deep_cnn", "mnist", "none"),
    ("deep_cnn", "digits", "elastic"),
]

# The page's own forward pass on an image: the outputs of all steps, one after the other.
FORWARD = """
(encoded) => {
  const pixels = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const outputs = kcnn.forward(kcnn.network, Float32Array.from(pixels, (pixel) => pixel / 255)).slice(1);
  let text = "";
  for (const values of outputs) {
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    for (let start = 0; start < bytes.length; start += 8192) {
      text += String.fromCharCode(...bytes.subarray(start, start + 8192));
    }
  }
  return btoa(text);
}
"""
# Milliseconds of each pointer event, including ink, preparation, forward pass, and painting every canvas and panel.
CLOCK = """
() => {
  globalThis.times = [];
  const area = kcnn.page.drawing;
  for (const name of ["begin", "proceed"]) {
    const original = area[name];
    area[name] = function (event) {
      const begun = performance.now();
      original.call(area, event);
      if (area.stroke) times.push(performance.now() - begun);
    };
  }
}
"""


def measure() -> None:
    """Train the models, write and measure their pages, and record the results."""
    from playwright.sync_api import sync_playwright

    from keras_cnn_course.devices import backend

    started = backend.start()
    drawings = json.loads(_run_node("print_drawings.mjs", str(DRAWN)).stdout)
    rows = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        path = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        for recipe, dataset, augment in CASES:
            where = Path(folder) / f"{recipe}-{dataset}"
            rows.append(_measure_case(recipe, dataset, augment, where, started, browser, drawings))
            print(json.dumps(rows[-1]), flush=True)
        browser.close()
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")


def _measure_case(
    recipe: str, dataset: str, augment: str, where: Path, started: Any, browser: Any, drawings: Any
) -> dict[str, Any]:
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.models.outputs import read_layer_outputs
    from keras_cnn_course.page.writing import TrainedNetwork, build_page
    from keras_cnn_course.training.trainer import TrainingSettings, train

    data = load_dataset(dataset)
    settings = TrainingSettings(overrides={"augment": augment}, out=where)
    run = train(find_recipe(recipe), data, settings, backend=started)
    model = run.load_model()
    record = run.read_record()
    page = build_page([TrainedNetwork(run.name, model, record)], data)
    again = build_page([TrainedNetwork(run.name, run.load_model(), record)], data)
    (rounding,) = page.roundings.values()
    file = where / "page.html"
    file.write_text(page.html, encoding="utf-8")
    steps = json.loads(_script(page.html, "data"))["networks"][0]["steps"]
    images = data.x_test[:IMAGES]
    outputs = {output.name: output.values for output in read_layer_outputs(model, images)}
    expected = [outputs[step["name"]].reshape(IMAGES, -1) for step in steps]
    opened = browser.new_context(offline=True).new_page()
    opened.goto(file.as_uri())
    in_chromium = [opened.evaluate(FORWARD, base64.b64encode(image.tobytes()).decode()) for image in images]
    return {
        "recipe": recipe,
        "dataset": dataset,
        "augment": augment,
        "bytes": len(page.html.encode()),
        "same_bytes": page.html == again.html,
        "examples": rounding.examples,
        "right": [rounding.correct_before, rounding.correct_after],
        "changed": rounding.changed,
        "layers": [step["name"] for step in steps],
        "node": _compare(expected, _outputs_in_node(page.html, images, where)),
        "chromium": _compare(expected, np.stack([np.frombuffer(base64.b64decode(row), "<f4") for row in in_chromium])),
        **_draw(opened, drawings),
    }


def _script(html: str, name: str) -> str:
    return html.split(f'id="{name}">')[1].split("</script>")[0]


def _run_node(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", str(TESTS / script), *arguments], check=True, capture_output=True, text=True)


def _outputs_in_node(html: str, images: np.ndarray, folder: Path) -> np.ndarray:
    files = [folder / name for name in ("data.json", "weights.txt", "images.bin", "outputs.bin")]
    files[0].write_text(_script(html, "data"))
    files[1].write_text(_script(html, "weights"))
    files[2].write_bytes(images.tobytes())
    _run_node("run_network.mjs", *map(str, files))
    return np.fromfile(files[3], "<f4").reshape(len(images), -1)


def _compare(expected: list[np.ndarray], received: np.ndarray) -> dict[str, Any]:
    """Return each layer's largest difference as a share of its largest number, and the number of equal answers."""
    differences, start = [], 0
    for wanted in expected:
        values = received[:, start : start + wanted.shape[1]]
        start += wanted.shape[1]
        share = np.abs(values - wanted) / np.abs(wanted).max(axis=1, keepdims=True)
        differences.append(float(share.max()))
    return {"differences": differences, "same_answers": int((values.argmax(1) == wanted.argmax(1)).sum())}


def _draw(page: Any, drawings: list[dict[str, Any]]) -> dict[str, Any]:
    """Draw digits with the mouse; return the number recognized, and the time per event and per digit."""
    page.evaluate(CLOCK)
    box = page.locator("#paper").bounding_box()
    scale = box["width"] / 280
    recognized, events, digits = 0, [], []
    for drawing in drawings:
        page.click("#clear")
        page.evaluate("times.length = 0")
        page.evaluate("(value) => (document.getElementById('pen').value = value)", drawing["thickness"])
        for points in drawing["strokes"]:
            places = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in points]
            page.mouse.move(*places[0])
            page.mouse.down()
            for place in places[1:]:
                page.mouse.move(*place)
            page.mouse.up()
        taken = page.evaluate("times")
        events += taken
        digits.append(sum(taken))
        recognized += page.locator("#answer").text_content() == str(drawing["label"])
    return {
        "drawn": len(drawings),
        "recognised": recognized,
        "event_ms": [statistics.median(events), float(np.percentile(events, 95))],
        "digit_ms": statistics.median(digits),
    }


def make_table(kind: str) -> str:
    """Return the table `pages` or `parity` as Markdown."""
    rows = json.loads(RESULTS.read_text())
    return _tabulate_pages(rows) if kind == "pages" else _tabulate_parity(rows)


def _tabulate_pages(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| page of | trained on | size | correct test images before and after rounding | drawn digits recognized "
        "| time per pointer event |",
        "|---|---|---:|---|---:|---:|",
    ]
    for row in rows:
        augment = "" if row["augment"] == "none" else f", {row['augment']}"
        before, after = (f"{right:,}" for right in row["right"])
        lines.append(
            f"| `{row['recipe']}` | {row['dataset']}{augment} | {row['bytes'] / 1e6:.2f} MB | {before} and {after} of "
            f"{row['examples']:,} ({row['changed']} changed) | {row['recognised']} of {row['drawn']} "
            f"| {row['event_ms'][0]:.0f} ms, 95%: {row['event_ms'][1]:.0f} ms |"
        )
    return "\n".join(lines) + "\n"


def _tabulate_parity(rows: list[dict[str, Any]]) -> str:
    lines = ["| page of | layer | Node | Chromium |", "|---|---|---:|---:|"]
    for row in rows:
        if row["dataset"] != "mnist":
            continue
        for layer, node, chromium in zip(
            row["layers"], row["node"]["differences"], row["chromium"]["differences"], strict=True
        ):
            lines.append(f"| `{row['recipe']}` | {layer} | {node:.1e} | {chromium:.1e} |")
        same = [f"{row[where]['same_answers']} of {IMAGES}" for where in ("node", "chromium")]
        lines.append(f"| `{row['recipe']}` | same answer | {same[0]} | {same[1]} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    measure()
