import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { sayShift, shiftPixels } = await load("shifting");

const IMAGE = Uint8Array.from([1, 2, 3, 4, 5, 6]);

test("an image is moved, and pixels from outside have the tone of the ground", () => {
  assert.deepEqual([...shiftPixels(IMAGE, [2, 3, 1], { down: 0, right: 1 }, 0)], [0, 1, 2, 0, 4, 5]);
  assert.deepEqual([...shiftPixels(IMAGE, [2, 3, 1], { down: 1, right: 0 }, 9)], [9, 9, 9, 1, 2, 3]);
  assert.deepEqual([...shiftPixels(IMAGE, [3, 2, 1], { down: -1, right: -1 }, 0)], [4, 0, 6, 0, 0, 0]);
  assert.deepEqual([...shiftPixels(IMAGE, [1, 2, 3], { down: 0, right: -1 }, 0)], [4, 5, 6, 0, 0, 0]);
});

test("moved too far, nothing is left", () => {
  assert.deepEqual([...shiftPixels(IMAGE, [2, 3, 1], { down: 5, right: -3 }, 7)], Array(6).fill(7));
});

test("a movement is put into words", () => {
  assert.deepEqual(
    [[0, 0], [2, 0], [-1, 3], [0, -4]].map(([down, right]) => sayShift({ down, right })),
    ["not moved", "2 down", "3 right, 1 up", "4 left"],
  );
});
