// Digits in the ways that people commonly write them, each way by its name, as pen strokes. Every shape is drawn with
// four thicknesses of the pen in two sizes, which the benchmark counts for each shape.

import { arc } from "./drawn_digits.mjs";

const THICKNESSES = [12, 18, 24, 32];
const HEIGHTS = [130, 220]; // in dots of the paper
const CORNER = { x: 40, y: 35 };

// Strokes of points (x, y), both in shares of the digit's height: y from 0 (top) to 1 (bottom).
const SHAPES = {
  "0 round": { label: 0, strokes: [arc(0.32, 0.5, 0.32, 0.5, -90, 270)] },
  "0 narrow": { label: 0, strokes: [arc(0.22, 0.5, 0.22, 0.5, -70, -430)] },
  "1 straight": { label: 1, strokes: [[[0.3, 0], [0.3, 1]]] },
  "1 slanted right": { label: 1, strokes: [[[0.4, 0], [0.1, 1]]] },
  "1 slanted a little": { label: 1, strokes: [[[0.32, 0], [0.2, 1]]] },
  "1 slanted left": { label: 1, strokes: [[[0.12, 0], [0.26, 1]]] },
  "1 short hook": { label: 1, strokes: [[[0.14, 0.16], [0.3, 0], [0.3, 1]]] },
  "1 long hook": { label: 1, strokes: [[[0.02, 0.32], [0.34, 0], [0.34, 1]]] },
  "1 slanted with hook": { label: 1, strokes: [[[0.16, 0.2], [0.42, 0], [0.2, 1]]] },
  "1 with foot": { label: 1, strokes: [[[0.3, 0], [0.3, 1]], [[0.1, 1], [0.5, 1]]] },
  "1 hook and foot": { label: 1, strokes: [[[0.08, 0.22], [0.32, 0], [0.32, 1]], [[0.08, 1], [0.56, 1]]] },
  "2 flat base": { label: 2, strokes: [[...arc(0.31, 0.27, 0.28, 0.27, 190, 375), [0.02, 1], [0.62, 1]]] },
  "2 with loop": {
    label: 2,
    strokes: [[...arc(0.3, 0.25, 0.26, 0.25, 205, 400), [0.14, 0.9], ...arc(0.13, 0.88, 0.1, 0.1, 90, 320), [0.4, 0.98], [0.62, 0.92]]],
  },
  "3 round": { label: 3, strokes: [[...arc(0.28, 0.25, 0.28, 0.25, 200, 445), ...arc(0.28, 0.74, 0.32, 0.26, -80, 160)]] },
  "3 flat top": { label: 3, strokes: [[[0.04, 0.02], [0.56, 0.02], [0.26, 0.4], ...arc(0.27, 0.7, 0.32, 0.3, -80, 150)]] },
  "4 open": { label: 4, strokes: [[[0.12, 0.02], [0.06, 0.55], [0.62, 0.55]], [[0.46, 0.1], [0.42, 1]]] },
  "4 closed": { label: 4, strokes: [[[0.43, 1], [0.43, 0], [0, 0.66], [0.64, 0.66]]] },
  "5 one stroke": { label: 5, strokes: [[[0.58, 0], [0.14, 0], [0.1, 0.45], ...arc(0.27, 0.68, 0.3, 0.3, -120, 140)]] },
  "5 with hat": {
    label: 5,
    strokes: [[[0.12, 0.02], [0.08, 0.42], ...arc(0.26, 0.7, 0.3, 0.3, -110, 145)], [[0.12, 0.02], [0.6, 0]]],
  },
  "6 curved": { label: 6, strokes: [[[0.48, 0], [0.22, 0.25], ...arc(0.3, 0.7, 0.28, 0.3, 190, -170)]] },
  "6 straight back": { label: 6, strokes: [[[0.34, 0], [0.1, 0.4], ...arc(0.29, 0.73, 0.24, 0.26, 170, -190)]] },
  "7 plain": { label: 7, strokes: [[[0, 0.02], [0.6, 0.02], [0.22, 1]]] },
  "7 upright": { label: 7, strokes: [[[0.05, 0], [0.55, 0], [0.45, 1]]] },
  "7 slanted": { label: 7, strokes: [[[0.1, 0], [0.68, 0], [0.06, 1]]] },
  "7 curved": { label: 7, strokes: [[[0, 0.05], [0.3, 0.02], [0.58, 0], [0.42, 0.3], [0.3, 0.6], [0.27, 1]]] },
  "7 with serif": { label: 7, strokes: [[[0, 0.16], [0.02, 0], [0.6, 0], [0.26, 1]]] },
  "7 with bar": { label: 7, strokes: [[[0, 0.02], [0.6, 0.02], [0.22, 1]], [[0.12, 0.5], [0.58, 0.5]]] },
  "7 serif and bar": { label: 7, strokes: [[[0, 0.14], [0.03, 0], [0.6, 0], [0.26, 1]], [[0.16, 0.5], [0.58, 0.46]]] },
  "8 one stroke": {
    label: 8,
    strokes: [[...arc(0.3, 0.25, 0.22, 0.25, -20, -270), ...arc(0.3, 0.74, 0.27, 0.26, -90, 250), [0.36, 0.48], [0.5, 0.18]]],
  },
  "8 two rings": { label: 8, strokes: [arc(0.3, 0.24, 0.23, 0.24, 90, 450), arc(0.3, 0.74, 0.28, 0.26, -90, 270)] },
  "9 straight": { label: 9, strokes: [[...arc(0.29, 0.28, 0.26, 0.28, -10, -350), [0.55, 0.1], [0.52, 1]]] },
  "9 curved": {
    label: 9,
    strokes: [[...arc(0.29, 0.27, 0.25, 0.27, 0, -360), [0.54, 0.3], [0.5, 0.7], ...arc(0.28, 0.78, 0.22, 0.22, 20, 130)]],
  },
};

/** Return all drawings: the shape's name, its label, and strokes with points in dots of the paper and a thickness. */
export function drawnShapes() {
  const pens = THICKNESSES.flatMap((thickness) => HEIGHTS.map((height) => ({ thickness, height })));
  return Object.entries(SHAPES).flatMap(([name, { label, strokes }]) =>
    pens.map(({ thickness, height }) => ({
      name,
      label,
      strokes: strokes.map((points) => ({
        points: points.map(([x, y]) => ({ x: CORNER.x + x * height, y: CORNER.y + y * (height - 25) })),
        thickness,
      })),
    })),
  );
}
