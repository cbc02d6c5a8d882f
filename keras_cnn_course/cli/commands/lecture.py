"""`kcnn lecture`: every number and every picture of the lecture."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.contents import SLIDES, Slide, check_materials, find_slide

if TYPE_CHECKING:
    from keras_cnn_course.lecture.material import Material, NamedImage

__all__ = ["command"]

_LUMINANCE = (0.299, 0.587, 0.114)


class SlideKey(click.ParamType):
    """A slide's key; completes to the known ones."""

    name = "slide"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the slides that begin with the text so far."""
        return [CompletionItem(key, help=slide.title) for key, slide in SLIDES.items() if key.startswith(incomplete)]


@click.command()
@click.argument("slide", type=SlideKey(), required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the slide: .png, .svg or .pdf; .gif for slides of several steps.",
)
@click.option(
    "--image",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Your own image, PNG or JPEG, instead of the lecture's.",
)
@click.option(
    "--filter",
    "filter_text",
    metavar="NAME|ROWS",
    help="Your own filter: identity, blur, horizontal-edges, vertical-edges, sobel, sharpen, or rows of numbers "
    'such as "0 1 0; 1 1 1; 0 1 0".',
)
@click.option("--all", "show_all", is_flag=True, help="Print all steps at once instead of one a key press.")
@click.option("--step", type=click.IntRange(min=1), help="Print or draw this step only.")
def command(
    slide: str | None,
    out: Path | None,
    image: Path | None,
    filter_text: str | None,
    show_all: bool,
    step: int | None,
) -> None:
    """Work out a SLIDE of the lecture: its numbers, or with --out its picture. Without SLIDE, list them.

    On a terminal, a slide of several steps shows one step a key press.

    \b
    Example:  kcnn lecture convolution
              kcnn lecture blur --image photo.jpg --out blur.png
              kcnn lecture convolution --filter "0 1 0; 1 1 1; 0 1 0" --out steps.gif
    """
    if slide is None:
        _list_slides(given=[out, image, filter_text, show_all or None, step])
        return
    material = _prepare(slide, image=image, filter_text=filter_text, is_drawn=out is not None)
    if out is not None:
        _draw(slide, material, out=out, step=step)
    else:
        _print(slide, material, show_all=show_all, step=step)


def _list_slides(*, given: Sequence[object]) -> None:
    """Print the table of contents."""
    if any(value is not None for value in given):
        raise UsageError("Expected a slide with these options. Received none: `kcnn lecture` lists the slides.")
    width = max(len(key) for key in SLIDES)
    for key, entry in SLIDES.items():
        click.echo(f"{key:<{width}}  {entry.says}")
    click.echo("\nWork one out with: kcnn lecture SLIDE    Draw it with: kcnn lecture SLIDE --out FILE.png")


def _prepare(slide: str, *, image: Path | None, filter_text: str | None, is_drawn: bool) -> "Material":
    """Return what the slide works on; the photograph is read only where it is shown."""
    entry = find_slide(slide)
    check_materials(entry, has_image=image is not None, has_filter=filter_text is not None)
    from keras_cnn_course.lecture.slides import prepare_material

    own = _read(image, name=image.name) if image is not None else None
    needed = own is None and _shows_photograph(entry, is_drawn=is_drawn)
    return prepare_material(
        slide, image=own, filter_text=filter_text, photograph=_read_sample_photograph() if needed else None
    )


def _shows_photograph(slide: Slide, *, is_drawn: bool) -> bool:
    return slide.shows_photograph == "always" or (slide.shows_photograph == "picture" and is_drawn)


def _read(path: Path, *, name: str) -> "NamedImage":
    """Read an image file as whole grey levels, and its channels."""
    import numpy as np

    from keras_cnn_course.datasets.images import read_image
    from keras_cnn_course.lecture.material import NamedImage

    channels = read_image(path).astype(np.int64)
    grey = channels[..., 0] if channels.shape[2] == 1 else np.round(channels @ np.array(_LUMINANCE)).astype(np.int64)
    return NamedImage(name, grey, channels)


def _read_sample_photograph() -> "NamedImage":
    """Read the photograph that ships with matplotlib: a portrait of Grace Hopper, in the public domain."""
    from matplotlib.cbook import get_sample_data

    return _read(Path(get_sample_data("grace_hopper.jpg", asfileobj=False)), name="a portrait of Grace Hopper")


def _draw(slide: str, material: "Material", *, out: Path, step: int | None) -> None:
    """Draw the slide into a file and say what is on it."""
    from keras_cnn_course.plots.lecture.animation import save_animation
    from keras_cnn_course.plots.lecture.slides import plot_slide, plot_step
    from keras_cnn_course.plots.saving import check_picture_path, save_picture

    if out.suffix.lower() == ".gif":
        if step is not None:
            raise UsageError("Expected --step with .png, .svg or .pdf. Received a .gif, which shows all steps.")
        click.echo("Drawing every step ...", err=True)
        alt = save_animation(slide, material, out)
    else:
        check_picture_path(out)
        picture = plot_slide(slide, material) if step is None else plot_step(slide, material, step=step)
        save_picture(picture, out)
        alt = picture.alt
    click.echo(f"{out}: {alt}")


def _print(slide: str, material: "Material", *, show_all: bool, step: int | None) -> None:
    """Print the slide's numbers: one step, all, or on a terminal one a key press."""
    from keras_cnn_course.lecture.slides import work_out

    frames = work_out(slide, material)
    if step is not None:
        if step > len(frames):
            raise UsageError(f"Expected a step from 1 to {len(frames)}. Received: {step}.")
        frames = [frames[step - 1]]
    title = f"{find_slide(slide).title}\n{find_slide(slide).says}"
    if len(frames) > 1 and not show_all and _is_terminal():
        _page(title, frames)
        return
    click.echo("\n\n".join([title, *frames]))


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _page(title: str, frames: Sequence[str]) -> None:
    """Show one frame a key press; `q` or Escape ends, `b` goes back."""
    number = 0
    while number < len(frames):
        click.clear()
        click.echo(f"{title}\n\n{frames[number]}\n")
        click.echo(f"{number + 1}/{len(frames)}  any key: next   b: back   q: quit", err=True)
        key = click.getchar()
        if key in ("q", "Q", "\x1b"):
            return
        number = max(number - 1, 0) if key in ("b", "B") else number + 1
