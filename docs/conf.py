"""How Sphinx turns docs into the site: `make site`.

The pages stay Markdown that a Git host shows. Four things are added while Sphinx reads them: links to files outside
docs become plain text, the page of the lecture gets the live page of the convolution, the page of the Python API gets
its docstrings, and the first use of a glossary's term on each page becomes a link.
"""

import re
from pathlib import Path
from typing import Any

from docutils import nodes

import keras_cnn_course

HERE = Path(__file__).parent

project = "keras_cnn_course"
author = "The keras_cnn_course authors"
project_copyright = author
version = release = keras_cnn_course.__version__
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["notebooks", "_build"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # a page may begin below a heading of the first level
autodoc_member_order = "bysource"
autodoc_typehints = "description"

html_theme = "furo"
html_title = "kcnn"  # the whole name does not fit into the sidebar
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["site"]
html_js_files = ["accessibility.js"]
# The live pages, which docs/build_site.py writes.
html_extra_path = [str(path) for path in [HERE.parent / "build" / "site-extra"] if path.is_dir()]

LIVE_CONVOLUTION = """\
Try it here: edit the filter, and press the buttons to go from step to step.

<iframe src="live/cnn.html#convolution" title="The convolution step by step, with a filter that you can edit"
 width="100%" height="720" loading="lazy"></iframe>
"""


def setup(app: Any) -> None:
    """Register what is added to the pages."""
    app.connect("source-read", prepare_page)
    app.connect("doctree-resolved", link_terms)


def prepare_page(app: Any, name: str, source: list[str]) -> None:
    """Turn links out of docs into text, and add what only the site can show."""
    text = source[0].replace("](../README.md)", "](index.md)")
    source[0] = re.sub(r"\[([^\]]+)\]\(\.\./[^)]+\)", r"\1", text)
    source[0] = source[0].replace("<!-- live page of the convolution -->", LIVE_CONVOLUTION)
    if name == "api":
        source[0] += f"\n```{{eval-rst}}\n{describe_names()}```\n"


def describe_names() -> str:
    """Return the directives that document every public name."""
    parts = []
    for name in keras_cnn_course.__all__:
        value = getattr(keras_cnn_course, name)
        if isinstance(value, type):
            parts.append(f".. autoclass:: keras_cnn_course.{name}\n   :members:\n   :inherited-members:\n")
        elif callable(value):
            parts.append(f".. autofunction:: keras_cnn_course.{name}\n")
    return "\n".join(parts)


def link_terms(app: Any, tree: nodes.document, name: str) -> None:
    """Link the first use of each glossary term in the paragraphs of a page."""
    if name == "glossary":
        return
    objects = app.env.get_domain("std").get_objects()
    terms = {term.lower(): anchor for term, _, kind, _, anchor, _ in objects if kind == "term"}
    if not terms:
        return
    longest_first = sorted(terms, key=len, reverse=True)
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})s?\b", re.IGNORECASE)
    linked: set[str] = set()
    for paragraph in list(tree.findall(nodes.paragraph)):
        for text in [node for node in paragraph.children if isinstance(node, nodes.Text)]:
            match = next((found for found in pattern.finditer(text) if found[1].lower() not in linked), None)
            if match is None:
                continue
            term = match[1].lower()
            linked.add(term)
            uri = app.builder.get_relative_uri(name, "glossary") + f"#{terms[term]}"
            link = nodes.reference("", match[0], refuri=uri, internal=True)
            before, after = str(text)[: match.start()], str(text)[match.end() :]
            paragraph.replace(text, [nodes.Text(before), link, nodes.Text(after)])
