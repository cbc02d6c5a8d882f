"""Whether the accuracies of runs can be compared: only if their data sets are the same, images and classes alike."""

from collections.abc import Sequence

from keras_cnn_course.results.comparison import DATA_SETTINGS, RunSummary, format_setting

__all__ = ["explain_incomparable"]


def explain_incomparable(runs: Sequence[RunSummary]) -> str:
    """Return why the accuracies of the runs cannot be compared, in one sentence; an empty text if they can.

    The SHA-256 of the data decides. The reason is what the runs recorded about their images.
    """
    by_data: dict[str, list[RunSummary]] = {}
    for run in runs:
        by_data.setdefault(run.settings["data SHA-256"], []).append(run)
    if len(by_data) < 2:
        return ""
    groups = list(by_data.values())
    reasons = [reason for name in DATA_SETTINGS if (reason := _describe_difference(name, groups))]
    listed = " and ".join(", ".join(run.name for run in group) for group in groups)
    because = f" They differ in {'; '.join(reasons)}." if reasons else ""
    return f"The accuracies of {listed} cannot be compared, because their data sets differ.{because}"


def _describe_difference(name: str, groups: Sequence[Sequence[RunSummary]]) -> str:
    """Return a setting with its values, such as `image size (28x28x1, 32x32x1)`, if the recorded values differ."""
    values = dict.fromkeys(
        format_setting(run.settings[name]) for group in groups for run in group if name in run.settings
    )
    return f"{name} ({', '.join(values)})" if len(values) > 1 else ""
