"""`kcnn dream`: draw images that excite filters and classes most."""

from pathlib import Path

import click

from keras_cnn_course.cli.data_options import dataset_option
from keras_cnn_course.cli.options import picture_option, run_argument, seed_option, trust_option, which_option
from keras_cnn_course.cli.output import echo_notes, save_arrays

__all__ = ["command"]


@click.command("dream")
@run_argument
@click.option("--layer", metavar="NAME", help="Convolution whose filters to dream of.")
@click.option("--filter", metavar="K", type=int, help="One filter of --layer, from 0.  [default: all]")
@click.option("--class", "target", metavar="NAME", help="Class to dream of.")
@seed_option("the initial noise, and for the small random shifts of the image at each step")
@picture_option(default="plots/dream.png in RUN")
@which_option
@trust_option
@dataset_option("Data set with the test images.  [default: that of the run]", default=None)
def command(
    run: Path,
    layer: str | None,
    filter: int | None,  # noqa: A002  the name of the option
    target: str | None,
    seed: int,
    out: Path | None,
    which: str,
    trust_recipe: bool,
    dataset: str | None,
) -> None:
    """Draw what excites a filter or a class most.

    Changes the pixels of a noise image step by step, so that one filter or one class responds more and more, and draws
    the result next to the test images to which it responds most. Says how strong both responses are.

    Without --layer and --class, it draws the filters of each convolution and all classes: the first picture is
    dream.png, each further one dream_NAME.png. The images are also stored as an .npz next to them.

    \b
    Example:  kcnn dream runs/deep_cnn-001
              kcnn dream runs/deep_cnn-001 --layer conv_2 --filter 5
              kcnn dream runs/deep_cnn-001 --class 3
    """
    from keras_cnn_course.api import open_run
    from keras_cnn_course.plots.saving import check_picture_path

    opened = open_run(run, trust_recipe=trust_recipe)
    path = out or opened.directory.plot_file("dream.png")
    check_picture_path(path)
    drawn = opened.dream(layer=layer, filter=filter, target=target, seed=seed, data=dataset, which=which)
    echo_notes(drawn.notes)
    for name, target_file in drawn.name_files(path).items():
        drawn[name].savefig(target_file)
        click.echo(f"{drawn.captions[name]}\n{target_file}")
    save_arrays(drawn.arrays, path.with_suffix(".npz"))
