// The trees that are made from the import tree: who pays, and the sandwich.

import assert from "node:assert/strict";
import { test } from "node:test";

import { NONE } from "../../templates/js/model/columns.js";
import { HEAVY_ORDER, TIME_ORDER } from "../../templates/js/model/forest.js";
import { PayerTree } from "../../templates/js/model/payer_tree.js";
import { SandwichTree } from "../../templates/js/model/sandwich_tree.js";
import { nodeNamed, treeOf } from "./trees.js";

function pathOf(forest, node) {
  return forest.ancestors(node).slice(1).map((at) => forest.name(at));
}

test("a distribution's payers are the modules that brought it in, up to the handler", () => {
  const payers = new PayerTree(treeOf());
  const times = new Map();
  for (let node = 1; node < payers.size; node += 1) {
    times.set(pathOf(payers, node).join(" < "), payers.cumulativeUs[node]);
  }
  assert.equal(times.get("urllib3"), 21_000);
  assert.equal(times.get("urllib3 < requests"), 6000);
  assert.equal(times.get("urllib3 < requests < handler"), 6000);
  assert.equal(times.get("urllib3 < botocore < boto3.session < orders.store"), 15_000);
  assert.equal(times.get("your code"), 42_000);
});

test("payers add up to function init, and startup is left out", () => {
  const payers = new PayerTree(treeOf());
  assert.equal(payers.cumulativeUs[payers.root], 152_000);
  assert.ok(![...Array(payers.size).keys()].some((node) => payers.name(node) === "site"));
});

test("a module's box among the payers is its distribution", () => {
  const tree = treeOf();
  const payers = new PayerTree(tree);
  assert.equal(payers.name(payers.find(nodeNamed(tree, "boto3.session"))), "boto3");
  assert.equal(payers.find(tree.root), payers.root);
});

test("search and legend dim payers by what they pay for", () => {
  const tree = treeOf();
  const payers = new PayerTree(tree);
  const dim = payers.dimmed(tree.search("urllib3").nodes, null);
  assert.equal(dim[payers.find(nodeNamed(tree, "urllib3"))], 0);
  assert.equal(dim[payers.find(nodeNamed(tree, "requests"))], 1);
  assert.equal(payers.dimmed(null, null), null);
});

test("a sandwich has importers above, imports below, and counts the module once", () => {
  const tree = treeOf();
  const sandwich = new SandwichTree(tree, nodeNamed(tree, "urllib3"));
  assert.equal(sandwich.title, "urllib3");
  assert.equal(sandwich.cumulativeUs[sandwich.root], 21_000);
  const layout = sandwich.layout(TIME_ORDER);
  const rowsOf = (isMeant) => Array.from({ length: sandwich.size - 1 }, (_, i) => i + 1).filter(isMeant)
    .map((node) => [sandwich.name(node), layout.depths[node] - layout.depths[0]]);
  assert.deepEqual(rowsOf((node) => sandwich.isCaller(node)), [
    ["botocore", -1], ["boto3.session", -2], ["boto3", -3], ["orders.store", -4], ["handler", -5],
    ["requests", -1], ["handler", -2],
  ]);
  assert.deepEqual(rowsOf((node) => !sandwich.isCaller(node)), [["urllib3.util", 1]]);
});

test("equal paths to a module are one", () => {
  const tree = treeOf([
    ["handler", 1, null], ["a", 1, 0], ["x", 5, 1], ["a", 1, 0], ["x", 7, 3],
  ]);
  const sandwich = new SandwichTree(tree, 2);
  assert.equal(sandwich.cumulativeUs[0], 12);
  assert.equal(sandwich.size, 3);
});

test("a module inside itself counts once", () => {
  const tree = treeOf([["handler", 1, null], ["x", 5, 0], ["y", 2, 1], ["x.sub", 3, 2]]);
  const sandwich = new SandwichTree(tree, 1);
  assert.equal(sandwich.cumulativeUs[0], 10);
});

test("the arrow keys lead from the middle to the heaviest on both sides", () => {
  const tree = treeOf();
  const sandwich = new SandwichTree(tree, nodeNamed(tree, "boto3"));
  assert.equal(sandwich.name(sandwich.rowAbove(0)), "orders.store");
  assert.equal(sandwich.name(sandwich.rowBelow(0)), "boto3.session");
  const top = sandwich.rowAbove(sandwich.rowAbove(0));
  assert.equal(sandwich.name(top), "handler");
  assert.equal(sandwich.rowAbove(top), NONE);
  assert.equal(sandwich.rowBelow(sandwich.rowAbove(0)), 0);
});

test("importers begin at the left edge, as the imports do", () => {
  const tree = treeOf();
  const sandwich = new SandwichTree(tree, nodeNamed(tree, "boto3"));
  const { starts } = sandwich.layout(HEAVY_ORDER);
  assert.equal(starts[sandwich.rowAbove(0)], 0);
  assert.equal(starts[sandwich.rowBelow(0)], 0);
});
