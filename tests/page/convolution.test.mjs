import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { convolveRows, spellOut } = await load("convolution");

const IMAGE = ["0000000", "0011100", "0111110", "0111000", "0111110", "0011100", "0000000"].map((row) => [...row].map(Number));

test("the lecture's image and its edges", () => {
  const sums = convolveRows(IMAGE, [-1, -1, -1, 2, 2, 2, -1, -1, -1]);
  assert.deepEqual(sums, [[0, 1, 3, 1, 0], [1, 1, 1, 3, 3], [0, 0, -2, -4, -4], [1, 1, 1, 3, 3], [0, 1, 3, 1, 0]]);
});

test("the lecture's blur, before its division by nine", () => {
  assert.deepEqual(convolveRows(IMAGE, Array(9).fill(1))[0], [3, 5, 6, 5, 3]);
});

test("a step is spelled out as on the slide", () => {
  const { window, products, terms } = spellOut(IMAGE, [0, 0, 0, 0, 1, -1, 0, 0, 0.5], 1, 2);
  assert.deepEqual(window, [[1, 1, 1], [1, 1, 1], [1, 1, 0]]);
  assert.deepEqual(products, [[0, 0, 0], [0, 1, -1], [0, 0, 0]]);
  assert.equal(terms, "1·0 + 1·0 + 1·0 + 1·0 + 1·1 + 1·(−1) + 1·0 + 1·0 + 0·0.5");
});
