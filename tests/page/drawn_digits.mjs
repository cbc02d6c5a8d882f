// Digits as people write them, as pen strokes: two or three hands a digit, drawn larger or smaller, wider or narrower,
// slanted, trembling, with a thin or a thick pen, anywhere on the paper. The same number gives the same drawing.

import { load } from "./modules.mjs";

const { PAPER } = await load("preparation");

// An arc about (x, y) with radii across and down; degrees go clockwise from the right, as y points down.
export function arc(x, y, across, down, from, to) {
  const count = Math.max(2, Math.ceil(Math.abs(to - from) / 12));
  return Array.from({ length: count + 1 }, (_, index) => {
    const angle = ((from + ((to - from) * index) / count) * Math.PI) / 180;
    return [x + across * Math.cos(angle), y + down * Math.sin(angle)];
  });
}

// Each hand is a list of strokes, each a list of points (x, y): y from 0 (top) to 1 (bottom), x to about 0.65.
const HANDS = [
  [
    [arc(0.32, 0.5, 0.32, 0.5, -90, -450)],
    [arc(0.25, 0.5, 0.22, 0.5, -60, -425)],
  ],
  [
    [[[0.3, 0], [0.3, 1]]],
    [[[0.08, 0.25], [0.34, 0], [0.34, 1]]],
    [[[0.1, 0.22], [0.32, 0], [0.32, 1]], [[0.08, 1], [0.56, 1]]],
  ],
  [
    [[...arc(0.31, 0.27, 0.28, 0.27, 190, 375), [0.02, 1], [0.62, 1]]],
    [[...arc(0.3, 0.25, 0.26, 0.25, 205, 380), [0.3, 0.72], [0.08, 0.95], [0.2, 0.9], [0.4, 1], [0.62, 0.93]]],
  ],
  [
    [[...arc(0.28, 0.25, 0.28, 0.25, 200, 445), ...arc(0.28, 0.74, 0.32, 0.26, -80, 160)]],
    [[[0.04, 0.02], [0.56, 0.02], [0.26, 0.4], ...arc(0.27, 0.7, 0.32, 0.3, -80, 150)]],
  ],
  [
    [[[0.12, 0.02], [0.06, 0.55], [0.62, 0.55]], [[0.46, 0.1], [0.42, 1]]],
    [[[0.42, 0], [0, 0.66], [0.64, 0.66]], [[0.43, 0], [0.43, 1]]],
  ],
  [
    [[[0.58, 0], [0.14, 0], [0.1, 0.45], ...arc(0.27, 0.68, 0.3, 0.3, -120, 140)]],
    [[[0.12, 0.02], [0.08, 0.42], ...arc(0.26, 0.7, 0.3, 0.3, -110, 145)], [[0.12, 0.02], [0.6, 0]]],
  ],
  [
    [[[0.48, 0], [0.22, 0.25], ...arc(0.3, 0.7, 0.28, 0.3, 190, -170)]],
    [[[0.34, 0], [0.1, 0.4], ...arc(0.29, 0.73, 0.24, 0.26, 170, -190)]],
  ],
  [
    [[[0, 0.02], [0.6, 0.02], [0.22, 1]]],
    [[[0, 0.1], [0.04, 0], [0.6, 0], [0.26, 1]], [[0.16, 0.5], [0.58, 0.46]]],
  ],
  [
    [[...arc(0.3, 0.25, 0.22, 0.25, -20, -270), ...arc(0.3, 0.74, 0.27, 0.26, -90, 250), [0.36, 0.48], [0.5, 0.18]]],
    [arc(0.3, 0.24, 0.23, 0.24, 90, 450), arc(0.3, 0.74, 0.28, 0.26, -90, 270)],
  ],
  [
    [[...arc(0.29, 0.28, 0.26, 0.28, -10, -350), [0.55, 0.1], [0.52, 1]]],
    [[...arc(0.29, 0.27, 0.25, 0.27, 0, -360), [0.54, 0.3], [0.5, 0.7], ...arc(0.28, 0.78, 0.22, 0.22, 20, 130)]],
  ],
];

// Mulberry32: a small random generator whose numbers follow from its seed.
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Return drawing number `number`: its label, and strokes with points in dots of the paper and a thickness. */
export function drawnDigit(number) {
  const random = randomNumbers(number + 1);
  const between = (low, high) => low + (high - low) * random();
  const label = number % 10;
  const hand = HANDS[label][Math.floor(number / 10) % HANDS[label].length];
  const height = between(90, 235);
  const width = height * between(0.75, 1.15);
  const slant = between(-0.2, 0.35); // a share of the height that the top leans to the right
  const thickness = between(12, 32);
  const [wobble, phase, pace] = [between(0, 0.02), between(0, 6.28), between(4, 9)];
  const strokes = hand.map((points) =>
    points.map(([x, y]) => ({
      x: x * width + (1 - y) * slant * height + wobble * height * Math.sin(phase + pace * y),
      y: y * height + wobble * height * Math.cos(phase + pace * x),
    })),
  );
  const [left, top, right, bottom] = box(strokes.flat());
  const margin = thickness / 2 + 2;
  const shift = {
    x: between(margin, Math.max(margin, PAPER - margin - (right - left))) - left,
    y: between(margin, Math.max(margin, PAPER - margin - (bottom - top))) - top,
  };
  const moved = strokes.map((points) => points.map(({ x, y }) => ({ x: x + shift.x, y: y + shift.y })));
  return { label, strokes: moved.map((points) => ({ points, thickness })) };
}

function box(points) {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
