// From numbers to colors: red below zero and blue above it, or dark at zero and bright at the largest.

// Make a scale from 256 colors of three bytes. It gives the color of a number, also in the form that a canvas stores.
function makeScale(bytes, low, high) {
  const steps = bytes.length / 3 - 1;
  const at = (value) => 3 * Math.round(Math.min(Math.max((value - low) / (high - low || 1), 0), 1) * steps);
  return {
    low,
    high,
    rgb: (value) => Array.from(bytes.subarray(at(value), at(value) + 3)),
    // Canvas pixels are red, green, blue and opacity, the low byte first.
    pixel: (value) => {
      const start = at(value);
      return (0xff000000 | (bytes[start + 2] << 16) | (bytes[start + 1] << 8) | bytes[start]) >>> 0;
    },
  };
}

/** Return the scale for numbers: symmetric about 0 if some are negative, otherwise from 0 to the largest. */
export function scaleFor(tables, numbers, signed = numbers.some((number) => number < 0)) {
  const largest = numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0) || 1;
  return signed ? makeScale(tables.signed, -largest, largest) : makeScale(tables.unsigned, 0, largest);
}

/** Return the scale of a gray image: black paper, white ink. */
export function grayScale() {
  return makeScale(Uint8Array.from({ length: 768 }, (_, index) => Math.floor(index / 3)), 0, 1);
}

/** Return the scale of one channel of a color image: from black to red, green or blue. */
export function channelScale(channel) {
  return makeScale(Uint8Array.from({ length: 768 }, (_, index) => (index % 3 === channel ? Math.floor(index / 3) : 0)), 0, 1);
}

/** Return three whole numbers from 0 to 255 as a canvas stores a pixel. */
export function colorPixel(red, green, blue) {
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Return the weights of three color channels as one pixel: gray is 0, and each channel goes from -largest to largest. */
export function weightPixel(weights, largest) {
  return colorPixel(...weights.map((weight) => Math.round(127.5 * (1 + weight / largest))));
}

/** Return the color in CSS notation, and black or white, whichever is easier to read on it. */
export function cssColors(scale, value) {
  const [red, green, blue] = scale.rgb(value);
  const linear = (part) => (part <= 10 ? part / 3295 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  // At a luminance of 0.179 black and white text have the same contrast, 4.58 to 1; elsewhere one of them has more.
  return { background: `rgb(${red}, ${green}, ${blue})`, text: luminance > 0.179 ? "#000" : "#fff" };
}
