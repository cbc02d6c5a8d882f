import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./modules.mjs";

const { fillRoom, fillWidth } = await load("arrangement");

const MAPS = { height: 26, width: 26, channels: 32, gap: 4 };

test("maps fill a width, and the last row if that takes a few columns less", () => {
  const { columns, cell } = fillWidth(MAPS, { available: 530, least: 2, most: 4 });
  assert.deepEqual([columns, cell], [8, 2]);
});

for (const head of [0, 1]) {
  test(`maps fill a room${head ? " with their kernels above them" : ""}, and no larger ones would fit`, () => {
    const headOf = (cell) => head * 10 * cell;
    const [available, room] = [740, 480];
    const { columns, cell } = fillRoom(MAPS, { available, room, headOf, most: Infinity });
    const fits = (count, side) =>
      count * (26 * side + 4) - 4 <= available && Math.ceil(32 / count) * (headOf(side) + 26 * side + 4) - 4 <= room;
    assert.ok(fits(columns, cell));
    for (let count = 1; count <= 32; count++) assert.ok(!fits(count, cell + 1));
  });
}

test("where not even the smallest maps fit, they fill the width", () => {
  const large = { height: 300, width: 300, channels: 9, gap: 4 };
  assert.deepEqual(fillRoom(large, { available: 700, room: 200, headOf: () => 0, most: 9 }), { columns: 2, cell: 1 });
});
