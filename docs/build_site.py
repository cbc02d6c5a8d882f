"""Build the site: train the networks of its live pages, then let Sphinx write build/site. `make site`."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRA = ROOT / "build" / "site-extra"
# Shorter than the recipes' own training: these networks are here to be looked at.
EPOCHS = {"cnn": 20, "deep_cnn": 20}


def write_live_page(recipe: str, place: Path) -> None:
    """Train a recipe on the embedded digits, unless that is done, and write its live page."""
    run = ROOT / "build" / "site-runs" / recipe
    kcnn = [sys.executable, "-m", "keras_cnn_course"]
    if not (run / "metrics.json").exists():
        shutil.rmtree(run, ignore_errors=True)
        options = ["--recipe", recipe, "--epochs", str(EPOCHS[recipe]), "--augment", "handwriting", "--quiet"]
        subprocess.run([*kcnn, "train", *options, "--out", str(run)], check=True)
    place.unlink(missing_ok=True)
    subprocess.run([*kcnn, "page", str(run), "--out", str(place)], check=True)


def main() -> None:
    """Write the live pages and build the site."""
    live = EXTRA / "live"
    live.mkdir(parents=True, exist_ok=True)
    for recipe in EPOCHS:
        write_live_page(recipe, live / f"{recipe}.html")
    site = ROOT / "build" / "site"
    shutil.rmtree(site, ignore_errors=True)
    doctrees = ROOT / "build" / "site-doctrees"
    command = ["-b", "html", "-W", "--keep-going", "-E", "-q", "-d", doctrees, ROOT / "docs", site]
    subprocess.run([sys.executable, "-m", "sphinx", *map(str, command)], check=True)


if __name__ == "__main__":
    main()
