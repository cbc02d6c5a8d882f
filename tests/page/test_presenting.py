"""The presentation of a page, in Chromium: keys, buttons and a finger."""

import pytest

PANELS = ["The drawing and the answer", "conv_1", "relu_1", "pool_1", "dense_1", "dense_1 relu", "classifier"]
PANELS += ["classifier softmax", "Convolution by hand", "A network that learns"]


def title(page):
    return page.locator("#present-title").text_content()


@pytest.mark.slow
def test_keys_move_from_panel_to_panel(small_page, open_page):
    page = open_page(small_page.path)
    page.click("#present")
    assert title(page) == f"1 of 10: {PANELS[0]}"
    for number, name in enumerate(PANELS[1:], start=2):
        page.keyboard.press("ArrowRight")
        assert title(page) == f"{number} of 10: {name}"
        assert page.evaluate("location.hash") == f"#present-{number}"
    for key, number in [
        ("ArrowRight", 10), ("Home", 1), ("ArrowLeft", 1), ("End", 10), ("PageUp", 9), ("ArrowLeft", 8),
        ("Home", 1), ("Space", 2), ("PageDown", 3), ("Shift+Space", 2),
    ]:  # fmt: skip
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            page.evaluate("document.activeElement.blur()")  # the space bar presses a button
        page.keyboard.press(key)
        assert title(page).startswith(f"{number} of 10"), key
    page.keyboard.press("Escape")
    assert page.locator("#presentation").is_hidden()
    assert page.locator("#layers .layer").nth(3).is_visible()
    assert page.evaluate("location.hash + document.activeElement.id") == "present"


def test_a_panel_is_alone_in_large_type(small_page, open_page):
    page = open_page(small_page.path, width=1920, height=1080)
    size = "parseFloat(getComputedStyle(document.querySelector('#explanation .term')).fontSize)"
    ordinary = page.evaluate(size)
    page.click("#present")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(size) > 1.7 * ordinary
    assert page.locator("#layers .layer:visible h2").count() == 1
    assert page.locator("#bench").is_hidden()
    assert page.locator("#explanation h2").text_content().startswith("conv_1")
    assert page.locator("header").first.is_hidden()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), pytest.param(1920, 1080, marks=pytest.mark.slow)])
def test_each_layer_fits_the_screen(small_page, open_page, width, height):
    page = open_page(small_page.path, width=width, height=height)
    page.click("#present")
    for _ in PANELS[1:8]:
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.documentElement.scrollHeight") <= height, title(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, title(page)


@pytest.mark.slow
def test_a_page_can_open_as_a_presentation(write_page, trained_run, open_page):
    page = open_page(write_page(trained_run.load_model(), presents=True).path)
    assert title(page).startswith("1 of 10")
    page.evaluate("location.hash = '#present-4'")
    page.locator("#present-title", has_text="4 of 10: pool_1").wait_for()
    page.reload()
    assert title(page).startswith("4 of 10: pool_1")


def test_numbers_are_explored_by_keyboard_and_a_click_leaves_the_keys_to_the_panels(small_page, open_page):
    page = open_page(small_page.path)
    page.click("#present")
    page.keyboard.press("ArrowRight")
    canvas = page.locator("#layers .layer:visible canvas[role=application]")
    canvas.focus()
    page.keyboard.press("ArrowDown")
    assert title(page).startswith("2 of 10")
    canvas.click(position={"x": 30, "y": 90})
    page.keyboard.press("ArrowRight")
    assert title(page).startswith("3 of 10")


@pytest.mark.slow
def test_a_finger_turns_the_panels_and_draws_on_the_paper(small_page, open_page):
    page = open_page(small_page.path, width=768, height=1024, touch=True)
    page.tap("#present")
    touch = page.context.new_cdp_session(page)

    def swipe(from_x, to_x, y):
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": from_x, "y": y}]})
        for share in (0.2, 0.4, 0.6, 0.8, 0.99, 1):
            # As slowly as a finger: Chromium ignores a tap that comes while a faster movement still rolls out.
            page.wait_for_timeout(150 if share == 1 else 20)
            x = from_x + (to_x - from_x) * share
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
        page.wait_for_timeout(80)
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    box = page.locator("#paper").bounding_box()
    swipe(box["x"] + 150, box["x"] + 40, box["y"] + 80)
    assert title(page).startswith("1 of 10")
    assert page.evaluate("kcnn.page.drawing.strokes.length") == 1
    page.tap("#present-leave")
    assert page.locator("#presentation").is_hidden()
    page.tap("#present")
    page.tap("#present-on")
    assert title(page).startswith("2 of 10")
    swipe(600, 300, 30)
    assert title(page).startswith("3 of 10")
    swipe(300, 600, 30)
    assert title(page).startswith("2 of 10")


@pytest.mark.slow
def test_f_fills_the_screen(small_page, open_page):
    page = open_page(small_page.path)
    page.click("#present")
    page.keyboard.press("f")
    page.locator("#present-full[aria-pressed=true]").wait_for()
    assert page.evaluate("document.fullscreenElement === document.documentElement")
    page.click("#present-full")
    page.locator("#present-full[aria-pressed=false]").wait_for()


@pytest.mark.slow
def test_the_network_that_learns_is_a_panel_with_its_kernels(small_page, open_page):
    page = open_page(small_page.path)
    page.click("#present")
    page.keyboard.press("End")
    page.locator("#learn-numbers", has_text="Step 0").wait_for()
    page.click("#learn-step")
    page.locator("#learn-numbers", has_text="Step 1,").wait_for()
    assert page.locator("#layers .layer:visible").count() == 1
    assert page.locator("#inspector").is_hidden()


def test_networks_of_several_runs_are_presented_together(several_page, open_page):
    page = open_page(several_page.path, width=1920, height=1080)
    page.click("#present")
    assert page.locator(".network .verdict:visible").count() == 2
    page.get_by_role("button", name="Show its layers").nth(1).click()
    assert "1 of 5" in title(page)
    assert page.locator("#layers .layer:visible").count() == 0


@pytest.mark.parametrize(
    "views",
    [
        [(1, 320, "light"), (2, 1280, "dark")],
        pytest.param([(2, 768, "dark"), (9, 1280, "dark"), (10, 1920, "light")], marks=pytest.mark.slow),
    ],
    ids=["two panels", "more panels"],
)
def test_nothing_is_cut_off_and_axe_finds_no_serious_fault(small_page, open_page, axe, views):
    page = open_page(small_page.path)
    for panel, width, scheme in views:
        page.set_viewport_size({"width": width, "height": 720})
        page.emulate_media(color_scheme=scheme)
        page.evaluate("(number) => kcnn.presentation.open(number)", panel - 1)
        page.wait_for_timeout(150)  # until the layers are laid out again
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe(page) == [], (panel, width)
