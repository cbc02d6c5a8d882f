"""The code of docs/logging.md, run with MLflow and a local file."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parent.parent / "docs" / "logging.md"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # MLflow and its database have deprecated parts
def test_mlflow_gets_the_numbers_of_every_epoch(started, tmp_path, monkeypatch):
    for package in ("mlflow", "sqlalchemy", "alembic"):
        pytest.importorskip(package, reason="needs MLflow: pip install mlflow")
    if not PAGE.is_file():
        pytest.skip("needs docs/logging.md: run the tests from a checkout")
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    exec(compile(code, "logging.md", "exec"), names)

    from mlflow import MlflowClient

    run, client = names["run"], MlflowClient("sqlite:///mlflow.db")
    (logged,) = client.search_runs(["0"])
    for name in ("loss", "val_accuracy"):
        steps = sorted((metric.step, metric.value) for metric in client.get_metric_history(logged.info.run_id, name))
        assert steps == list(enumerate(run.history[name], start=1))
    assert logged.data.metrics["test_accuracy"] == run.metrics["test_accuracy"]
    assert logged.data.params["filters"] == "32"
    assert [file.path for file in client.list_artifacts(logged.info.run_id)] == ["best.keras"]
