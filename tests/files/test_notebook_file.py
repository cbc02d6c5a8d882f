"""Notebooks are written as Jupyter reads them, and read with bounds."""

import doctest
import json

import nbformat
import pytest

from keras_cnn_course.files import notebook_file
from keras_cnn_course.files.notebook_file import Cell, read_cells, render_notebook

CELLS = [Cell("markdown", "# Größe\n\nText"), Cell("code", "x = 1\n\ny = '%s'"), Cell("code", "")]


def test_what_is_written_is_a_valid_notebook_and_is_read_again():
    text = render_notebook(CELLS)
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [(cell.kind, cell.source) for cell in CELLS]
    assert read_cells(text) == CELLS
    assert read_cells(nbformat.writes(notebook)) == CELLS


def test_outputs_and_forms_of_a_source_make_no_difference():
    values = json.loads(render_notebook(CELLS))
    values["cells"][1]["outputs"] = [{"output_type": "display_data", "data": {"image/png": "A" * 5_000_000}}]
    values["cells"][1]["source"] = "x = 1\r\n\r\ny = '%s'"
    assert read_cells(json.dumps(values)) == CELLS
    values["cells"][1]["source"] = ["x = '\ud800'"]  # half of a pair
    assert read_cells(json.dumps(values))[1].source == "x = '?'"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is damaged: it is not the JSON of a notebook"),
        (render_notebook(CELLS)[:-30], "is damaged"),
        ("[]", "is damaged"),
        ('{"nbformat": 4}', "is damaged"),
        ('{"nbformat": 4, "cells": [1]}', "is damaged"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": 1}]}', "is damaged"),
        ("[" * 100_000, "is damaged"),
        ('{"nbformat": 3, "worksheets": []}', "has version 3 of the notebook format, not 4. Open it in Jupyter"),
        ('{"nbformat": 4, "metadata": {"kernelspec": {"language": "R"}}}', "is a notebook for r, not for Python"),
        ('{"nbformat": 4, "cells": [' + "{}," * 600_000, "has too much output. Clear all outputs"),
    ],
    ids=range(10),
)
def test_what_is_no_notebook_is_refused(text, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        read_cells(text)


def test_examples():
    assert doctest.testmod(notebook_file).failed == 0
