"""`kcnn explain`: draw where in an image the evidence for a class is."""

from pathlib import Path

import click

from keras_cnn_course.cli.data_options import dataset_option
from keras_cnn_course.cli.options import picture_option, run_argument, seed_option, trust_option, which_option
from keras_cnn_course.cli.output import echo_notes, save_arrays
from keras_cnn_course.inspection.pictures import list_files

__all__ = ["command"]


@click.command("explain")
@run_argument
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@click.option("--class", "target", metavar="NAME", help="Class to explain.  [default: the model's answer]")
@click.option("--layer", metavar="NAME", help="Convolution for Grad-CAM.  [default: the last one]")
@seed_option("the noise, the random weights and the shuffled labels")
@click.option("--shuffled-labels", is_flag=True, help="Add a row for a network trained on shuffled labels.")
@picture_option(default="plots/explain_IMAGE.png in RUN")
@which_option
@trust_option
@dataset_option("Data set with the test images.  [default: that of the run]", default=None)
def command(
    run: Path,
    images: tuple[str, ...],
    target: str | None,
    layer: str | None,
    seed: int,
    shuffled_labels: bool,
    out: Path | None,
    which: str,
    trust_recipe: bool,
    dataset: str | None,
) -> None:
    """Draw the evidence for an answer.

    Draws heat maps over each IMAGE, an image file or the index of a test image: gradient, SmoothGrad, integrated
    gradients, Grad-CAM and occlusion, with a sentence about what each one means and what it does not. Blue pixels
    count for the class, red ones against it.

    A second row has the same maps for the network with its weights in random order. A method whose map hardly
    changes does not show what the network has learned. All maps are also stored as an .npz next to the picture.

    --shuffled-labels adds a third row: the network of the second row, trained on up to 2,000 training images with
    shuffled labels until it has memorized them. Training can take minutes, so the result is kept in RUN.

    \b
    Example:  kcnn explain runs/cnn-001 7
              kcnn explain runs/cnn-001 seven.png --class 1 --out why-not-1.png
    """
    from keras_cnn_course.api import open_run
    from keras_cnn_course.plots.saving import check_picture_path

    opened = open_run(run, trust_recipe=trust_recipe)
    words = list_files(images)
    paths = _name_pictures(words, out, folder=opened.directory.plot_file("explain.png").parent)
    for path in paths:
        check_picture_path(path)
    for word, path in zip(words, paths, strict=True):
        drawn = opened.explain(
            word,
            target=target,
            layer=layer,
            seed=seed,
            shuffled_labels=shuffled_labels,
            data=dataset,
            which=which,
        )
        echo_notes(drawn.notes)
        picture = drawn["evidence"]
        click.echo(f"{picture.savefig(path)}: {picture.alt}")
        save_arrays(drawn.arrays, path.with_suffix(".npz"))


def _name_pictures(words: list[str], out: Path | None, *, folder: Path) -> list[Path]:
    """Return the picture of each image: `out` for one, with the image's name added for several."""
    first = out or folder / "explain.png"
    if out is not None and len(words) == 1:
        return [out]
    paths: list[Path] = []
    for word in words:
        stem = f"{first.stem}_{Path(word).stem}"
        same = sum(path.stem == stem or path.stem.startswith(f"{stem}-") for path in paths)
        paths.append(first.with_name(f"{stem}-{same + 1}{first.suffix}" if same else f"{stem}{first.suffix}"))
    return paths
