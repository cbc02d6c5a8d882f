"""`kcnn audit`: look for wrong labels, copies and strange images in a data set."""

from pathlib import Path

import click

from keras_cnn_course.cli.data_options import DatasetName, image_size_option, pixel_range_option
from keras_cnn_course.cli.groups import PlainOption
from keras_cnn_course.cli.options import (
    RecipeName,
    device_option,
    gather_overrides,
    html_option,
    json_option,
    precision_option,
    quiet_option,
    seed_option,
    set_option,
    threads_option,
)
from keras_cnn_course.cli.output import echo_json, echo_notes, wrap

__all__ = ["command"]


@click.command("audit")
@click.argument("dataset", metavar="[DATASET]", type=DatasetName(), default="digits")
@click.option("--recipe", type=RecipeName(), default="fast_cnn", show_default=True, help="Recipe of the models.")
@click.option(
    "--folds",
    metavar="N",
    cls=PlainOption,
    type=click.IntRange(2, 100),
    default=5,
    show_default=True,
    help="Number of models; each is trained on the images of all other folds.",
)
@seed_option("the folds, the initial weights and the image order")
@set_option
@html_option(default="audit-DATASET.html")
@image_size_option
@pixel_range_option
@device_option
@threads_option("Compute threads.  [default: all cores]")
@precision_option
@quiet_option
@json_option
def command(
    *,
    dataset: str,
    recipe: str,
    folds: int,
    seed: int,
    assignments: tuple[str, ...],
    out: Path | None,
    image_size: tuple[int, int] | None,
    pixel_range: tuple[float, float] | None,
    device: str,
    threads: int | None,
    precision: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Find wrong labels and copies in data.

    DATASET is a name or a path, as for `kcnn train --dataset`. Training and test images are audited together. Each
    image is classified by a model that was not trained on it, and labels that this model finds improbable are listed
    first. Also lists copies and near copies, images unlike all others, and the size and mean image of each class.

    Writes a page with the pictures, and a CSV of all findings next to it. Nothing in the data is changed.

    \b
    Example:  kcnn audit mnist
              kcnn audit photos/ --image-size 32x32 --recipe deep_cnn
    """
    from keras_cnn_course.datasets.loading import load_dataset
    from keras_cnn_course.inspection.auditing import audit, choose_table

    page = out or Path(f"audit-{Path(dataset).resolve().stem}.html")
    choose_table(page)  # refuses a name before the work begins
    data = load_dataset(dataset, image_size=image_size, pixel_range=pixel_range)
    echo_notes(data.notes)
    found = audit(
        data,
        recipe=recipe,
        folds=folds,
        seed=seed,
        device=device,
        threads=threads,
        precision=precision,
        quiet=quiet,
        overrides=gather_overrides({}, assignments),
    )
    page, table = found.report(page)
    if as_json:
        echo_json({"page": str(page), "csv": str(table), "summary": str(found), "findings": found.rows})
        return
    click.echo(wrap(str(found)))
    click.echo(f"{page}\n{table}")
