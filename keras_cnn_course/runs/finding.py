"""Finding run folders, which are the folders with a record."""

from pathlib import Path

__all__ = ["RECORD", "find_runs", "is_run"]

RECORD = "run.json"


def is_run(path: Path) -> bool:
    """Return whether a path is a run folder."""
    return (path / RECORD).is_file()


def find_runs(folder: Path, names: str = "*") -> list[Path]:
    """Return the run folders in a folder, sorted by name.

    Args:
        names: a pattern of the names, such as `seed-*`.
    """
    return sorted(file.parent for file in folder.glob(f"{names}/{RECORD}"))
