import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { brief, count, percent, show, times } = await load("elements");
const { scaleFor, cssColors } = await load("colors");

test("numbers are short, with a real minus sign and no minus zero", () => {
  assert.deepEqual([1.23456, -0.5, 0, -0.00001, 1234.56, -2e-15].map(show), ["1.235", "−0.500", "0.000", "−1e−5", "1234.6", "−2e−15"]);
  assert.deepEqual([1.23456, -0.001, -0.5, 123.4].map(brief), ["1.23", "0.00", "−0.50", "123"]);
  assert.equal(count(1234567), "1,234,567");
  assert.equal(times([28, 28, 1]), "28×28×1");
});

test("a probability is never rounded to certainty", () => {
  assert.deepEqual([0.99999, 0.9994, 0.5, 0.0001].map(percent), ["> 99.9%", "99.9%", "50.0%", "< 0.1%"]);
});

const tables = {
  signed: Uint8Array.from({ length: 768 }, (_, index) => Math.floor(index / 3)),
  unsigned: Uint8Array.from({ length: 768 }, (_, index) => 255 - Math.floor(index / 3)),
};

test("a scale is symmetric about 0 where numbers are negative, and starts at 0 otherwise", () => {
  const signed = scaleFor(tables, [-2, 1]);
  assert.deepEqual([signed.low, signed.high], [-2, 2]);
  assert.deepEqual([signed.rgb(-2), signed.rgb(0), signed.rgb(5)], [[0, 0, 0], [128, 128, 128], [255, 255, 255]]);
  const unsigned = scaleFor(tables, [0, 4]);
  assert.deepEqual([unsigned.low, unsigned.high, unsigned.rgb(0)], [0, 4, [255, 255, 255]]);
  assert.deepEqual(scaleFor(tables, [0, 0]).high, 1);
  assert.equal(unsigned.pixel(0), 0xffffffff);
});

test("text on a color is black or white, whichever can be read", () => {
  const scale = scaleFor(tables, [-1, 1]);
  assert.deepEqual([cssColors(scale, -1).text, cssColors(scale, 1).text], ["#fff", "#000"]);
});
