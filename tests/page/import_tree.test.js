// The import tree: times, phases, what is told of a module.

import assert from "node:assert/strict";
import { test } from "node:test";

import { NONE } from "../../templates/js/model/columns.js";
import { NO_DETAILS, nodeNamed, ROWS, treeOf } from "./trees.js";

test("cumulative times are those of a node and all below it", () => {
  const tree = treeOf();
  assert.equal(tree.cumulativeUs[nodeNamed(tree, "boto3")], 96_000);
  assert.equal(tree.cumulativeUs[nodeNamed(tree, "handler")], 152_000);
});

test("what a node takes over its parts counts for it and for those above", () => {
  const tree = treeOf(ROWS, NO_DETAILS, { 5: 1000 });
  assert.equal(tree.cumulativeUs[nodeNamed(tree, "boto3")], 97_000);
  assert.equal(tree.cumulativeUs[nodeNamed(tree, "handler")], 153_000);
});

test("startup phases are blocks of their own", () => {
  const tree = treeOf();
  const [start, runtime] = [tree.real, tree.real + 1];
  assert.equal(tree.name(start), "interpreter start");
  assert.equal(tree.parents[nodeNamed(tree, "site")], start);
  assert.equal(tree.cumulativeUs[start], 3400);
  assert.equal(tree.cumulativeUs[runtime], 1800);
  assert.equal(tree.startupUs(), 5200);
  assert.ok(tree.isFolded(nodeNamed(tree, "encodings"), NONE));
  assert.ok(!tree.isFolded(nodeNamed(tree, "encodings"), tree.block(start)));
  assert.equal(tree.source(nodeNamed(tree, "site")), NONE);
});

test("the handler is the function's own module at the top", () => {
  assert.equal(treeOf().name(treeOf().handler), "handler");
  assert.equal(treeOf([["json", 10, null]]).handler, NONE);
});

test("a child that outlasts its parent widens it", () => {
  const tree = treeOf(ROWS, NO_DETAILS, { 5: -50_000 });
  const boto3 = nodeNamed(tree, "boto3");
  assert.equal(tree.cumulativeUs[boto3], 46_000);
  assert.equal(tree.widths[boto3], 84_000);
});

test("without a graph a module's importer is the one in the tree", () => {
  const tree = treeOf();
  const { details } = tree;
  assert.deepEqual(details.importer(nodeNamed(tree, "boto3")), { name: "orders.store", place: "" });
  assert.equal(details.exclusiveUs(nodeNamed(tree, "boto3")), null);
  assert.equal(details.memoryKb(nodeNamed(tree, "boto3")), null);
});

test("details tell importer, place, memory, bytecode and exclusive cost", () => {
  const names = treeOf().names;
  const filled = (value) => new Array(names.length).fill(value);
  const tree = treeOf(ROWS, {
    ...NO_DETAILS,
    bytecode_runs: [1, names.length], rss_self_kb: filled(10), rss_cumulative_kb: filled(2048),
    exclusive_less_us: filled(1000), importer_ids: filled(0), file_ids: filled(-3), lines: filled(7),
    others: [[5, 3, 0, names.length]], other_importers: ["zipped"],
  });
  const node = nodeNamed(tree, "boto3.session");
  assert.deepEqual(Object.fromEntries(tree.facts(node)), {
    Cumulative: "84.0 ms, 53 % of the cold start",
    Self: "9.00 ms",
    Exclusive: "83.0 ms go if nothing imports it",
    Distribution: "boto3",
    "Imported by": "boto3",
    At: "boto3/__init__.py:7",
    Memory: "2.0 MB, itself 10 kB",
    Bytecode: "absent",
    Phase: "handler imports",
  });
  const others = tree.facts(nodeNamed(tree, "boto3")).find(([label]) => label === "Also imported by");
  assert.deepEqual(others, ["Also imported by", "site, zipped and 1 more"]);
});
