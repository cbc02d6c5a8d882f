"""The page's JavaScript: modules that import each other, brought into one script that a file can carry.

Each module becomes a function that returns what the module exports; an import becomes a look into what came before. So
the modules keep their names to themselves, as in a browser that loads them one by one, and stay readable in the page.
"""

import importlib.resources
import re

__all__ = ["bundle_modules", "read_source"]

_IMPORT = re.compile(r'^import (\{[^}]+\}) from "\./(\w+)\.mjs";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:function|class|const) (\w+))", re.MULTILINE)


def read_source(name: str) -> str:
    """Return a file of this package, such as `page.html`."""
    return (importlib.resources.files("keras_cnn_course.page") / name).read_text(encoding="utf-8")


def bundle_modules(entry: str) -> str:
    """Return a module and all that it imports as one script without imports.

    Args:
        entry: its name, without `.mjs`.
    """
    return "\n".join(_wrap(name, source) for name, source in _collect(entry, {}).items())


def _collect(name: str, found: dict[str, str]) -> dict[str, str]:
    """Return sources by name, each behind those that it imports."""
    if name not in found:
        source = read_source(f"{name}.mjs")
        for _, imported in _IMPORT.findall(source):
            _collect(imported, found)
        found[name] = source
    return found


def _wrap(name: str, source: str) -> str:
    exported = ", ".join(_EXPORT.findall(source))
    body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = \2;", source))
    return f"// ---- {name}.mjs ----\nconst {name} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"
