// Layouts: each box inside its parent, each row sorted, and quick to find in.

import assert from "node:assert/strict";
import { test } from "node:test";

import { NONE } from "../../templates/js/model/columns.js";
import { HEAVY_ORDER, TIME_ORDER } from "../../templates/js/model/forest.js";
import { PayerTree } from "../../templates/js/model/payer_tree.js";
import { besideInRow, eachInRow, nodeAt } from "../../templates/js/model/rows.js";
import { SandwichTree } from "../../templates/js/model/sandwich_tree.js";
import { namesIn, nodeNamed, treeOf } from "./trees.js";

function bushyTree(count = 400) {
  const rows = [["handler", 5, null]];
  // A small generator of its own, so that every run sees the same tree.
  let seed = 7;
  const random = (most) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed % most;
  };
  const path = [0];
  while (rows.length < count) {
    path.length = 1 + random(path.length);
    path.push(rows.length);
    rows.push([`m${rows.length}`, random(50), path.at(-2)]);
  }
  return treeOf(rows);
}

function rowOf(layout, row) {
  return layout.rowNodes.subarray(layout.rowStarts[row], layout.rowStarts[row + 1]);
}

for (const order of [TIME_ORDER, HEAVY_ORDER]) {
  test(`in ${order} order boxes lie inside their parents and rows are sorted`, () => {
    const tree = bushyTree();
    const layout = tree.layout(order);
    const endOf = (node) => layout.starts[node] + tree.widths[node];
    for (let node = 0; node < tree.size; node += 1) {
      const parent = tree.parents[node];
      if (parent === NONE) continue;
      assert.equal(layout.depths[node], layout.depths[parent] + 1);
      assert.ok(layout.starts[node] >= layout.starts[parent] && endOf(node) <= endOf(parent));
    }
    for (let row = 0; layout.rowStarts[row] < tree.size; row += 1) {
      const nodes = rowOf(layout, row);
      nodes.forEach((node, i) => assert.ok(i === 0 || endOf(nodes[i - 1]) <= layout.starts[node]));
    }
  });
}

test("time order keeps the order of loading, heavy order puts the heaviest left", () => {
  const tree = treeOf();
  const childrenIn = (order) => namesIn(tree, rowOf(tree.layout(order), 1));
  assert.deepEqual(childrenIn(TIME_ORDER), ["interpreter start", "runtime", "handler"]);
  assert.deepEqual(childrenIn(HEAVY_ORDER), ["handler", "interpreter start", "runtime"]);
});

test("equals keep their time order in heavy order", () => {
  const tree = treeOf([["handler", 1, null], ["b", 5, 0], ["a", 5, 0], ["c", 9, 0]]);
  assert.deepEqual(namesIn(tree, rowOf(tree.layout(HEAVY_ORDER), 2)), ["c", "b", "a"]);
});

test("a point in time is found in its row, and gaps are gaps", () => {
  const tree = bushyTree();
  const layout = tree.layout(TIME_ORDER);
  for (let row = 0; row < 6; row += 1) {
    for (let us = 0; us < tree.widths[tree.root]; us += 97) {
      const expected = [...rowOf(layout, row)].find((node) =>
        layout.starts[node] <= us && us < layout.starts[node] + tree.widths[node]);
      assert.equal(nodeAt(tree, layout, row, us), expected ?? NONE);
    }
  }
});

test("painting visits each wide box once, and few of those narrower than a pixel", () => {
  const flat = Array.from({ length: 5000 }, (_, i) => [`n${i}`, 1 + (i % 5 === 0 ? 40 : 0), 0]);
  const tree = treeOf([["handler", 5, null], ...flat]);
  const layout = tree.layout(TIME_ORDER);
  const widthPx = 1500;
  const scale = widthPx / tree.widths[tree.root];
  for (let row = 0; row < 3; row += 1) {
    const painted = [];
    eachInRow(tree, layout, row, [0, tree.widths[tree.root]], widthPx, (node, x) => painted.push([node, x]));
    const nodes = new Set(painted.map(([node]) => node));
    const wide = [...rowOf(layout, row)].filter((node) => tree.widths[node] * scale >= 0.6);
    assert.ok(wide.every((node) => nodes.has(node)));
    assert.equal(nodes.size, painted.length);
    assert.ok(painted.length <= 2 * widthPx);
    painted.forEach(([, x], i) => assert.ok(i === 0 || painted[i - 1][1] <= x));
  }
});

test("the next node of a row stays inside the zoomed one and skips what cannot be seen", () => {
  const tree = treeOf([
    ["handler", 0, null], ["a", 0, 0], ["a1", 50, 1], ["a2", 1, 1], ["a3", 50, 1], ["b", 0, 0], ["b1", 50, 5],
  ]);
  const layout = tree.layout(TIME_ORDER);
  const from = (name, focus, step, leastUs = 2) => besideInRow(tree, layout, {
    node: nodeNamed(tree, name), focus: nodeNamed(tree, focus), step, leastUs, openBlock: NONE,
  });
  assert.equal(tree.name(from("a1", "handler", 1)), "a3");
  assert.equal(tree.name(from("a1", "handler", 1, 0.5)), "a2");
  assert.equal(tree.name(from("a3", "handler", 1)), "b1");
  assert.equal(from("a3", "a", 1), NONE);
  assert.equal(from("a1", "handler", -1), NONE);
});

test("every tree's rows hold all of its nodes once", () => {
  const tree = treeOf();
  for (const forest of [tree, new PayerTree(tree), new SandwichTree(tree, nodeNamed(tree, "urllib3"))]) {
    const { rowNodes } = forest.layout(HEAVY_ORDER);
    assert.deepEqual([...rowNodes].sort((a, b) => a - b), Array.from({ length: forest.size }, (_, i) => i));
  }
});
