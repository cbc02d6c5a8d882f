import base64
import hashlib
import re
from dataclasses import replace

import pytest

from keras_cnn_course.errors import ExportError, UsageError
from keras_cnn_course.page.writing import check_alike

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


FREE = {"ground": "dark", "colors": False, "placing": "free", "box": 1.0}


def test_what_cannot_be_drawn_is_chosen(write_page, color_page, trained_run):
    model = trained_run.load_model()
    clothes = write_page(model, appearance=FREE)  # the classes of an .npz file are numbers, as digits are
    photos = write_page(model, appearance={**FREE, "ground": "mixed"})
    assert (clothes.data["preparation"], clothes.data["learning"]) == ("picture", None)
    assert photos.data["preparation"] == "none"
    assert color_page.data["preparation"] == "none"
    assert len(color_page.html.encode()) < 300_000
    assert {sample["label"] for sample in color_page.data["samples"]} == {0, 1, 2}


def test_images_of_other_channels_are_refused(trained_run):
    record = replace(trained_run.read_record(), input_shape=(28, 28, 4))
    with pytest.raises(ExportError, match=r"three color channels; this model takes images of 28x28x4"):
        check_alike({"cnn-001": record})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"input_shape": (32, 32, 1)}, "the images of one are 28x28x1, and the images of other are 32x32x1"),
        (
            {"class_names": tuple("abc")},
            "the classes of one are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and the classes of other",
        ),
        (
            {"appearance": {**FREE, "ground": "light"}},
            "the images of one is dark, and the ground of the images of other",
        ),
        ({"appearance": FREE}, "the drawings of one are placed centered, and the drawings of other are placed free"),
    ],
)
def test_runs_that_cannot_see_the_same_image_are_refused(trained_run, changes, said):
    record = trained_run.read_record()
    with pytest.raises(UsageError) as caught:
        check_alike({"one": record, "other": replace(record, **changes)})
    assert said in str(caught.value)
    assert str(caught.value).endswith("Write one page per run.")


def test_a_page_has_at_most_four_runs(trained_run):
    with pytest.raises(UsageError, match="up to 4 runs; got 5"):
        check_alike(dict.fromkeys("abcde", trained_run.read_record()))


def test_each_run_of_several_is_stated(several_page):
    footer = re.search(r"<footer>(.*?)</footer>", several_page.html, re.DOTALL)[1]
    assert "cnn-001: recipe cnn, " in footer
    assert "softmax-001: recipe cnn, 7,850 parameters" in footer
    assert re.search(r"Test accuracy on 360 images: cnn-001: [\d.]+%; rounding changes", footer)
    assert "<h1>cnn-001 and softmax-001</h1>" in several_page.html
