"""Build the site: train the networks of its live pages, then let Sphinx write build/site. `make site`."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRA = ROOT / "build" / "site-extra"
# Shorter than the recipes' own training: these networks are here to be looked at.
EPOCHS = {"mlp": 20, "cnn": 20, "deep_cnn": 20}
# The recipes of each live page, by the name of its file.
PAGES = {"cnn": ["cnn"], "deep_cnn": ["deep_cnn"], "mlp-and-cnn": ["mlp", "cnn"]}
KCNN = [sys.executable, "-m", "keras_cnn_course"]


def train(recipe: str) -> Path:
    """Train a recipe on the embedded digits, unless that is done, and return its run folder."""
    run = ROOT / "build" / "site-runs" / recipe
    if not (run / "metrics.json").exists():
        shutil.rmtree(run, ignore_errors=True)
        options = ["--recipe", recipe, "--epochs", str(EPOCHS[recipe]), "--augment", "handwriting", "--quiet"]
        subprocess.run([*KCNN, "train", *options, "--out", str(run)], check=True)
    return run


def main() -> None:
    """Write the live pages and build the site."""
    live = EXTRA / "live"
    live.mkdir(parents=True, exist_ok=True)
    for name, recipes in PAGES.items():
        place = live / f"{name}.html"
        place.unlink(missing_ok=True)
        subprocess.run([*KCNN, "page", *(str(train(recipe)) for recipe in recipes), "--out", str(place)], check=True)
    site = ROOT / "build" / "site"
    shutil.rmtree(site, ignore_errors=True)
    doctrees = ROOT / "build" / "site-doctrees"
    command = ["-b", "html", "-W", "--keep-going", "-E", "-q", "-d", doctrees, ROOT / "docs", site]
    subprocess.run([sys.executable, "-m", "sphinx", *map(str, command)], check=True)


if __name__ == "__main__":
    main()
