"""Draw photographs that do not show one digit clearly: two digits, a digit with a mark, words, a face, a cut scan."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from photograph_conditions import draw_glyph, on_paper, photograph, write
from PIL import Image, ImageDraw, ImageFont

__all__ = ["OTHERS"]

_Draw = Callable[[Path, int, np.random.Generator], np.ndarray]
_HEIGHT, _WIDTH = 480, 640


def _put(*glyphs: tuple[np.ndarray, int, int]) -> np.ndarray:
    """Return the ink of glyphs at their top left corners; what is outside of the picture is cut off."""
    ink = np.zeros((_HEIGHT + 800, _WIDTH + 800), np.float32)
    for glyph, top, left in glyphs:
        place = ink[top + 400 : top + 400 + glyph.shape[0], left + 400 : left + 400 + glyph.shape[1]]
        np.maximum(place, glyph, out=place)
    return ink[400 : 400 + _HEIGHT, 400 : 400 + _WIDTH]


def _two(sizes: tuple[int, int], gap: int, faint: float = 1.0) -> _Draw:
    """Return a function that draws two digits of these heights in pixels side by side, the second in paler ink."""

    def draw(font: Path, digit: int, random: np.random.Generator) -> np.ndarray:
        first = draw_glyph(font, digit, sizes[0])
        second = draw_glyph(font, int(random.integers(10)), sizes[1]) * faint
        left = (_WIDTH - first.shape[1] - gap - second.shape[1]) // 2
        top = int(random.integers(60, 120))
        return _put((first, top, left), (second, top + sizes[0] - sizes[1], left + first.shape[1] + gap))

    return draw


def _apart(height: int) -> _Draw:
    """Return a function that draws a second digit of a height in pixels in a random corner."""

    def draw(font: Path, digit: int, random: np.random.Generator) -> np.ndarray:
        second = draw_glyph(font, int(random.integers(10)), height)
        top = 20 if random.integers(2) else _HEIGHT - 20 - height
        left = 20 if random.integers(2) else _WIDTH - 20 - second.shape[1]
        return np.maximum(write(font, digit, random), _put((second, top, left)))

    return draw


def _cut_second(font: Path, digit: int, random: np.random.Generator) -> np.ndarray:
    second = draw_glyph(font, int(random.integers(10)), 200)
    left = -second.shape[1] // 2 if random.integers(2) else _WIDTH - second.shape[1] // 2
    return np.maximum(write(font, digit, random), _put((second, 140, left)))


def _with_text(text: str, height: int, top: int, left: int) -> _Draw:
    def draw(font: Path, digit: int, random: np.random.Generator) -> np.ndarray:
        return np.maximum(write(font, digit, random), _put((_draw_text(font, text, height), top, left)))

    return draw


def _text(text: str) -> _Draw:
    def draw(font: Path, digit: int, random: np.random.Generator) -> np.ndarray:
        word = _draw_text(font, text, 110)
        return _put((word, int(random.integers(100, 220)), (_WIDTH - word.shape[1]) // 2))

    return draw


def _draw_text(font: Path, text: str, height: int) -> np.ndarray:
    image = Image.new("L", (2000, 900))
    ImageDraw.Draw(image).text((100, 150), text, font=ImageFont.truetype(str(font), 200), fill=255)
    image = image.crop(image.getbbox())
    size = (max(1, round(image.width * height / image.height)), height)
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC), np.float32) / 255


def _with_lines(marks: Callable[[int, int, int, int], list[list[tuple[float, float]]]]) -> _Draw:
    """Return a function that draws a digit with strokes; `marks` gives their points from the box of the digit."""

    def draw(font: Path, digit: int, random: np.random.Generator) -> np.ndarray:
        ink = write(font, digit, random)
        rows, columns = np.nonzero(ink > 0.5)
        strokes = marks(int(rows.min()), int(columns.min()), int(rows.max()), int(columns.max()))
        return np.maximum(ink, _draw_lines(strokes))

    return draw


def _draw_lines(strokes: list[list[tuple[float, float]]]) -> np.ndarray:
    image = Image.new("L", (_WIDTH, _HEIGHT))
    for points in strokes:
        ImageDraw.Draw(image).line(points, fill=255, width=14, joint="curve")
    return np.asarray(image, np.float32) / 255


def _circle(x: float, y: float, radius: float, first: int = 0, last: int = 360) -> list[tuple[float, float]]:
    angles = np.radians(np.arange(first, last + 1, 5))
    return [(x + radius * np.cos(angle), y + radius * np.sin(angle)) for angle in angles]


def _grid(font: Path, digit: int, random: np.random.Generator) -> np.ndarray:
    places = [(40 + 145 * row, 90 + 170 * column) for row in range(3) for column in range(3)]
    return _put(*((draw_glyph(font, int(random.integers(10)), 110), *place) for place in places))


def _face(font: Path, digit: int, random: np.random.Generator) -> np.ndarray:
    size = float(random.uniform(90, 170))
    eyes = [_circle(320 + side * size * 0.4, 240 - size * 0.3, size * 0.08) for side in (-1, 1)]
    return _draw_lines([_circle(320, 240, size), *eyes, _circle(320, 250, size * 0.5, 20, 160)])


def _photographed_face(font: Path, digit: int, random: np.random.Generator) -> np.ndarray:
    """Return a pale oval with dark hair, eyes and a mouth, all of it soft."""
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    x, y = (x - 320 - random.uniform(-30, 30)) / 110, (y - 250) / 150
    spots = [(0, -0.75, 0.9, 0.35, 1.0), (-0.4, -0.1, 0.17, 0.07, 0.8), (0.4, -0.1, 0.17, 0.07, 0.8)]
    spots.append((0, 0.5, 0.35, 0.08, 0.5))
    ink = 0.35 / (1 + np.exp(12 * (x**2 + y**2 - 1)))
    for left, top, width, height, tone in spots:
        distance = ((x - left) / width) ** 2 + ((y - top) / height) ** 2
        ink = np.maximum(ink, tone / (1 + np.exp((6 * (distance - 1)).clip(-50, 50))))
    return ink


def _paper(draw: _Draw) -> _Draw:
    return lambda font, digit, random: photograph(on_paper(draw(font, digit, random)), random)


def _cut_to_ink(margin: int) -> _Draw:
    """Return a function that draws a scan with so few pixels of paper around the digit, which is 240 pixels high."""

    def draw(font: Path, digit: int, random: np.random.Generator) -> np.ndarray:
        picture = photograph(on_paper(np.pad(draw_glyph(font, digit, 240), margin), 250, 30), random, noise=2)
        return np.asarray(picture)

    return draw


OTHERS: dict[str, _Draw] = {
    "two digits of one size": _paper(_two((200, 200), 40)),
    "two digits that touch": _paper(_two((200, 200), -12)),
    "two digits, one half as high": _paper(_two((240, 120), 40)),
    "two digits, one a third as high, in a corner": _paper(_apart(80)),
    "two digits, one paler": _paper(_two((200, 200), 60, 0.45)),
    "a second digit cut off by the border": _paper(_cut_second),
    "a digit and a word": _paper(_with_text("seven", 70, 20, 20)),
    "a digit and a full stop": _paper(
        _with_lines(lambda top, left, bottom, right: [_circle(right + 30, bottom - 8, 4)])
    ),
    "a digit with a line below": _paper(
        _with_lines(lambda top, left, bottom, right: [[(left - 20, bottom + 30), (right + 20, bottom + 30)]])
    ),
    "a digit with a tick": _paper(
        _with_lines(
            lambda top, left, bottom, right: [
                [(right + 60, bottom - 60), (right + 85, bottom - 20), (right + 140, bottom - 130)]
            ]
        )
    ),
    "a digit in a circle": _paper(
        _with_lines(lambda top, left, bottom, right: [_circle((left + right) / 2, (top + bottom) / 2, 190)])
    ),
    "a digit crossed out": _paper(
        _with_lines(
            lambda top, left, bottom, right: [
                [(left - 20, top - 20), (right + 20, bottom + 20)],
                [(left - 20, bottom + 20), (right + 20, top - 20)],
            ]
        )
    ),
    "nine digits": _paper(_grid),
    "a word": _paper(_text("hello")),
    "two letters": _paper(_text("kR")),
    "one letter": _paper(lambda font, digit, random: _text("AEFHKMRWXk"[digit])(font, digit, random)),
    "a sum": _paper(_text("3+4")),
    "an empty page": _paper(lambda font, digit, random: np.zeros((_HEIGHT, _WIDTH), np.float32)),
    "a drawn face": _paper(_face),
    "a photographed face": _paper(_photographed_face),
    "a tick alone": _paper(lambda font, digit, random: _draw_lines([[(240, 260), (290, 330), (410 + 5 * digit, 130)]])),
    "a scan cut to the ink": _cut_to_ink(0),
    "a scan with 5 pixels of paper": _cut_to_ink(5),
    "a scan with 12 pixels of paper": _cut_to_ink(12),
    "a scan with 24 pixels of paper": _cut_to_ink(24),
}
