import base64
import io
import re

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from keras_cnn_course.files.markup import element
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.report.document import Section, Table, make_document, make_figure, make_table

NASTY = "</title><script>alert(1)</script>"


def picture():
    figure = Figure(figsize=(2, 1), dpi=150)
    figure.add_axes((0, 0, 1, 1)).imshow(np.eye(3))
    return Picture(figure, "An identity, drawn.")


def test_a_picture_carries_its_alt_text_its_caption_and_its_numbers():
    built = make_figure(picture(), caption="Eye", numbers=[Table("Rows", ("a", "b"), [("1", "2")])])
    assert 'alt="An identity, drawn."' in built
    assert "<figcaption>Eye</figcaption>" in built
    assert '<th scope="row">1</th><td>2</td>' in built
    with Image.open(io.BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", built)[1]))) as image:
        assert image.size == (300, 150)
    assert 'width="192" height="96"' in built  # inches in the pixels of CSS


def test_tables_have_a_caption_and_headings():
    built = make_table(Table(NASTY, ("name", NASTY), [(NASTY, "1")]))
    assert "<script" not in built
    assert built.count('scope="col"') == 2
    assert 'tabindex="0"' in built


def test_every_section_is_linked():
    document = make_document(title=NASTY, lead=element("p", NASTY), sections=[Section("one", NASTY, element("p", "x"))])
    assert "<script" not in document
    assert '<a href="#one">' in document
    assert '<section id="one">' in document
    assert "default-src &#x27;none&#x27;" in document
