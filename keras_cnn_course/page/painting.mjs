// Pixels on canvases.

import { colorPixel, grayScale, scaleFor, weightPixel } from "./colors.mjs";
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

// Return the color of each pixel of an image of whole numbers from 0 to 255, with one channel or three.
function colorOf(pixels, channels) {
  const gray = grayScale();
  if (channels === 1) return (at) => gray.pixel(pixels[at] / 255);
  return (at) => colorPixel(pixels[3 * at], pixels[3 * at + 1], pixels[3 * at + 2]);
}

/** Paint an image of whole numbers from 0 to 255 onto a canvas of its shape that is `scale` times as large. */
export function paintImage(canvas, pixels, [height, width, channels], scale) {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width * scale, height * scale);
  fillSquares(picture, { top: 0, left: 0 }, { height, width, side: scale }, colorOf(pixels, channels));
  context.putImageData(picture, 0, 0);
}

/** Paint an image as large as it fits onto a square canvas, black around it. */
export function paintFitted(canvas, pixels, [height, width, channels]) {
  const side = canvas.width;
  const scale = side / Math.max(height, width);
  const [top, left] = [(side - height * scale) / 2, (side - width * scale) / 2];
  const color = colorOf(pixels, channels);
  const context = canvas.getContext("2d");
  const picture = context.createImageData(side, side);
  fillSquares(picture, { top: 0, left: 0 }, { height: side, width: side, side: 1 }, (at) => {
    const row = Math.floor((Math.floor(at / side) - top) / scale);
    const column = Math.floor(((at % side) - left) / scale);
    const isInside = row >= 0 && row < height && column >= 0 && column < width;
    return isInside ? color(row * width + column) : colorPixel(0, 0, 0);
  });
  context.putImageData(picture, 0, 0);
}

/** Return a canvas with numbers of both signs as a picture, and the scale of its colors. */
export function drawNumbers(numbers, { height, width, channels = 1, side }, tables) {
  const scale = scaleFor(tables, numbers, true);
  const color = channels === 1
    ? (at) => scale.pixel(numbers[at])
    : (at) => weightPixel(Array.from(numbers.subarray(3 * at, 3 * at + 3)), scale.high);
  const canvas = element("canvas", { width: width * side, height: height * side, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height);
  fillSquares(picture, { top: 0, left: 0 }, { height, width, side }, color);
  context.putImageData(picture, 0, 0);
  return { canvas, scale };
}
