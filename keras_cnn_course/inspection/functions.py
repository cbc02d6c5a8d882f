"""The public functions that train nothing: comparing runs, recipes and their layers, data sets, slides, checks."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_cnn_course.catalog.recipes import RecipeSource
    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.datasets.registry import DatasetInfo
    from keras_cnn_course.inspection.comparing import RunComparison, ShiftTests
    from keras_cnn_course.inspection.run import Run
    from keras_cnn_course.installation import Check
    from keras_cnn_course.lecture.material import Material
    from keras_cnn_course.models.architecture import Architecture
    from keras_cnn_course.plots.saving import Picture

__all__ = [
    "ShownRecipe",
    "SlideView",
    "compare",
    "doctor",
    "fetch_dataset",
    "list_datasets",
    "list_recipes",
    "plot_curves",
    "shift",
    "show",
    "slide",
]


def compare(*runs: "Run | str | os.PathLike[str]", trust_recipe: bool = False) -> "RunComparison":
    """Compare runs side by side: the settings in which they differ, their results, their curves, a report.

    Args:
        *runs: runs, or the paths of their folders.
        trust_recipe: build the models by running the recipes of the runs, for layers of your own.

    Raises:
        UsageError: no run is given, or one is given twice.
        RunError: a folder is not a run.

    >>> first = train("softmax", "digits", epochs=1, out=tmp / "first", quiet=True)
    >>> second = train("softmax", "digits", epochs=2, out=tmp / "second", quiet=True)
    >>> compare(first, second).settings["epochs"]
    [1, 2]
    """
    from keras_cnn_course.inspection.comparing import compare_runs

    return compare_runs(_open_runs(runs, trust_recipe=trust_recipe))


def plot_curves(*runs: "Run | str | os.PathLike[str]") -> "Picture":
    """Draw the loss and the accuracy of runs on the same axes.

    Raises:
        RunError: a folder is not a run, or has no finished epoch.
    """
    from keras_cnn_course.inspection import comparing

    return comparing.plot_curves(_find_paths(runs))


def shift(
    *runs: "Run | str | os.PathLike[str]",
    data: "str | os.PathLike[str] | Dataset | Sequence[Any] | None" = None,
    radius: int = 4,
    which: str = "best",
    trust_recipe: bool = False,
    device: str = "auto",
) -> "ShiftTests":
    """Measure how accurate runs stay when all test images are moved by every (dx, dy).

    Args:
        *runs: runs, or the paths of their folders.
        data: with the test images; that of each run when None.
        radius: the largest shift per axis, in pixels.
        which: the model to use, `best` or `final`.
        trust_recipe: build the models by running the recipes of the runs, for layers of your own.
        device: `auto` (a GPU if there is one), `cpu`, `gpu` or `gpu:N`.

    Raises:
        UsageError: the radius moves every object out of the image.
    """
    from keras_cnn_course.inspection.comparing import run_shift_tests

    opened = _open_runs(runs, trust_recipe=trust_recipe)
    return run_shift_tests(opened, data, radius=radius, which=which, device=device)


@dataclass(frozen=True, repr=False)
class ShownRecipe:
    """A recipe and the layers of its model.

    Args:
        source: the recipe as text, with its name, file and docstring.
        hyperparameters: the values that its training would use, by name.
        architecture: each layer's shape, parameters, multiply-adds and receptive field, with the arithmetic.
        num_classes: number of outputs.
        model: the Keras model, compiled.
    """

    source: "RecipeSource"
    hyperparameters: dict[str, Any]
    architecture: "Architecture"
    num_classes: int
    model: Any

    def __repr__(self) -> str:
        lines = [
            f"{layer.name:<14} {layer.shape_arithmetic:<32} {layer.parameter_arithmetic}".rstrip()
            for layer in self.architecture.layers
        ]
        return "\n".join([self.source.summary, *lines, f"{self.architecture.parameters:,} parameters"])


def show(
    recipe: "str | os.PathLike[str]" = "cnn",
    data: "str | os.PathLike[str] | Dataset | Sequence[Any]" = "digits",
    **hyperparameters: object,
) -> ShownRecipe:
    """Build the model of a recipe and describe its layers, without training it.

    Args:
        recipe: a name such as `cnn`, or the path of a recipe's file.
        data: gives the image shape and the classes; a named data set is not loaded.
        **hyperparameters: values that replace the recipe's own.

    Raises:
        UsageError: an unknown recipe or hyperparameter, or a value out of range.
        RecipeError: the recipe cannot be used.

    >>> shown = show("cnn", filters=16)
    >>> shown.architecture.layers[0].name, shown.architecture.parameters == shown.model.count_params()
    ('conv_1', True)
    """
    from keras_cnn_course.catalog.recipes import find_recipe
    from keras_cnn_course.datasets.registry import DATASETS

    source = find_recipe(recipe)
    if source.hyperparameters:  # wrong values are found before anything is loaded
        source.hyperparameters.with_overrides(hyperparameters)
    if isinstance(data, str) and data in DATASETS:
        image_shape, num_classes = DATASETS[data].image_shape, len(DATASETS[data].class_names)
    else:
        from keras_cnn_course.datasets.given import read_dataset

        loaded = read_dataset(data)
        image_shape, num_classes = loaded.input_shape, loaded.num_classes

    from keras_cnn_course.devices import backend

    backend.start(device="cpu")
    from keras_cnn_course.catalog.building import build_compiled_model
    from keras_cnn_course.catalog.recipes import load_recipe
    from keras_cnn_course.models.architecture import describe_architecture

    ready = load_recipe(source)
    chosen = ready.hyperparameters.with_overrides(hyperparameters)
    model = build_compiled_model(ready, chosen, input_shape=image_shape, num_classes=num_classes, seed=0)
    return ShownRecipe(source, chosen.used(), describe_architecture(model), num_classes, model)


def list_recipes() -> "list[RecipeSource]":
    """Return the recipes that ship with the package: name, summary, number of parameters, file, hyperparameters.

    >>> [recipe.name for recipe in list_recipes()][:3]
    ['softmax', 'mlp', 'cnn']
    """
    from keras_cnn_course.catalog import recipes

    return recipes.list_recipes()


def list_datasets() -> "list[DatasetInfo]":
    """Return the data sets that are known by name: images, classes, license, files to download.

    >>> [info.name for info in list_datasets()][:2]
    ['digits', 'mnist']
    """
    from keras_cnn_course.datasets.registry import DATASETS

    return list(DATASETS.values())


def fetch_dataset(name: str, *, timeout: float | None = None) -> list[Path]:
    """Download a data set, unless it is on this machine already, and return the paths of its files.

    Args:
        name: such as `mnist`. It goes to $KCNN_DATA_HOME, or to the cache of Keras if that is not set.
        timeout: seconds to wait for the server; 30 when None.

    Raises:
        UsageError: there is no data set of that name.
        DatasetError: it cannot be downloaded.

    >>> fetch_dataset("digits")  # a part of the package
    []
    """
    from keras_cnn_course.datasets.download import download_file
    from keras_cnn_course.datasets.loading import is_as_published
    from keras_cnn_course.datasets.registry import DATASETS, DOWNLOAD_TIMEOUT, find_file
    from keras_cnn_course.errors import UsageError, unknown_name
    from keras_cnn_course.files.values import SECONDS, check_value

    if name not in DATASETS:
        raise unknown_name("data set", name, DATASETS)
    if timeout is not None:
        timeout = check_value("timeout", timeout, SECONDS, kind=UsageError)
    paths = []
    for file in DATASETS[name].files:
        here = find_file(file)
        if here is None or not is_as_published(file, here):
            here = download_file(file, timeout=timeout or DOWNLOAD_TIMEOUT)
        paths.append(here)
    return paths


def doctor(*, train: bool = True) -> "list[Check]":
    """Check this installation, and return each check with its result and advice.

    Args:
        train: also train for a few seconds, in a process of its own.
    """
    from keras_cnn_course.installation import run_checks

    return list(run_checks(train=train))


@dataclass(frozen=True, repr=False)
class SlideView:
    """A slide of the lecture worked out.

    Args:
        title: of the slide.
        steps: its numbers as text, one piece per step.
        picture: the slide drawn.
        key: of the slide.
        material: its image and filters.
    """

    title: str
    steps: tuple[str, ...]
    picture: "Picture"
    key: str
    material: "Material"

    def __repr__(self) -> str:
        return "\n\n".join([self.title, *self.steps])

    def _repr_mimebundle_(self, **_: object) -> Any:
        return self.picture._repr_mimebundle_()

    def savefig(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture as .png, .svg or .pdf with its alt text, and return the path."""
        return self.picture.savefig(path)

    def page(self, out: str | os.PathLike[str]) -> Path:
        """Write the slide as one HTML file, step by step, to open or to embed in a page, and return the path."""
        from keras_cnn_course.files.markup import check_html_path, write_html
        from keras_cnn_course.files.values import check_path
        from keras_cnn_course.page.slide import build_slide

        path = check_path("`out=`", out)
        check_html_path(path)
        write_html(build_slide(self.key, self.material), path)
        return path


def slide(
    key: str,
    *,
    image: str | os.PathLike[str] | None = None,
    filter: str | None = None,  # noqa: A002  the name of the option
    step: int | None = None,
    dark: bool = False,
    wide: bool = False,
) -> SlideView:
    """Work through a slide of the lecture: its numbers and its picture, with an image or a filter of your own.

    Args:
        key: of the slide, such as `convolution`; `kcnn lecture` lists them.
        image: an image file to work on.
        filter: a filter's name, or rows of numbers such as `0 1 0; 1 1 1; 0 1 0`.
        step: draw only this step, from 1.
        dark: draw light on dark.
        wide: draw a page of 16:9 with large text.

    Raises:
        UsageError: there is no such slide or step, or it does not use an image or a filter of your own.

    >>> slide("pool-again").steps[0].splitlines()[1]
    '[3]'
    """
    from keras_cnn_course.files.values import check_path
    from keras_cnn_course.inspection.slides import prepare_slide
    from keras_cnn_course.lecture.contents import find_slide
    from keras_cnn_course.lecture.slides import work_out
    from keras_cnn_course.plots.lecture import plot_slide
    from keras_cnn_course.plots.lecture.deck import make_page
    from keras_cnn_course.plots.style import colors_of

    found = find_slide(key)
    material = prepare_slide(
        found.key, image=None if image is None else check_path("image", image), filter_text=filter, is_drawn=True
    )
    with colors_of(dark=dark):
        picture = plot_slide(found.key, material, step=step)
        if wide:
            make_page(picture.figure, found, footer=f"kcnn lecture {found.key}")
    return SlideView(found.title, tuple(work_out(found.key, material)), picture, found.key, material)


def _open_runs(runs: "Sequence[Run | str | os.PathLike[str]]", *, trust_recipe: bool) -> "list[Run]":
    """Return the runs of `_find_paths`, opened.

    Raises:
        RunError: a folder is not a run.
    """
    from keras_cnn_course.inspection.run import Run
    from keras_cnn_course.runs.directory import RunDirectory

    return [
        run if isinstance(run, Run) else Run(RunDirectory.open(path), trust_recipe=trust_recipe)
        for run, path in zip(runs, _find_paths(runs), strict=True)
    ]


def _find_paths(runs: "Sequence[Run | str | os.PathLike[str]]") -> list[Path]:
    """Return the folders of runs.

    Raises:
        UsageError: there is no run, or one is neither a run nor a path.
    """
    from keras_cnn_course.errors import UsageError
    from keras_cnn_course.files.values import check_path
    from keras_cnn_course.inspection.run import Run

    if not runs:
        raise UsageError("Name at least one run.")
    return [run.path if isinstance(run, Run) else check_path("Each run", run) for run in runs]
