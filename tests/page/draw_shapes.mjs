// Draw the common ways to write a digit: node draw_shapes.mjs NAMES.json PREPARED.bin
//
// NAMES receives the name and label of each drawing, and PREPARED the pixels that the page prepares from it, 28x28 bytes each.

import { writeFileSync } from "node:fs";

import { drawnShapes } from "./drawn_shapes.mjs";
import { load } from "./modules.mjs";

const { drawStrokes, newPaper, prepareDigit } = await load("preparation");

const [namesFile, preparedFile] = process.argv.slice(2);
const shapes = drawnShapes();
const images = shapes.map(({ strokes }) => {
  const paper = newPaper();
  drawStrokes(paper, strokes);
  return prepareDigit(paper, [28, 28]);
});
writeFileSync(namesFile, JSON.stringify(shapes.map(({ name, label }) => [name, label])));
writeFileSync(preparedFile, Buffer.concat(images));
