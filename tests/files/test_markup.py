import json
from pathlib import Path

import pytest

from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.files import markup
from keras_cnn_course.files.markup import (
    Markup,
    check_html_path,
    element,
    fill_template,
    hash_source,
    join,
    script_json,
    write_html,
)

NASTY = "</script><script>alert(1)</script>&\"'"


def test_text_is_escaped_and_markup_is_not():
    built = element("p", NASTY, element("b", "x"), title=NASTY, class_="a", aria_label=None)
    assert "<script" not in built
    assert built.count("&lt;script&gt;") == 2
    assert built.endswith("<b>x</b></p>")
    assert 'class="a"' in built
    assert "aria" not in built


def test_empty_elements_have_no_end():
    assert element("img", src="a b", alt="") == '<img src="a b" alt="">'


def test_join_escapes_what_is_not_markup():
    assert join(["a<b", Markup("<i>")]) == "a&lt;b<i>"


def test_json_cannot_end_its_script():
    written = script_json({"name": NASTY})
    assert "<" not in written
    assert json.loads(written) == {"name": NASTY}


def test_a_template_is_filled_once_over():
    filled = fill_template("{{ one }} {{ two }}", {"one": Markup("{{ two }}"), "two": "<2>"})
    assert filled == "{{ two }} &lt;2&gt;"
    with pytest.raises(KeyError):
        fill_template("{{ missing }}", {})


def test_the_hash_is_that_of_the_standard():
    # The example of the Content Security Policy specification.
    assert hash_source("alert('Hello, world.');") == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"


def test_the_name_of_a_page_ends_in_html():
    for name in ("page.html", "PAGE.HTM"):
        check_html_path(Path(name))
    for name in ("page.pdf", "page"):
        with pytest.raises(UsageError, match=rf"^`out=` must name an \.html file; got '{name}'\.$"):
            check_html_path(Path(name))


def test_a_page_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / "page.html").write_text("before")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(markup.Path, "write_text", full)
    with pytest.raises(RunError, match="No space left"):
        write_html("after", tmp_path / "page.html")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert (tmp_path / "page.html").read_bytes() == b"before"
