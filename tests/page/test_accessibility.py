"""What docs/accessibility.md says of the live page, in Chromium. `axe` and other tests of the page check the rest."""

import re

import pytest

from keras_cnn_course.page.bundle import read_source

TABS = ("network", "convolution", "learn")
CONTROLS = "button, input, select, summary, canvas[tabindex]"

# Controls smaller than 24 by 24 pixels, unless a circle of 24 pixels around each touches no other control.
SMALL_TARGETS = f"""
() => {{
  const all = [...document.querySelectorAll("{CONTROLS}")].filter((each) => each.getClientRects().length);
  const boxes = all.map((each) => each.getBoundingClientRect());
  const small = boxes.map(({{ width, height }}) => width < 23.9 || height < 23.9);
  const middle = ({{ left, top, width, height }}) => [left + width / 2, top + height / 2];
  const crowded = (at) => boxes.some((box, other) => {{
    if (other === at) return false;
    const [x, y] = middle(boxes[at]);
    const [near, reach] = small[other]
      ? [middle(box), 24]
      : [[Math.min(Math.max(x, box.left), box.right), Math.min(Math.max(y, box.top), box.bottom)], 12];
    return Math.hypot(x - near[0], y - near[1]) < reach;
  }});
  return all.filter((_, at) => small[at] && crowded(at)).map((each) => each.outerHTML.slice(0, 120));
}}
"""

# The element with the focus: its outline, whether it can be seen, and whether something covers all of its corners.
FOCUSED = """
() => {
  const focused = document.activeElement;
  const { left, right, top, bottom } = focused.getBoundingClientRect();
  const { outlineStyle, outlineWidth } = getComputedStyle(focused);
  const [low, high] = [Math.max(top, 0) + 2, Math.min(bottom, innerHeight) - 2];
  const places = [left + 2, (left + right) / 2, right - 2].flatMap((x) => [[x, low], [x, high]]);
  const seen = places.some(([x, y]) => {
    const found = document.elementFromPoint(x, y);
    return found && (focused.contains(found) || found.contains(focused));
  });
  const outline = outlineStyle === "none" ? 0 : parseFloat(outlineWidth);
  return { tag: focused.tagName, id: focused.id, outline, seen };
}
"""
SPACING = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }
"""


def contrast(one, other):
    """Return the ratio of WCAG 2 between two colors such as #0b62a8."""

    def luminance(color):
        parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["page.css", "slide.css"])
def test_borders_marks_and_the_outline_of_the_focus_stand_out(name):
    source = read_source(name)
    for scheme in re.findall(r":root \{(.*?)\}", source, re.DOTALL):
        colors = dict(re.findall(r"--([\w-]+): (#\w{6});", scheme))
        for ground in {"background", "card"} & set(colors):
            assert contrast(colors["text"], colors[ground]) >= 7
            assert contrast(colors["muted"], colors[ground]) >= 4.5
            for part in ("border", "accent", "mark"):
                assert contrast(colors[part], colors[ground]) >= 3, (part, ground)


def test_nothing_moves_by_itself():
    for name in ("page.css", "slide.css"):
        assert not re.search(r"\b(animation|transition|scroll-behavior)\b", read_source(name))


@pytest.mark.slow
def test_every_target_is_large_enough_or_has_room_around_it(small_page, open_page):
    page = open_page(small_page.path, width=320, height=568, touch=True)
    for tab in TABS:
        page.click(f"#tab-{tab}")
        assert page.evaluate(SMALL_TARGETS) == [], tab


@pytest.mark.parametrize(("width", "height"), [(320, 568), (1280, 800)])
def test_more_space_between_lines_and_letters_hides_nothing(small_page, open_page, width, height):
    page = open_page(small_page.path, width=width, height=height)
    page.evaluate(
        "(css) => { const own = new CSSStyleSheet(); own.replaceSync(css); document.adoptedStyleSheets = [own]; }",
        SPACING,
    )
    for tab in TABS:
        page.click(f"#tab-{tab}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
        clipped = (
            "[...document.querySelectorAll('button, h1, h2, label, summary, p')].filter((each) => "
            "each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflow === 'hidden' "
            "&& !each.classList.contains('unseen')).map((each) => each.outerHTML)"
        )
        assert page.evaluate(clipped) == [], tab


@pytest.mark.slow
def test_the_focus_is_visible_everywhere_and_never_trapped(small_page, open_page):
    """At 640x400, which is a window of 1280x800 at 200%."""
    page = open_page(small_page.path, width=640, height=400)
    for tab in TABS:
        page.click(f"#tab-{tab}")
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        reached = []
        for _ in range(80):
            page.keyboard.press("Tab")
            focused = page.evaluate(FOCUSED)
            if focused["tag"] in ("BODY", "HTML"):
                break
            assert focused["outline"] >= 2, focused
            assert focused["seen"], focused
            reached.append(focused)
        assert focused["tag"] in ("BODY", "HTML"), "the focus never leaves the page"
        assert len(reached) > 10
        assert page.locator(f"#{tab}").is_visible()
