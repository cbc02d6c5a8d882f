"""What student code may import and use: one rule for every machine.

Some systems protect files and stop processes, and others do not. Some have SciPy or Matplotlib, and others do not. So
that a check at home and the grader agree everywhere, the rule is read from the text of a file, which names the line,
and enforced once more when an import is made. It explains honest mistakes. An attack is stopped by the system.
"""

import ast
import builtins
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

__all__ = ["LIBRARIES", "Refusal", "find_refusal", "guarded_builtins"]

LIBRARIES = {"numpy": ("numpy",), "keras": ("numpy", "keras", "tensorflow")}
"""The libraries that student code may import, by the kind of exercise."""

_COURSE = __name__.partition(".")[0]
_PROCESSES = "it starts other processes"
_NETWORK = "it uses the network"
_FILES = "it uses files"
_WINDOWS = "it opens windows"
_REFUSED_MODULES = {
    **dict.fromkeys(("multiprocessing", "subprocess", "concurrent.futures.process"), _PROCESSES),
    **dict.fromkeys(("socket", "ssl", "http", "urllib.request", "ftplib", "smtplib", "asyncio"), _NETWORK),
    **dict.fromkeys(("tempfile", "shutil", "sqlite3", "dbm", "shelve"), _FILES),
    **dict.fromkeys(("tkinter", "turtle", "curses", "webbrowser"), _WINDOWS),
    **dict.fromkeys(("importlib", "runpy"), "it imports modules by their names; use an import statement"),
}
_REFUSED_NAMES = {
    **dict.fromkeys(("ModelCheckpoint", "BackupAndRestore", "TensorBoard", "CSVLogger"), "it writes files"),
    "ProcessPoolExecutor": _PROCESSES,
}


@dataclass(frozen=True)
class Refusal:
    """Something that student code may not use.

    Args:
        name: of the module or the class.
        line: in the student's file, from 1.
        reason: why not; empty for a library that exercises of this kind do without.
    """

    name: str
    line: int
    reason: str

    @property
    def is_course(self) -> bool:
        """Whether it is the course's own package, which contains what the student should write."""
        return self.name.partition(".")[0] == _COURSE


def find_refusal(source: str, file: str, allowed: Collection[str]) -> Refusal | None:
    """Return the first thing in a file that it may not use.

    Code under `if __name__ == "__main__":` is not read, because it does not run, and neither are imports in a `try`
    that handles an ImportError, because the file may do without them.

    Args:
        allowed: names of the libraries, and of the student's modules.

    >>> find_refusal("import numpy\\nimport scipy.ndimage", "ex.py", ["numpy"])
    Refusal(name='scipy.ndimage', line=2, reason='')
    """
    for node in _running_nodes(ast.parse(source, file)):
        for name in _used_names(node):
            reason = _REFUSED_NAMES.get(name)
            if reason is None and not isinstance(node, (ast.Name, ast.Attribute)):
                reason = _refuse_module(name, allowed)
            if reason is not None:
                return Refusal(name, int(getattr(node, "lineno", 0)), reason)
    return None


def guarded_builtins(allowed: Collection[str]) -> dict[str, Any]:
    """Return the built-in functions for student code: its imports follow the rule, those of libraries do not."""
    actual: Callable[..., ModuleType] = builtins.__import__

    def guarded_import(name: str, *arguments: Any, **options: Any) -> ModuleType:
        reason = _refuse_module(name, allowed)
        if reason is not None:
            raise ImportError(f"{name} may not be used here" + (f": {reason}." if reason else "."))
        return actual(name, *arguments, **options)

    return {**vars(builtins), "__import__": guarded_import}


def _refuse_module(name: str, allowed: Collection[str]) -> str | None:
    """Return why a module may not be imported; None if it may."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        reason = _REFUSED_MODULES.get(".".join(parts[:length]))
        if reason is not None:
            return reason
    return None if not parts[0] or parts[0] in allowed or parts[0] in sys.stdlib_module_names else ""


def _used_names(node: ast.AST) -> list[str]:
    """Return the names of modules and of classes that a node uses."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        module = node.module or ""
        names = [f"{module}.{alias.name}" for alias in node.names if f"{module}.{alias.name}" in _REFUSED_MODULES]
        return [module, *names, *(alias.name for alias in node.names if alias.name in _REFUSED_NAMES)]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


def _running_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a file that run when it is imported or called, in their order."""
    for node in ast.iter_child_nodes(tree):
        children: list[ast.AST] = [node]
        if isinstance(node, ast.If) and _is_for_own_use(node.test):
            children = [*node.orelse]
        elif isinstance(node, ast.Try) and any(map(_handles_import_error, node.handlers)):
            children = [*node.handlers, *node.orelse, *node.finalbody]
        for child in children:
            yield child
            yield from _running_nodes(child)


def _is_for_own_use(test: ast.expr) -> bool:
    """Return whether a condition is `__name__ == "__main__"` or `TYPE_CHECKING`."""
    names = {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(test)}
    return bool(names & {"__name__", "TYPE_CHECKING"})


def _handles_import_error(handler: ast.ExceptHandler) -> bool:
    names = {getattr(node, "id", "") for node in ast.walk(handler.type)} if handler.type else {"ImportError"}
    return bool(names & {"ImportError", "ModuleNotFoundError", "Exception"})
