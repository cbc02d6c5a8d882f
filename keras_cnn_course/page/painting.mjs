// Pixels on canvases.

import { grayScale, scaleFor } from "./colors.mjs";
import { element } from "./elements.mjs";

/** Return a bar with the colors of a scale. */
export function legend(scale) {
  const bar = element("canvas", { width: "64", height: "1", "aria-hidden": "true" });
  const context = bar.getContext("2d");
  const picture = context.createImageData(64, 1);
  const color = (at) => scale.pixel(scale.low + ((scale.high - scale.low) * at) / 63);
  fillSquares(picture, { top: 0, left: 0 }, { height: 1, width: 64, side: 1 }, color);
  context.putImageData(picture, 0, 0);
  return bar;
}

/** Fill a rectangle of squares in a picture; `color(at)` gives the color of the square number `at`, row by row. */
export function fillSquares(picture, { top, left }, { height, width, side }, color) {
  const pixels = new Uint32Array(picture.data.buffer);
  for (let at = 0; at < height * width; at++) {
    const filled = color(at);
    const start = (top + Math.floor(at / width) * side) * picture.width + left + (at % width) * side;
    for (let line = 0; line < side; line++) {
      pixels.fill(filled, start + line * picture.width, start + line * picture.width + side);
    }
  }
}

/** Paint an image of whole numbers from 0 to 255 onto a canvas that is `scale` times as large. */
export function paintImage(canvas, pixels, scale) {
  const gray = grayScale();
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height);
  const size = { height: canvas.height / scale, width: canvas.width / scale, side: scale };
  fillSquares(picture, { top: 0, left: 0 }, size, (at) => gray.pixel(pixels[at] / 255));
  context.putImageData(picture, 0, 0);
}

/** Return a canvas with numbers of both signs as a picture, and the scale of its colors. */
export function drawNumbers(numbers, { height, width, side }, tables) {
  const scale = scaleFor(tables, numbers, true);
  const canvas = element("canvas", { width: width * side, height: height * side, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height);
  fillSquares(picture, { top: 0, left: 0 }, { height, width, side }, (at) => scale.pixel(numbers[at]));
  context.putImageData(picture, 0, 0);
  return { canvas, scale };
}
