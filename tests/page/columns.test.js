// Names and columns as the data stores them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { idsOf, Names, unrolled } from "../../templates/js/model/columns.js";

const COLUMNS = {
  packages: ["z", "y"],
  package_parents: [0, 1],
  name_tails: ["a", "b", "c", "x", "d", ""],
  name_parents: [0, -1, -1, 2, -3, 1],
};

test("names are put together from their packages, in any order of asking", () => {
  const whole = ["a", "a.b", "a.b.c", "z.y.x", "a.b.d", "z."];
  const forwards = new Names(COLUMNS);
  assert.deepEqual(whole.map((_, id) => forwards.at(id)), whole);
  const backwards = new Names(COLUMNS);
  for (let id = whole.length - 1; id >= 0; id -= 1) assert.equal(backwards.at(id), whole[id]);
});

test("a package may be one of the names before", () => {
  const names = new Names({
    packages: ["b"], package_parents: [-1], name_tails: ["a", "c"], name_parents: [0, 1],
  });
  assert.equal(names.at(1), "a.b.c");
});

test("ten thousand packages in one name need no stack", () => {
  const count = 10_000;
  const names = new Names({
    packages: [], package_parents: [], name_tails: new Array(count).fill("x"),
    name_parents: Array.from({ length: count }, (_, i) => (i ? -1 : 0)),
  });
  assert.equal(names.at(count - 1).length, 2 * count - 1);
});

test("searching compares small letters", () => {
  const names = new Names({ packages: [], package_parents: [], name_tails: ["PIL"], name_parents: [0] });
  assert.deepEqual(names.lower, ["pil"]);
});

test("runs and steps unroll", () => {
  assert.deepEqual([...unrolled([7, 2, -1, 3], 5)], [7, 7, -1, -1, -1]);
  assert.deepEqual([...idsOf(Int32Array.of(0, 0, 1, 0, 5))], [0, 1, 0, 1, 4]);
});
