"""The report of one run."""

from collections.abc import Sequence
from typing import Any

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.files.markup import Markup, element, join
from keras_cnn_course.report.answers_section import make_answers_section
from keras_cnn_course.report.document import Section, Table, format_shape, make_document, make_table
from keras_cnn_course.report.health_section import make_health_section
from keras_cnn_course.report.inside_section import make_inside_section
from keras_cnn_course.report.network_section import make_filters_section, make_network_section
from keras_cnn_course.report.reliability_section import make_reliability_section
from keras_cnn_course.report.training_section import make_training_section
from keras_cnn_course.results.comparison import name_setting
from keras_cnn_course.results.evaluation import Evaluation, evaluate_model
from keras_cnn_course.results.history import read_curves
from keras_cnn_course.results.same_images import measure_run_reliability
from keras_cnn_course.runs.directory import RunDirectory, RunRecord

__all__ = ["build_run_report"]


def build_run_report(run: RunDirectory, model: Any, data: Dataset) -> str:
    """Return the report of a run as one self-contained HTML file; the same run gives the same bytes.

    Args:
        run: the run folder.
        model: the run's Keras model.
        data: the data set whose test images the model is evaluated on.

    Raises:
        RunError: a file of the run is missing or damaged.
    """
    record = run.read_record()
    evaluation = evaluate_model(model, data.x_test, data.y_test)
    reliability = measure_run_reliability(model, data, record, load_data=lambda: data)
    sections = [
        make_training_section([read_curves(run.path)]),
        make_health_section(run),
        make_network_section(model),
        make_filters_section(run, model, record.class_names),
        make_inside_section(model, data, name=run.name),
        make_answers_section(evaluation, data, name=run.name),
        make_reliability_section(reliability, name=f"{run.name} on {data.name}"),
        _make_settings_section(record),
        _make_recipe_section(run.read_recipe()),
    ]
    return make_document(
        title=run.name,
        lead=_make_lead(record, evaluation, parameters=model.count_params()),
        sections=[section for section in sections if section is not None],
    )


def _make_lead(record: RunRecord, evaluation: Evaluation, *, parameters: int) -> Markup:
    low, high = evaluation.interval
    wrong = len(evaluation.mistakes)
    facts = [
        ("95% interval", f"{low:.2%} to {high:.2%}"),
        ("wrong answers", f"{wrong:,} of {evaluation.examples:,}"),
        ("parameters", f"{parameters:,}"),
        ("recipe", record.recipe),
        ("data set", record.dataset),
        ("seed", str(record.seed)),
    ]
    status = (
        []
        if record.status == "finished"
        else [element("p", f"This run has not finished; its status is: {record.status}.")]
    )
    return element(
        "div",
        element("dl", _fact("test accuracy", f"{evaluation.accuracy:.2%}", main=True), class_="facts"),
        element("dl", *(_fact(name, value) for name, value in facts), class_="facts"),
        *status,
        element("p", "This command made the run:", class_="note"),
        element("pre", element("code", record.command)),
        class_="lead",
    )


def _fact(name: str, value: str, *, main: bool = False) -> Markup:
    return element("div", element("dt", name), element("dd", value), class_="main" if main else None)


def _make_settings_section(record: RunRecord) -> Section:
    ran = {
        "training images": f"{record.train_examples:,}",
        "validation images": f"{record.val_examples:,}",
        "image size": format_shape(record.input_shape),
        "data SHA-256": record.dataset_sha256,
        "recipe SHA-256": record.recipe_sha256,
        "device": record.device,
        "processor": record.machine,
        "threads": record.threads,
        "precision": record.precision,
        "engine": record.engine,
        "started (UTC)": record.started,
        "seconds in total": f"{record.seconds:.1f}",
        "times resumed": len(record.resumed),
    }
    chosen = record.hyperparameters
    tables = [
        _list_values("Hyperparameters", {name_setting(name, chosen): value for name, value in chosen.items()}),
        _list_values("This run", ran),
        _list_values("Versions", record.versions),
    ]
    return Section("settings", "Settings", element("div", join(tables), class_="words"))


def _make_recipe_section(source: str | None) -> Section | None:
    """Return the section with the recipe's code, which the reader can unfold."""
    if source is None:
        return None
    code = element("pre", element("code", source), tabindex=0, role="region", aria_label="Code of recipe.py")
    unfolded = element("details", element("summary", "Show the code"), code)
    text = element("p", "The code that built and trained this network, as it was saved in the run's recipe.py.")
    return Section("recipe", "Recipe", join([text, unfolded]))


def _list_values(caption: str, values: dict[str, Any]) -> Markup:
    rows: Sequence[tuple[str, str]] = [(name, str(value)) for name, value in values.items()]
    return make_table(Table(caption, ("name", "value"), rows))
