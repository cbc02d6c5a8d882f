import assert from "node:assert/strict";
import { test } from "node:test";

import { drawnDigit } from "./drawn_digits.mjs";
import { load } from "./modules.mjs";

const { PAPER, drawLine, drawStrokes, newPaper, prepareDigit, preparePicture } = await load("preparation");

const SIZE = [28, 28];

function draw(points, thickness = 22) {
  const paper = newPaper();
  drawStrokes(paper, [{ points, thickness }]);
  return paper;
}

function box(pixels) {
  const [rows, columns] = [[], []];
  pixels.forEach((pixel, index) => {
    if (!pixel) return;
    rows.push(Math.floor(index / 28));
    columns.push(index % 28);
  });
  return { top: Math.min(...rows), bottom: Math.max(...rows), left: Math.min(...columns), right: Math.max(...columns) };
}

function center(pixels) {
  const mass = pixels.reduce((sum, pixel) => sum + pixel, 0);
  const at = (place) => pixels.reduce((sum, pixel, index) => sum + pixel * place(index), 0) / mass;
  return [at((index) => Math.floor(index / 28)), at((index) => index % 28)];
}

test("empty paper gives an empty image", () => {
  assert.ok(prepareDigit(newPaper(), SIZE).every((pixel) => pixel === 0));
});

test("a line is as thick as its pen, with soft edges and round ends", () => {
  const paper = draw([{ x: 40, y: 140.3 }, { x: 240, y: 140.3 }], 20);
  const column = Array.from({ length: PAPER }, (_, row) => paper.ink[row * PAPER + 140]);
  const total = column.reduce((sum, ink) => sum + ink, 0);
  assert.ok(Math.abs(total - 20) < 0.5, `thickness ${total}`);
  assert.ok(column.some((ink) => ink > 0.1 && ink < 0.9));
  assert.equal(paper.ink[140 * PAPER + 32], 1);
  assert.equal(paper.ink[131 * PAPER + 31], 0);
});

test("drawing off the paper is cut off", () => {
  const paper = newPaper();
  drawLine(paper, { x: -50, y: 100 }, { x: 400, y: 100 }, 10);
  assert.equal(paper.ink[100 * PAPER], 1);
  assert.equal(paper.ink[100 * PAPER + PAPER - 1], 1);
});

for (const [name, points] of [
  ["small in a corner", [{ x: 20, y: 20 }, { x: 60, y: 90 }]],
  ["large", [{ x: 40, y: 30 }, { x: 200, y: 250 }]],
  ["lying", [{ x: 30, y: 140 }, { x: 250, y: 150 }]],
]) {
  test(`a drawing fills the box of 20 pixels about the center of mass: ${name}`, () => {
    const pixels = prepareDigit(draw(points), SIZE);
    const { top, bottom, left, right } = box(pixels);
    assert.equal(Math.max(bottom - top, right - left) + 1, 20);
    assert.equal(Math.max(...pixels), 255);
    // MNIST's mean center lies at 14 counted from 0; whole pixels are moved, so it is met to half a pixel.
    for (const place of center(pixels)) assert.ok(Math.abs(place - 14) <= 0.5, `center ${place}`);
  });
}

test("where a digit is drawn makes no difference", () => {
  const at = (x, y) => prepareDigit(draw([{ x, y }, { x: x + 50, y: y + 100 }]), SIZE);
  assert.deepEqual(at(30, 30), at(180, 130));
});

test("a hairline does not fade", () => {
  const pixels = prepareDigit(draw([{ x: 20, y: 20 }, { x: 250, y: 260 }], 3), SIZE);
  assert.equal(Math.max(...pixels), 255);
});

test("a picture is brought to size as it is", () => {
  const pixels = preparePicture(draw([{ x: 70, y: 70 }], 60), SIZE);
  assert.deepEqual(box(pixels), { top: 4, bottom: 9, left: 4, right: 9 });
});

test("other sizes have a box of the same share", () => {
  const pixels = prepareDigit(draw([{ x: 140, y: 20 }, { x: 140, y: 260 }]), [14, 14]);
  const rows = pixels.reduce((found, pixel, index) => (pixel ? found.add(Math.floor(index / 14)) : found), new Set());
  assert.equal(rows.size, 10);
});

test("scripted digits are the same each time and stay on the paper", () => {
  for (let number = 0; number < 60; number++) {
    const { label, strokes } = drawnDigit(number);
    assert.equal(label, number % 10);
    assert.deepEqual(drawnDigit(number), { label, strokes });
    for (const { x, y } of strokes.flatMap(({ points }) => points)) {
      assert.ok(x >= 0 && x <= PAPER && y >= 0 && y <= PAPER);
    }
  }
});
