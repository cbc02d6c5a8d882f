// Prepare images as the live page does, for benchmarks/drawn_digits.py.
//
// usage: node prepare_drawings.mjs COUNT TEST.bin DRAWN.bin PREPARED.bin SHAPES.json SHAPES.bin PAPERS.bin
//
// DRAWN.bin gets the scripted drawings 0 to COUNT - 1 of tests/page/drawn_digits.mjs, whose labels are their numbers
// modulo 10; PREPARED.bin the test images of TEST.bin, each laid on the page's paper ten times as large as it was.
// SHAPES.json gets the name and label of each drawing of tests/page/drawn_shapes.mjs, SHAPES.bin the pixels that the page prepares from
// it, and PAPERS.bin the drawing itself, 280x280 bytes. The other files hold 28x28 bytes per image.

import { readFileSync, writeFileSync } from "node:fs";

import { PAPER, drawStrokes, newPaper, prepareDigit } from "../keras_cnn_course/page/preparation.mjs";
import { drawnDigit } from "../tests/page/drawn_digits.mjs";
import { drawnShapes } from "../tests/page/drawn_shapes.mjs";

const SIDE = 28;
const [count, testFile, drawnFile, preparedFile, namesFile, shapesFile, papersFile] = process.argv.slice(2);

function draw({ strokes }) {
  const paper = newPaper();
  drawStrokes(paper, strokes);
  return paper;
}

const prepare = (paper) => prepareDigit(paper, [SIDE, SIDE]);

// Between the pixels' centres the ink is interpolated, so that the strokes have smooth edges as drawn ones do.
function magnify(pixels) {
  const paper = newPaper();
  const scale = PAPER / SIDE;
  const read = (row, column) => (row < 0 || column < 0 || row >= SIDE || column >= SIDE ? 0 : pixels[row * SIDE + column] / 255);
  paper.ink.forEach((_, index) => {
    const y = (Math.floor(index / PAPER) + 0.5) / scale - 0.5;
    const x = ((index % PAPER) + 0.5) / scale - 0.5;
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [down, right] = [y - top, x - left];
    const upper = read(top, left) * (1 - right) + read(top, left + 1) * right;
    const lower = read(top + 1, left) * (1 - right) + read(top + 1, left + 1) * right;
    paper.ink[index] = upper * (1 - down) + lower * down;
  });
  return prepare(paper);
}

const numbers = Array.from({ length: Number(count) }, (_, number) => number);
writeFileSync(drawnFile, Buffer.concat(numbers.map((number) => prepare(draw(drawnDigit(number))))));
const shapes = drawnShapes();
const papers = shapes.map(draw);
writeFileSync(namesFile, JSON.stringify(shapes.map(({ name, label }) => [name, label])));
writeFileSync(shapesFile, Buffer.concat(papers.map(prepare)));
writeFileSync(papersFile, Buffer.concat(papers.map(({ ink }) => Uint8Array.from(ink, (share) => Math.round(255 * share)))));
const test = readFileSync(testFile);
const images = Array.from({ length: test.length / SIDE ** 2 }, (_, index) => test.subarray(index * SIDE ** 2, (index + 1) * SIDE ** 2));
writeFileSync(preparedFile, Buffer.concat(images.map(magnify)));
