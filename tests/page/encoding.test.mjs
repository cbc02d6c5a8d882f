import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { decodeBase64, decodeFloat16 } = await load("encoding");

test("base64 gives the bytes", () => {
  assert.deepEqual([...decodeBase64("AP+A")], [0, 255, 128]);
  assert.equal(decodeBase64("").length, 0);
});

test("half precision gives the numbers of IEEE 754", () => {
  // Bit patterns from the standard: 1, -2, the largest, the smallest normal, the smallest of all, a third, zeros.
  const bits = [0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x3555, 0x0000, 0x8000];
  const bytes = Uint8Array.from(bits.flatMap((each) => [each & 0xff, each >> 8]));
  const expected = [1, -2, 65504, 2 ** -14, 2 ** -24, 0.333251953125, 0, -0];
  assert.deepEqual([...decodeFloat16(bytes)], expected);
});

test("infinity and NaN are told apart", () => {
  const [infinite, none] = decodeFloat16(Uint8Array.from([0x00, 0xfc, 0x01, 0x7e]));
  assert.equal(infinite, -Infinity);
  assert.ok(Number.isNaN(none));
});
