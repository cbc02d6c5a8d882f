// Pixels on canvases.

import { greyScale, scaleFor } from "./colours.mjs";
import { element } from "./elements.mjs";

/** Return a bar with the colours of a scale. */
export function legend(scale) {
  const bar = element("canvas", { width: "64", height: "1", "aria-hidden": "true" });
  const context = bar.getContext("2d");
  const picture = context.createImageData(64, 1);
  const colour = (at) => scale.pixel(scale.low + ((scale.high - scale.low) * at) / 63);
  fillSquares(picture, { top: 0, left: 0 }, { height: 1, width: 64, side: 1 }, colour);
  context.putImageData(picture, 0, 0);
  return bar;
}

/** Fill a rectangle of squares in a picture; `colour(at)` gives the colour of the square number `at`, row by row. */
export function fillSquares(picture, { top, left }, { height, width, side }, colour) {
  const pixels = new Uint32Array(picture.data.buffer);
  for (let at = 0; at < height * width; at++) {
    const filled = colour(at);
    const start = (top + Math.floor(at / width) * side) * picture.width + left + (at % width) * side;
    for (let line = 0; line < side; line++) {
      pixels.fill(filled, start + line * picture.width, start + line * picture.width + side);
    }
  }
}

/** Paint an image of whole numbers from 0 to 255 onto a canvas that is `scale` times as large. */
export function paintImage(canvas, pixels, scale) {
  const grey = greyScale();
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height);
  const size = { height: canvas.height / scale, width: canvas.width / scale, side: scale };
  fillSquares(picture, { top: 0, left: 0 }, size, (at) => grey.pixel(pixels[at] / 255));
  context.putImageData(picture, 0, 0);
}

/** Return a canvas with numbers of both signs as a picture, and the scale of its colours. */
export function drawNumbers(numbers, { height, width, side }, tables) {
  const scale = scaleFor(tables, numbers, true);
  const canvas = element("canvas", { width: width * side, height: height * side, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height);
  fillSquares(picture, { top: 0, left: 0 }, { height, width, side }, (at) => scale.pixel(numbers[at]));
  context.putImageData(picture, 0, 0);
  return { canvas, scale };
}
