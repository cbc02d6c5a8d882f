"""The result of `kcnn sweep` as JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_cnn_course.inspection.sweep_result import SweepResult

__all__ = ["list_values"]


def list_values(result: "SweepResult") -> dict[str, Any]:
    """Return everything that a sweep has found, as values for JSON."""
    from keras_cnn_course.results.significance import explain_difference, seeds_needed

    runs = [
        {
            "run": str(state.path),
            "recipe": state.trial.recipe,
            "values": dict(state.trial.values),
            "seed": state.trial.seed,
            "status": state.status,
            "error": state.error,
            "results": state.summary.results if state.summary else {},
        }
        for state in result.trials
    ]
    settings = [{**asdict(one), "mean": one.mean, "interval": one.interval} for one in result.settings]
    paired = [
        {
            **{**asdict(one), "mean": one.mean, "interval": one.interval},
            **{"conclusion": explain_difference(one), "seeds_needed": seeds_needed(one)},
        }
        for one in result.differences
    ]
    return {
        "sweep": str(result.path),
        "runs": runs,
        "settings": settings,
        "differences": paired,
        "unlike": result.unlike,
    }
