"""The page's JavaScript: modules that import each other, joined into one script that fits into the HTML file.

Each module becomes a function that returns the module's exports, and an import reads from a function before it. So the
names of a module stay private, as in a browser that loads the modules one by one, and the script stays readable.
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
    """Return a module and everything that it imports as one script without imports.

    Args:
        entry: the module's name, without `.mjs`.
    """
    return "\n".join(_wrap(name, source) for name, source in _collect(entry, {}).items())


def _collect(name: str, found: dict[str, str]) -> dict[str, str]:
    """Return sources by name, each after those that it imports."""
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
