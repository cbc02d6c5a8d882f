"""`kcnn lecture`: the numbers and pictures of the lecture's slides."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from keras_cnn_course.cli.options import UserPath
from keras_cnn_course.cli.output import count, page_width, wrap
from keras_cnn_course.cli.streams import clear_screen
from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.contents import SLIDES, check_materials, find_slide

if TYPE_CHECKING:
    from keras_cnn_course.lecture.material import Material

__all__ = ["command"]


class SlideKey(click.ParamType):
    """The key of a slide, with completion."""

    name = "slide"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the slides whose keys start with the text so far."""
        return [CompletionItem(key, help=slide.title) for key, slide in SLIDES.items() if key.startswith(incomplete)]


@click.command()
@click.argument("words", metavar="[SLIDE]", type=SlideKey(), nargs=-1)
@click.option(
    "--out",
    type=UserPath(),
    help="Draw the slide: .png, .svg or .pdf, .gif for all steps, or .html for a page to embed.",
)
@click.option(
    "--image",
    type=UserPath(dir_okay=False),
    help="Image of your own (PNG or JPEG) to work on.",
)
@click.option(
    "--filter",
    "filter_text",
    metavar="NAME|ROWS",
    help="Filter of your own: identity, blur, horizontal-edges, vertical-edges, sobel, sharpen, or rows of numbers "
    'such as "0 1 0; 1 1 1; 0 1 0".',
)
@click.option("--all", "show_all", is_flag=True, help="All steps at once; without SLIDE, all slides.")
@click.option("--dark", is_flag=True, help="Draw light on dark, for a dark room.")
@click.option("--wide", is_flag=True, help="Draw a page of 16:9 with large text, as in the PDF of all slides.")
@click.option("--step", type=click.IntRange(min=1), help="Print or draw only this step.")
def command(
    words: tuple[str, ...],
    out: Path | None,
    image: Path | None,
    filter_text: str | None,
    show_all: bool,
    dark: bool,
    wide: bool,
    step: int | None,
) -> None:
    """Work through a slide of the lecture.

    Prints the numbers of SLIDE, or draws its picture with --out. SLIDE is a name or a number from the list, which is
    printed without SLIDE. In a terminal, a slide with several steps waits for a key after each step. An .html file
    shows the steps in a browser and can be embedded in a page of your own. --all without SLIDE prints all slides, or
    draws them with --out: as a PDF to present, one page of 16:9 per slide, or as the same pages in a folder of SVG
    files.

    \b
    Example:  kcnn lecture convolution
              kcnn lecture blur --image photo.jpg --out blur.png
              kcnn lecture convolution --filter "0 1 0; 1 1 1; 0 1 0"
              kcnn lecture max-pooling --out steps.gif
              kcnn lecture padding --out padding.html
              kcnn lecture --all --out deck.pdf
    """
    slide = find_slide(" ".join(words)).key if words else None
    if out is not None and slide is not None:
        _check_file(out, dark=dark, wide=wide, step=step)
    if show_all and step is not None:
        raise UsageError("--all shows all steps and --step only one: give one of the two.")
    for name, is_given in (("--dark", dark), ("--wide", wide)):
        if is_given and out is None:
            raise UsageError(f"{name} is for pictures and needs --out.")
    if slide is None:
        _check_without_slide(out=out, image=image, filter_text=filter_text, show_all=show_all, step=step)
        if not show_all:
            _list_slides()
        elif out is not None:
            _draw_all(out, dark=dark)
        else:
            for key in SLIDES:
                material = _prepare(key, image=None, filter_text=None, is_drawn=False)
                _print(key, material, own_filter="", show_all=True, step=None)
                click.echo()
        return
    material = _prepare(slide, image=image, filter_text=filter_text, is_drawn=out is not None)
    own_filter = f"Filter of {material.filter.size}: {material.filter.rows_text}" if filter_text is not None else ""
    if out is not None and _is_page(out):
        _write_page(slide, material, out=out, note=own_filter)
    elif out is not None:
        _draw(slide, material, out=out, dark=dark, wide=wide, show_all=show_all, step=step)
        if own_filter:
            click.echo(wrap(own_filter))
    else:
        _print(slide, material, own_filter=own_filter, show_all=show_all, step=step)


def _check_without_slide(
    *, out: Path | None, image: Path | None, filter_text: str | None, show_all: bool, step: int | None
) -> None:
    """Refuse options that need one slide."""
    if image is not None or filter_text is not None or step is not None:
        raise UsageError("--image, --filter and --step need a slide. `kcnn lecture` lists the slides.")
    if out is not None and not show_all:
        raise UsageError("Name a slide to draw, or draw all of them with: kcnn lecture --all --out deck.pdf")
    if out is not None and out.suffix.lower() != ".pdf" and not _is_folder(out):
        raise UsageError(f"All slides are drawn into one PDF or into a folder; {str(out)!r} is neither.")


def _is_folder(out: Path) -> bool:
    """Return whether a path names a folder: one that exists, or a name without a suffix."""
    return out.is_dir() or (not out.suffix and not out.exists())


def _is_page(out: Path) -> bool:
    return out.suffix.lower() in (".html", ".htm")


def _check_file(out: Path, *, dark: bool, wide: bool, step: int | None) -> None:
    """Refuse a folder for one slide, and the options of a picture for what is none."""
    if out.is_dir():
        raise UsageError(
            f"{out} is a folder. Name a file in it, or draw all slides with: kcnn lecture --all --out {out}"
        )
    if _is_page(out):
        if dark:
            raise UsageError("A page follows the reader's colors, light or dark. Leave out --dark.")
        if wide:
            raise UsageError("A page fits every width. Use --wide with .png, .svg, .pdf or .gif.")
        if step is not None:
            raise UsageError("An .html file shows all steps; use --step with .png, .svg or .pdf.")


def _list_slides() -> None:
    """Print the table of contents."""
    width = max(len(key) for key in SLIDES)
    for number, (key, entry) in enumerate(SLIDES.items(), start=1):
        click.echo(wrap(f"{number:>2}  {key:<{width}}  {entry.says}", indent=width + 6))
    click.echo(
        "\nWork through one:  kcnn lecture SLIDE"
        "\nDraw it:           kcnn lecture SLIDE --out FILE.png"
        "\nEmbed it:          kcnn lecture SLIDE --out FILE.html"
        "\nDraw all slides:   kcnn lecture --all --out deck.pdf"
    )


def _draw_all(out: Path, *, dark: bool) -> None:
    """Draw all slides, into a PDF or as one SVG each into a folder."""
    from keras_cnn_course.plots.lecture.deck import save_deck, save_pages

    click.echo("Drawing all slides ...", err=True)
    materials = {key: _prepare(key, image=None, filter_text=None, is_drawn=True) for key in SLIDES}
    if _is_folder(out):
        save_pages(materials, out, dark=dark)
    else:
        save_deck(materials, out, dark=dark)
    click.echo(f"{out}: {count(len(materials), 'slide')}")


def _prepare(slide: str, *, image: Path | None, filter_text: str | None, is_drawn: bool) -> "Material":
    """Return the image and the filter of the slide, after a check that needs neither NumPy nor a file."""
    check_materials(find_slide(slide), has_image=image is not None, has_filter=filter_text is not None)
    from keras_cnn_course.inspection.slides import prepare_slide

    return prepare_slide(slide, image=image, filter_text=filter_text, is_drawn=is_drawn)


def _write_page(slide: str, material: "Material", *, out: Path, note: str) -> None:
    """Write the slide as a page."""
    from keras_cnn_course.files.markup import write_html
    from keras_cnn_course.page.slide import build_slide

    write_html(build_slide(slide, material, note=note), out)
    frame = f'<iframe src="{out.name}" title="{find_slide(slide).title}" width="100%" height="640"></iframe>'
    click.echo(f"{out}: open it in a browser, or embed it:\n  {frame}")


def _draw(
    slide: str, material: "Material", *, out: Path, dark: bool, wide: bool, show_all: bool, step: int | None
) -> None:
    """Draw the slide into a file, and print its alt text."""
    from keras_cnn_course.plots.lecture import plot_slide
    from keras_cnn_course.plots.lecture.animation import save_animation
    from keras_cnn_course.plots.lecture.deck import make_page
    from keras_cnn_course.plots.saving import check_picture_path, save_picture
    from keras_cnn_course.plots.style import colors_of

    if out.suffix.lower() == ".gif":
        if step is not None:
            raise UsageError("A .gif shows all steps; use --step with .png, .svg or .pdf.")
        click.echo("Drawing every step ...", err=True)
        with colors_of(dark=dark):
            alt = save_animation(slide, material, out, wide=wide)
    else:
        check_picture_path(out)
        if show_all and find_slide(slide).has_steps:
            raise UsageError("A picture shows one step. For all steps, write a .gif or an .html file.")
        with colors_of(dark=dark):
            picture = plot_slide(slide, material, step=step)
            if wide:
                make_page(picture.figure, find_slide(slide), footer=f"kcnn lecture {slide}")
            save_picture(picture, out)
        alt = picture.alt
    click.echo(wrap(f"{out}: {alt}"))


def _print(slide: str, material: "Material", *, own_filter: str, show_all: bool, step: int | None) -> None:
    """Print the numbers of the slide: one step, all steps, or in a terminal one step per key press."""
    from keras_cnn_course.lecture.slides import work_out

    frames = work_out(slide, material, width=page_width())
    if step is not None:
        if step > len(frames):
            raise UsageError(f"This slide has {count(len(frames), 'step')}; got --step {step}.")
        frames = [frames[step - 1]]
    title = f"{find_slide(slide).title}\n{wrap(find_slide(slide).says)}"
    if own_filter:
        title += f"\n{wrap(own_filter)}"
    if len(frames) > 1 and not show_all and _is_terminal():
        _page(title, frames)
        return
    click.echo("\n\n".join([title, *frames]))


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _page(title: str, frames: Sequence[str]) -> None:
    """Show one step per key press; `q` or Escape ends, `b` goes back."""
    number = 0
    while number < len(frames):
        clear_screen()
        click.echo(f"{title}\n\n{frames[number]}\n")
        click.echo(f"{number + 1}/{len(frames)}  any key: next   b: back   q: quit", err=True)
        key = click.getchar()
        if key in ("q", "Q", "\x1b"):
            return
        number = max(number - 1, 0) if key in ("b", "B") else number + 1
