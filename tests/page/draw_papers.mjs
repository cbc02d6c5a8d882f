// Draw scripted digits: node draw_papers.mjs COUNT PAPERS.bin PREPARED.bin
//
// PAPERS receives the drawings, one byte per dot, and PREPARED the prepared images, 28x28 bytes each.

import { writeFileSync } from "node:fs";

import { drawnDigit } from "./drawn_digits.mjs";
import { load } from "./modules.mjs";

const { drawStrokes, newPaper, prepareDigit } = await load("preparation");

const [count, papersFile, preparedFile] = process.argv.slice(2);
const papers = Array.from({ length: Number(count) }, (_, number) => {
  const paper = newPaper();
  drawStrokes(paper, drawnDigit(number).strokes);
  return paper;
});
writeFileSync(papersFile, Buffer.concat(papers.map(({ ink }) => Buffer.from(ink.map((share) => Math.round(255 * share))))));
writeFileSync(preparedFile, Buffer.concat(papers.map((paper) => Buffer.from(prepareDigit(paper, [28, 28])))));
