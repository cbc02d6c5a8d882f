import base64
import hashlib
import re

import pytest

from keras_cnn_course.errors import ExportError
from keras_cnn_course.page.writing import build_page

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(1)>&\"'"


def test_the_same_run_gives_the_same_bytes(small_page, write_page, trained_run):
    assert write_page(trained_run.load_model()).html == small_page.html


def test_a_page_needs_nothing_from_outside(small_page):
    addresses = re.findall(r"(?:https?:)?//[\w.]+\.\w+", small_page.html)
    assert addresses == []
    assert not re.search(r"<(?:link|iframe|script[^>]* src|img)", small_page.html)


def test_the_policy_lets_its_own_script_and_style_through_and_no_other(small_page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', small_page.html)[1].replace("&#x27;", "'")
    assert policy.startswith("default-src 'none'; ")
    script = re.search(r'<script type="module">(.*?)</script>', small_page.html, re.DOTALL)[1]
    style = re.search(r"<style>(.*?)</style>", small_page.html, re.DOTALL)[1]
    for source in (script, style):
        assert base64.b64encode(hashlib.sha256(source.encode()).digest()).decode() in policy
    assert "unsafe" not in policy
    assert " style=" not in small_page.html
    assert not re.search(r" on\w+=", small_page.html)


def test_names_stay_text(write_page, trained_run, open_page):
    names = (NASTY, *map(str, range(1, 10)))
    page = write_page(trained_run.load_model(), name=NASTY, dataset=NASTY, recipe=NASTY, class_names=names)
    assert page.html.count("<script") == 4
    assert page.data["classes"][0] == NASTY
    opened = open_page(page.path)  # fails where anything of it was executed
    assert opened.locator("h1").text_content() == NASTY
    assert opened.locator("#bars li .name").first.text_content() == NASTY
    assert opened.locator("img").count() == 0


def test_the_run_and_the_cost_of_rounding_are_stated(small_page, trained_run, digits):
    footer = re.search(r"<footer>(.*?)</footer>", small_page.html, re.DOTALL)[1]
    metrics = trained_run.read_metrics()
    assert f"{metrics['parameters']:,} parameters" in footer
    assert f"Test accuracy: {metrics['test_accuracy']:.2%} on 360 images" in footer
    assert "stores each weight in two bytes" in footer


def test_a_drawing_is_prepared_as_the_training_images_were_whatever_the_classes_are_called(write_page, trained_run):
    names = tuple("abcdefghij")
    model, appearance = trained_run.load_model(), trained_run.read_record().appearance
    centered = write_page(model, class_names=names)
    free = write_page(model, class_names=names, appearance={**appearance, "placing": "free"})
    assert (centered.data["preparation"], free.data["preparation"]) == ("digit", "picture")


def test_only_a_network_that_knows_digits_asks_for_a_digit(small_page, write_page, trained_run):
    assert "Draw a digit here" in small_page.html
    letters = write_page(trained_run.load_model(), class_names=tuple("abcdefghij"))
    assert "Draw here" in letters.html
    assert "Draw a digit here" not in letters.html


def test_color_images_are_refused(trained_run, digits):
    from dataclasses import replace

    record = replace(trained_run.read_record(), input_shape=(28, 28, 3))
    with pytest.raises(ExportError, match=r"gray images.*28x28x3"):
        build_page(trained_run.load_model(), record, digits, name="cnn-001")
