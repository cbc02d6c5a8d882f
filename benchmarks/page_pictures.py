"""Take the pictures of docs/page.md: a run's live page on a screen and on a phone, and its `kcnn features` sheet.

usage: python benchmarks/page_pictures.py RUN    (a run of deep_cnn on MNIST; needs Node, Chromium and Playwright)
"""

import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from keras_cnn_course.plots.saving import reduce_colors

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
IMAGE = "17"  # a seven
THREE = [(0.32, 0.24), (0.5, 0.14), (0.66, 0.26), (0.6, 0.42), (0.46, 0.48), (0.62, 0.55), (0.7, 0.72), (0.52, 0.86)]
LAST = (0.3, 0.78)


def take(run: Path) -> None:
    """Write the pictures into docs/pictures."""
    from playwright.sync_api import sync_playwright

    shrink_picture = runpy.run_path(str(ROOT / "docs" / "regenerate.py"))["shrink_picture"]
    with tempfile.TemporaryDirectory() as folder:
        page, sheet = Path(folder) / "page.html", Path(folder) / "features.png"
        kcnn = [sys.executable, "-m", "keras_cnn_course"]
        subprocess.run([*kcnn, "page", str(run), "--out", str(page)], check=True)
        subprocess.run([*kcnn, "features", str(run), "--image", IMAGE, "--out", str(sheet)], check=True)
        for source, name in (("features.png", "features.png"), ("features_pool_2.png", "features-pooling.png")):
            shutil.copyfile(sheet.with_name(source), PICTURES / name)
            shrink_picture(PICTURES / name)
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
            _photograph(browser, page, "page.png", viewport={"width": 1280, "height": 800})
            phone = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "color_scheme": "dark"}
            _photograph(browser, page, "page-phone.png", **phone)
            browser.close()


def _photograph(browser: Any, page: Path, name: str, **settings: Any) -> None:
    """Draw a three, point at a number of the second convolution (on the phone, of the first), and take a picture."""
    opened = browser.new_context(offline=True, **settings).new_page()
    opened.goto(page.as_uri())
    box = opened.locator("#paper").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in [*THREE, LAST]]
    opened.mouse.move(*places[0])
    opened.mouse.down()
    for place in places[1:]:
        opened.mouse.move(*place, steps=12)
    opened.mouse.up()
    canvas = opened.locator("#layers .layer").filter(has_text="conv_1" if "has_touch" in settings else "conv_2")
    canvas = canvas.locator(".maps canvas").first
    canvas.scroll_into_view_if_needed()
    if "has_touch" in settings:
        opened.evaluate("scrollBy(0, 330)")
        canvas.tap(position={"x": 246, "y": 44})
    else:
        canvas.hover(position={"x": 215, "y": 28})
        opened.evaluate("scrollBy(0, -60)")
    opened.wait_for_timeout(200)
    target = PICTURES / name
    opened.screenshot(path=target)
    with Image.open(target) as picture:
        reduce_colors(picture).save(target, optimize=True)


if __name__ == "__main__":
    take(Path(sys.argv[1]))
