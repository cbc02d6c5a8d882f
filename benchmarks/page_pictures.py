"""Take the pictures of docs/page.md: live pages on a screen and on a phone, and the `kcnn features` sheet of a run.

usage: python benchmarks/page_pictures.py RUN    (a run of deep_cnn on MNIST; needs Node, Chromium and Playwright)
       python benchmarks/page_pictures.py        (only the pages of color images and of several networks)
"""

import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_cnn_course.plots.saving import reduce_colors

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
IMAGE = "17"  # a seven
THREE = [(0.32, 0.24), (0.5, 0.14), (0.66, 0.26), (0.6, 0.42), (0.46, 0.48), (0.62, 0.55), (0.7, 0.72), (0.52, 0.86)]
LAST = (0.3, 0.78)


def draw_three(opened: Any) -> None:
    """Draw a three on the paper of a live page with the mouse."""
    box = opened.locator("#paper").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in [*THREE, LAST]]
    opened.mouse.move(*places[0])
    opened.mouse.down()
    for place in places[1:]:
        opened.mouse.move(*place, steps=12)
    opened.mouse.up()


def draw_shape(color: int, shape: int, generator: np.random.Generator) -> np.ndarray:
    """Return a square, a disk or a cross in red, green or blue, `(32, 32, 3)`, on a ground of any color."""
    (row, column), reach = generator.integers(12, 20, 2), generator.integers(6, 10)
    down, right = np.mgrid[:32, :32] - np.array([row, column])[:, None, None]
    distance = (
        np.maximum(np.abs(down), np.abs(right)),
        np.hypot(down, right),
        np.minimum(np.abs(down), np.abs(right)) * reach / 3,
    )[shape]
    image = np.ones((32, 32, 3)) * generator.integers(60, 190, 3)
    image[distance < reach] = [(200, 60, 40), (60, 170, 70), (50, 80, 210)][color]
    return image.astype(np.uint8)


def write_shapes(folder: Path) -> None:
    """Write a data set of color images, one folder per class."""
    generator = np.random.default_rng(0)
    for color, hue in enumerate(("red", "green", "blue")):
        for shape, name in enumerate(("square", "disk", "cross")):
            for split, number in (("train", 200), ("test", 20)):
                place = folder / split / f"{hue} {name}"
                place.mkdir(parents=True)
                for index in range(number):
                    Image.fromarray(draw_shape(color, shape, generator)).save(place / f"{index:03}.png")


def take_other_pages() -> None:
    """Write the pictures of a page of color images and of a page of two networks into docs/pictures."""
    from playwright.sync_api import sync_playwright

    import keras_cnn_course as kcnn

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_shapes(place / "shapes")
        options = {"quiet": True, "seed": 0}
        color = kcnn.train(
            "deep_cnn", place / "shapes", filters=8, units=64, epochs=30, out=place / "deep_cnn-001", **options
        )
        runs = [
            kcnn.train(recipe, "digits", epochs=20, augment="shift", out=place / f"{recipe}-001", **options)
            for recipe in ("mlp", "cnn")
        ]
        pages = [color.page(out=place / "color.html"), kcnn.compare(*runs).page(out=place / "several.html")]
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
            for page, name, height in zip(pages, ("page-color.png", "page-several.png"), (800, 780), strict=True):
                opened = browser.new_context(offline=True, viewport={"width": 1280, "height": height}).new_page()
                opened.goto(page.as_uri())
                if name == "page-several.png":
                    opened.locator("#samples button").nth(4).click()
                    for _ in range(3):
                        opened.click("#move-right")
                    opened.evaluate("scrollTo(0, 0)")
                    opened.wait_for_timeout(2000)  # until the maps are filled
                _take(opened, name)
            browser.close()


def take(run: Path) -> None:
    """Write the pictures of one run into docs/pictures."""
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
    draw_three(opened)
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
    _take(opened, name)


def _take(opened: Any, name: str) -> None:
    target = PICTURES / name
    opened.screenshot(path=target)
    with Image.open(target) as picture:
        reduce_colors(picture).save(target, optimize=True)


if __name__ == "__main__":
    for given in sys.argv[1:]:
        take(Path(given))
    if not sys.argv[1:]:
        take_other_pages()
