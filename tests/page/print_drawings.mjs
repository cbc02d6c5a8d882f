// Print scripted digits as JSON: node print_drawings.mjs COUNT

import { drawnDigit } from "./drawn_digits.mjs";

const drawings = Array.from({ length: Number(process.argv[2]) }, (_, number) => {
  const { label, strokes } = drawnDigit(number);
  const [{ thickness }] = strokes;
  return { label, thickness, strokes: strokes.map(({ points }) => points.map(({ x, y }) => [x, y])) };
});
console.log(JSON.stringify(drawings));
