// Search, legend and what they leave together, in one profile and in two.

import assert from "node:assert/strict";
import { test } from "node:test";

import { mergedOf, namesIn, nodeNamed, treeOf } from "./trees.js";

const MERGED = [
  ["handler", null, 100, 100, "unchanged"],
  ["pandas", 0, 0, 80_000, "added"],
  ["pandas.core", 1, 0, 8500, "added"],
  ["requests", 0, 14_000, 0, "removed"],
  ["boto3", 0, 12_000, 21_000, "slower"],
];

test("search finds any part of a name, whatever the case", () => {
  const tree = treeOf();
  const { nodes } = tree.search("BOTO");
  const found = [...nodes.keys()].filter((node) => nodes[node]);
  assert.deepEqual(namesIn(tree, found), ["boto3", "boto3.session", "botocore"]);
  assert.ok(!tree.search("no such module").nodes.includes(1));
});

test("a match inside a match counts its time once", () => {
  const tree = treeOf();
  const { hits, text } = tree.tally(tree.search("boto").nodes, null);
  assert.equal(hits.length, 3);
  assert.equal(text, "96.0 ms, 61 % of the cold start");
});

test("matches in startup come last", () => {
  const tree = treeOf();
  const names = namesIn(tree, tree.tally(tree.search("s").nodes, null).hits);
  assert.deepEqual(names.slice(-3), ["site", "encodings", "bootstrap"]);
  assert.equal(names[0], "orders.store");
});

test("the legend narrows what search found", () => {
  const tree = treeOf();
  const shown = new Set([tree.distributionId(nodeNamed(tree, "requests"))]);
  const { nodes } = tree.search("r");
  assert.deepEqual(namesIn(tree, tree.tally(nodes, shown).hits), ["requests"]);
  const dim = tree.dimmed(nodes, shown);
  assert.equal(dim[nodeNamed(tree, "requests")], 0);
  assert.equal(dim[nodeNamed(tree, "urllib3")], 1);
  assert.equal(dim[tree.root], 1);
});

test("without a filter nothing is dimmed", () => {
  assert.equal(treeOf().dimmed(null, null), null);
  assert.equal(mergedOf(MERGED).dimmed(null, null), null);
});

test("a merged tree's box is as wide as the longer of its times", () => {
  const merged = mergedOf(MERGED);
  assert.equal(merged.widths[nodeNamed(merged, "pandas")], 88_500);
  assert.equal(merged.widths[nodeNamed(merged, "requests")], 14_000);
  assert.equal(merged.figure(nodeNamed(merged, "requests")), "−14.0 ms");
  assert.equal(merged.baseUs[merged.root], 26_100);
  assert.equal(merged.headUs[merged.root], 109_600);
  assert.equal(merged.figure(merged.root), "+83.5 ms");
});

test("a merged tree is wide enough for parts that only one side has", () => {
  const merged = mergedOf(MERGED);
  const parts = ["pandas", "requests", "boto3"].map((name) => merged.widths[nodeNamed(merged, name)]);
  assert.equal(merged.widths[nodeNamed(merged, "handler")], parts.reduce((a, b) => a + b));
});

test("search in a difference sums up the difference, within the kinds shown", () => {
  const merged = mergedOf(MERGED);
  const { nodes, names } = merged.search("a");
  assert.equal(merged.tally(merged.search("pandas").nodes, null).text, "+88.5 ms");
  assert.deepEqual(namesIn(merged, merged.tally(nodes, new Set([1])).hits), []);
  assert.deepEqual(namesIn(merged, merged.tally(merged.search("r").nodes, new Set([1])).hits), ["requests"]);
  assert.deepEqual([...names], [1, 1, 1, 0, 0]);
});

test("what is known of a merged box names both times and the change", () => {
  const merged = mergedOf(MERGED);
  assert.deepEqual(Object.fromEntries(merged.facts(nodeNamed(merged, "pandas"))), {
    "With its imports": "0.00 ms → 88.5 ms, +88.5 ms",
    Itself: "0.00 ms → 80.0 ms, +80.0 ms",
    Change: "added",
    Distribution: "here",
  });
});
