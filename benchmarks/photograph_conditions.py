"""Draw synthetic photographs of digits: the ink of handwriting fonts in many kinds of light, on many kinds of paper."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

__all__ = ["CONDITIONS", "add_second_digit", "draw_empty", "draw_glyph", "on_paper", "photograph", "write"]

_HEIGHT, _WIDTH = 480, 640
_Y, _X = np.mgrid[0 : 1 : _HEIGHT * 1j, 0 : 1 : _WIDTH * 1j].astype(np.float32)
_SIDES = ("left", "right", "top", "bottom")
_Random = np.random.Generator
_Photograph = Callable[[np.ndarray, _Random], np.ndarray]


def write(font: Path, digit: int, random: _Random) -> np.ndarray:
    """Return the ink of a digit, from 0 to 1, near the middle of an empty picture."""
    glyph = draw_glyph(font, digit, 240)
    top = (_HEIGHT - glyph.shape[0]) // 2 + int(random.integers(-40, 41))
    left = (_WIDTH - glyph.shape[1]) // 2 + int(random.integers(-60, 61))
    ink = np.zeros((_HEIGHT, _WIDTH), np.float32)
    ink[top : top + glyph.shape[0], left : left + glyph.shape[1]] = glyph
    return ink


def add_second_digit(font: Path, digit: int, random: _Random) -> np.ndarray:
    """Return a photograph of a digit with a second one, of less than half its height, in a corner."""
    ink = write(font, digit, random)
    glyph = draw_glyph(font, int(random.integers(10)), 110)
    corner = ink[20 : 20 + glyph.shape[0], 20 : 20 + glyph.shape[1]]
    np.maximum(corner, glyph, out=corner)
    return photograph(on_paper(ink), random)


def draw_empty(font: Path, random: _Random) -> dict[str, np.ndarray]:
    """Return pictures that do not show a single digit."""
    bare = np.zeros((_HEIGHT, _WIDTH), np.float32)
    names = ("even light", "hard shadow edge", "shadow in a corner", "table on two sides", "table all around")
    names += ("finger", "dark ruled lines", "squared paper", "margin line", "glare", "crumpled paper", "sticky note")
    pictures = {f"{name}, no writing": CONDITIONS[name](bare, random) for name in names}
    middle = (np.abs(_X - 0.5) < 0.2) & (np.abs(_Y - 0.5) < 0.25)
    disc = (_X - 0.5) ** 2 * (_WIDTH / _HEIGHT) ** 2 + (_Y - 0.5) ** 2 < 0.05
    pictures |= {
        "a wooden table": photograph(_draw_wood(random, 90), random),
        "grain": random.normal(150, 25, bare.shape).clip(0, 255),
        "clouds": (150 + 40 * _smooth(random, 90)).clip(0, 255),
        "a filled rectangle": photograph(np.where(middle, 40, 220.0), random),
        "a filled disc": photograph(np.where(disc, 40, 220.0), random),
        "half dark, half light": photograph(np.where(_X < 0.5, 60, 200.0), random),
    }
    for text in ("hello", "Name: Ada", "2026", "47"):
        image = Image.new("L", (_WIDTH, _HEIGHT))
        ImageDraw.Draw(image).text((60, 140), text, font=ImageFont.truetype(str(font), 130), fill=255)
        pictures[f"the text {text}"] = photograph(on_paper(np.asarray(image, np.float32) / 255), random)
    return pictures


def draw_glyph(font: Path, digit: int, height: int) -> np.ndarray:
    """Return the ink of a digit, from 0 to 1, cropped to it and of a height in pixels."""
    image = Image.new("L", (700, 900))
    ImageDraw.Draw(image).text((150, 150), str(digit), font=ImageFont.truetype(str(font), 400), fill=255)
    image = image.crop(image.getbbox())
    size = (max(1, round(image.width * height / image.height)), height)
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC), np.float32) / 255


def on_paper(ink: np.ndarray, paper: float = 220, tone: float = 45) -> np.ndarray:
    """Return the gray levels of ink on paper."""
    return paper * (1 - ink) + tone * ink


def _smooth(random: _Random, scale: int) -> np.ndarray:
    """Return smooth random bumps of about `scale` pixels with a spread of about 1."""
    small = random.normal(0, 1, (max(2, _HEIGHT // scale), max(2, _WIDTH // scale))).astype(np.float32)
    return np.asarray(Image.fromarray(small).resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC))


def _draw_wood(random: _Random, tone: float) -> np.ndarray:
    fibers = Image.fromarray(random.normal(0, 1, (_HEIGHT // 3, 6)).astype(np.float32))
    grain = np.asarray(fibers.resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC))
    return (tone + 12 * _smooth(random, 60) + 14 * grain).clip(10, 250)


def _blur(picture: np.ndarray, radius: float) -> np.ndarray:
    image = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32)


def photograph(picture: np.ndarray, random: _Random, *, noise: float = 3.0, quality: int = 80) -> np.ndarray:
    """Add the noise of a camera and the losses of a JPEG."""
    noisy = (picture + random.normal(0, noise, picture.shape)).clip(0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noisy).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream), np.float32)


def _light_beside(random: _Random, softness: float) -> np.ndarray:
    """Return 0 on one side of a straight edge across the picture and 1 on the other."""
    angle, offset = random.uniform(0, np.pi), random.uniform(-60, 60)
    distance = (_X - 0.5) * _WIDTH * np.cos(angle) + (_Y - 0.5) * _HEIGHT * np.sin(angle) - offset
    return 1 / (1 + np.exp(-(distance / softness).clip(-50, 50)))


def _put_on_table(picture: np.ndarray, random: _Random, sides: tuple[str, ...], share: float, tone: float):
    margin, table = int(share * _HEIGHT), np.zeros(picture.shape, bool)
    places = {
        "left": np.s_[:, :margin],
        "right": np.s_[:, -margin:],
        "top": np.s_[:margin],
        "bottom": np.s_[-margin:],
    }
    for side in sides:
        table[places[side]] = True
    return np.where(table, _draw_wood(random, tone), picture)


def _tilt_on_table(picture: np.ndarray, random: _Random) -> np.ndarray:
    paper = np.zeros(picture.shape, np.float32)
    paper[30:-30, 40:-40] = 255
    angle = random.uniform(-7, 7)
    paper = _rotate(paper, angle, 0) / 255
    return _rotate(picture, angle, 220) * paper + _draw_wood(random, 85) * (1 - paper)


def _rotate(picture: np.ndarray, degrees: float, fill: int) -> np.ndarray:
    image = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
    return np.asarray(image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=fill), np.float32)


def _hold_with_finger(picture: np.ndarray, random: _Random) -> np.ndarray:
    side, along = int(random.integers(4)), random.uniform(0.2, 0.8)
    x, y = [(0.02, along), (0.98, along), (along, 0.02), (along, 0.98)][side]
    length, breadth = (0.16, 0.07) if side < 2 else (0.06, 0.2)
    distance = ((_X - x) / length) ** 2 + ((_Y - y) / breadth) ** 2
    finger = 1 / (1 + np.exp((12 * (distance - 1)).clip(-50, 50)))
    return picture * (1 - finger) + (150 + 6 * _smooth(random, 30)) * finger


def _rule(picture: np.ndarray, tone: int, *, gap: int, first: int, width: int, upright: bool = False, tilt: float = 0):
    image = Image.fromarray(picture.clip(0, 255).astype(np.uint8))
    drawing = ImageDraw.Draw(image)
    for start in range(first, (_WIDTH if upright else _HEIGHT) + 40, gap):
        end = (start + tilt * _HEIGHT, _HEIGHT) if upright else (_WIDTH, start + tilt * _WIDTH)
        drawing.line([(start, 0) if upright else (0, start), end], fill=tone, width=width)
    return np.minimum(picture, np.asarray(image, np.float32))


def _shine(random: _Random) -> np.ndarray:
    x, y = random.uniform(0.1, 0.9), random.uniform(0.05, 0.3)
    return 70 * np.exp(-(((_X - x) / 0.15) ** 2 + ((_Y - y) / 0.12) ** 2))


def _stick_on_wood(picture: np.ndarray, random: _Random) -> np.ndarray:
    note, shadow = np.zeros(picture.shape, bool), np.zeros(picture.shape, np.float32)
    note[40:-40, 90:-90] = True
    shadow[50:-25, 100:-75] = 255
    return np.where(note, picture, _draw_wood(random, 120) * (1 - 0.4 * _blur(shadow, 8) / 255))


def _move_away(ink: np.ndarray, random: _Random) -> np.ndarray:
    height, width = _HEIGHT // 3, _WIDTH // 3
    small = Image.fromarray((ink * 255).astype(np.uint8)).resize((width, height), Image.Resampling.BOX)
    top, left = (int(random.integers(20, whole - part - 20)) for whole, part in ((_HEIGHT, height), (_WIDTH, width)))
    moved = np.zeros_like(ink)
    moved[top : top + height, left : left + width] = np.asarray(small, np.float32) / 255
    return moved


def _move_close(ink: np.ndarray) -> np.ndarray:
    rows, columns = (np.flatnonzero((ink > 0.3).any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return ink
    return ink[max(0, rows[0] - 25) : rows[-1] + 25, max(0, columns[0] - 40) : columns[-1] + 40]


def _some_sides(random: _Random, *choices: tuple[str, ...]) -> tuple[str, ...]:
    return choices[int(random.integers(len(choices)))]


CONDITIONS: dict[str, _Photograph] = {
    "clean ink": lambda ink, random: on_paper(ink, 255, 0),
    "even light": lambda ink, random: photograph(on_paper(ink), random),
    "light from one side": lambda ink, random: photograph(on_paper(ink) * (0.55 + 0.45 * _X + 0.1 * _Y), random),
    "hard shadow edge": lambda ink, random: photograph(on_paper(ink) * (0.5 + 0.5 * _light_beside(random, 3)), random),
    "soft shadow edge": lambda ink, random: photograph(
        on_paper(ink) * (0.45 + 0.55 * _light_beside(random, 25)), random
    ),
    "shadow in a corner": lambda ink, random: photograph(
        on_paper(ink) * np.where(random.uniform(0.4, 0.8) > _X + _Y, 0.5, 1.0), random
    ),
    "table along 5% of one side": lambda ink, random: photograph(
        _put_on_table(on_paper(ink), random, (str(random.choice(_SIDES)),), 0.05, 90), random
    ),
    "table on two sides": lambda ink, random: photograph(
        _put_on_table(on_paper(ink), random, _some_sides(random, ("left", "top"), ("right", "bottom")), 0.14, 80),
        random,
    ),
    "table all around": lambda ink, random: photograph(_put_on_table(on_paper(ink), random, _SIDES, 0.1, 100), random),
    "table lighter than the paper": lambda ink, random: photograph(
        _put_on_table(on_paper(ink, 200), random, _some_sides(random, ("left",), ("top", "bottom"), _SIDES), 0.09, 235),
        random,
    ),
    "tilted paper on a table": lambda ink, random: photograph(_tilt_on_table(on_paper(ink), random), random),
    "finger": lambda ink, random: photograph(_hold_with_finger(on_paper(ink), random), random),
    "pale ruled lines": lambda ink, random: photograph(_rule(on_paper(ink), 175, gap=52, first=20, width=2), random),
    "dark ruled lines": lambda ink, random: photograph(
        _rule(
            on_paper(ink), 100, gap=90, first=int(random.integers(10, 80)), width=2, tilt=random.uniform(-0.02, 0.02)
        ),
        random,
    ),
    "one dark line through the digit": lambda ink, random: photograph(
        _rule(
            on_paper(ink),
            70,
            gap=_HEIGHT * 2,
            first=int(random.integers(150, 330)),
            width=3,
            tilt=random.uniform(-0.02, 0.02),
        ),
        random,
    ),
    "squared paper": lambda ink, random: photograph(
        _rule(_rule(on_paper(ink), 180, gap=36, first=20, width=2), 180, gap=36, first=20, width=2, upright=True),
        random,
    ),
    "margin line": lambda ink, random: photograph(
        _rule(on_paper(ink), 120, gap=_WIDTH * 2, first=int(random.integers(60, 150)), width=3, upright=True), random
    ),
    "low light": lambda ink, random: photograph(on_paper(ink, 90, 25), random, noise=8),
    "grainy": lambda ink, random: photograph(on_paper(ink, 170, 60), random, noise=14),
    "strong JPEG": lambda ink, random: photograph(
        on_paper(ink, 210, 60) * (0.8 + 0.2 * _Y), random, noise=0, quality=12
    ),
    "out of focus": lambda ink, random: photograph(_blur(on_paper(ink), 5), random),
    "pencil": lambda ink, random: photograph(
        on_paper(ink * (0.75 + 0.25 * random.normal(0, 1, ink.shape)).clip(0, 1), 215, 150), random
    ),
    "glare": lambda ink, random: photograph(on_paper(ink, 190, 60) + _shine(random), random),
    "chalk on a blackboard": lambda ink, random: photograph(
        55 + 8 * _smooth(random, 80) + ink * random.normal(150, 20, ink.shape), random, noise=5
    ),
    "crumpled paper": lambda ink, random: photograph(
        on_paper(ink) * (0.88 + 0.06 * _smooth(random, 40).clip(-2, 2)), random
    ),
    "dark corners": lambda ink, random: photograph(
        on_paper(ink) * (1 - 0.75 * ((_X - 0.5) ** 2 + (_Y - 0.5) ** 2)), random
    ),
    "fold of a book": lambda ink, random: photograph(
        on_paper(ink) * (1 - 0.6 * np.exp(-(((_X - random.choice([0.02, 0.98])) / 0.12) ** 2))), random
    ),
    "sticky note": lambda ink, random: photograph(_stick_on_wood(on_paper(ink, 200, 50), random), random),
    "tilted by up to 10 degrees": lambda ink, random: photograph(
        _rotate(on_paper(ink), random.uniform(-10, 10), 220), random
    ),
    "small in the picture": lambda ink, random: photograph(on_paper(_move_away(ink, random)), random),
    "large in the picture": lambda ink, random: photograph(on_paper(_move_close(ink)), random),
}
