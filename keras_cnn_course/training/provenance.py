"""What a run was made from: what run.json says about it, and which differences change the bits of its result."""

import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version

import keras
import numpy as np

from keras_cnn_course.datasets.measuring import measure_appearance
from keras_cnn_course.devices.backend import find_tensorflow
from keras_cnn_course.devices.processor import cpu_flags, name_processor
from keras_cnn_course.runs.directory import RunRecord
from keras_cnn_course.training.plan import Plan

__all__ = ["describe_run", "list_changes", "list_redistribution"]


def describe_run(plan: Plan, *, engine: str, outputs: str, command: str) -> RunRecord:
    """Return what run.json says about a training that begins now.

    Args:
        engine: how the training step is computed, in a few words.
        outputs: what the model's outputs are, one of `OUTPUTS`.
        command: the command line, or the call, that starts the run.
    """
    return RunRecord(
        recipe=plan.recipe.source.name,
        recipe_sha256=plan.recipe.source.sha256,
        hyperparameters=plan.hyperparameters.used(),
        dataset=plan.dataset.name,
        dataset_sha256=plan.dataset.sha256,
        input_shape=plan.dataset.input_shape,
        class_names=plan.dataset.class_names,
        train_examples=plan.train_examples,
        val_examples=len(plan.val_index),
        seed=plan.seed,
        command=command,
        device=plan.backend.device,
        processor=name_processor(plan.backend.device),
        threads=plan.backend.threads,
        precision=plan.precision,
        engine=engine,
        outputs=outputs,
        cycles=plan.cycles,
        strategy=plan.backend.distribution.name,
        replicas=plan.backend.distribution.replicas,
        versions=_versions(),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        dataset_path=plan.dataset.path,
        pixel_range=plan.dataset.pixel_range,
        white=plan.dataset.white,
        appearance=asdict(measure_appearance(plan.dataset.x_train)),
    )


def list_changes(recorded: RunRecord, now: RunRecord) -> list[str]:
    """Return one phrase for each difference between two records that changes the bits of a result.

    How long a run is does not count: it may be made longer.
    """
    changes = []
    for name, what in (("recipe_sha256", "recipe"), ("dataset_sha256", "data set")):
        old, new = getattr(recorded, name), getattr(now, name)
        if old != new:
            changes.append(f"{what}: SHA-256 {old[:12] or 'unknown'}, now {new[:12]}")
    old, new = _deciding(recorded), _deciding(now)
    for name in [*old, *(name for name in new if name not in old)]:
        if old.get(name) != new.get(name):
            changes.append(f"{name}: {old.get(name, 'unknown')}, now {new.get(name, 'unknown')}")
    return changes


def list_redistribution(recorded: RunRecord, now: RunRecord) -> list[str]:
    """Return how the distribution of a run has changed, with which it may be resumed nevertheless."""
    if recorded.replicas == now.replicas:
        return []
    return [f"replicas: {recorded.replicas}, now {now.replicas}"]


def _deciding(record: RunRecord) -> dict[str, object]:
    return {
        **{name: value for name, value in record.hyperparameters.items() if name != "epochs"},
        "input_shape": tuple(record.input_shape),
        "seed": record.seed,
        "device": record.device,
        "threads": record.threads,
        "precision": record.precision,
        "callbacks": ", ".join(record.callbacks) or "none",
        **record.versions,
    }


def _versions() -> dict[str, str]:
    """Return the versions and settings that the bits of a result depend on."""
    return {
        "keras-cnn-course": version("keras-cnn-course"),
        "keras": keras.__version__,
        "tensorflow": find_tensorflow()[1],
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "vector instructions": " ".join(sorted(cpu_flags() & _DECIDING_FLAGS)) or "unknown",
        "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
    }


# TensorFlow's libraries choose their kernels by these, and with them the order of their sums.
_DECIDING_FLAGS = {"avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16"}
