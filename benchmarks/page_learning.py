"""Record a live page while a network learns in it: docs/pictures/page-learning.gif.

usage: python benchmarks/page_learning.py    (needs Chromium and Playwright)
"""

import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from page_pictures import draw_three
from PIL import Image

import keras_cnn_course as kcnn

TARGET = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "page-learning.gif"
# Optimizer steps after which a frame is taken: often at first, when most is learned.
STEPS = [0, 4, 9, 18, 32, 70, 200]
# What the recording leaves out, such as the layers after the first one.
HIDDEN = ".page-header, .lesson, #learn-lead, #samples-card, .beside, .caution, #moving, #drawing-tools"
LAYERS = "#layers .layer ~ .layer"
WIDTH, COLORS, MILLISECONDS = 440, 40, 1000


def record() -> None:
    """Train in the page, step by step, and write the frames."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        run = kcnn.train("softmax", "digits", epochs=1, out=Path(folder) / "softmax-001", quiet=True)
        page = run.page(out=Path(folder) / "page.html")
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        opened = browser.new_context(offline=True, viewport={"width": 900, "height": 800}).new_page()
        opened.goto(f"{page.as_uri()}#learn")
        opened.locator("#learn-numbers", has_text="Step 0").wait_for()
        draw_three(opened)
        opened.mouse.move(1, 1)
        opened.evaluate(
            "(all) => document.querySelectorAll(all).forEach((each) => (each.hidden = true))", f"{HIDDEN}, {LAYERS}"
        )
        frames = [_take_frame(opened, before, now) for before, now in zip([0, *STEPS], STEPS, strict=False)]
        browser.close()
    palette = frames[-1].quantize(COLORS, method=Image.Quantize.MAXCOVERAGE, kmeans=1)
    reduced = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    times = [MILLISECONDS] * (len(reduced) - 1) + [4 * MILLISECONDS]
    reduced[0].save(TARGET, save_all=True, append_images=reduced[1:], duration=times, loop=0, optimize=True)
    print(f"{TARGET.name}: {len(reduced)} frames, {TARGET.stat().st_size:,} bytes")


def _take_frame(opened: Any, before: int, now: int) -> Image.Image:
    """Go on from step `before` to step `now`, and return a picture of the settings, the curves and the first layer."""
    for step in range(before + 1, now + 1):
        opened.click("#learn-step")
        opened.locator("#learn-numbers", has_text=f"Step {step},").wait_for()
    opened.evaluate("scrollTo(0, 0)")
    with Image.open(io.BytesIO(opened.screenshot())) as picture:
        return picture.convert("RGB").resize((WIDTH, picture.height * WIDTH // picture.width), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    record()
