// All functions of a project: bars, choices, search, columns of the chart, the address.

import assert from "node:assert/strict";
import { test } from "node:test";

import { columnsIn } from "../../templates/js/chart/skyline.js";
import { FIRST_STATE, fragmentOf, stateOf } from "../../templates/js/model/index_state.js";
import { culpritChoice, ProjectIndex } from "../../templates/js/model/project_index.js";
import { endingWord, isBeside } from "../../templates/js/panels/project/function_columns.js";

/** Three functions, two packages and own code; the second pays for pandas too. */
function indexOf() {
  return new ProjectIndex({
    handlers: ["app.handler", "jobs.run"],
    forms: ["x86_64, zip"],
    runtimes: [{ name: "python3.13", ends: null }, { name: "python3.9", ends: "It ended." }],
    verdicts: ["", "fail"],
    packages: [
      { name: "function", colour: "function" }, { name: "boto3", colour: "hue-1" },
      { name: "pandas", colour: "neutral-3" },
    ],
    functions: {
      names: ["Orders", "Reports", "Health"],
      handler_ids: [0, 1, 0],
      form_ids: [0, 0, 0],
      runtime_ids: [0, 1, 0],
      billed_ms: [300, 700, 90],
      own_ms: [200, 600, 5],
      verdict_ids: [0, 1, 0],
      package_counts: [2, 3, 0],
      package_ids: [1, 0, 2, 1, 0],
      package_ms: [150, 40, 400, 140, 0.01],
    },
  });
}

function left(index, text, choice) {
  const dim = index.dimmed(text, choice);
  return index.columns.names.filter((_, row) => !dim || !dim[row]);
}

test("a bar begins with the floor, keeps one order, and ends with what no row has", () => {
  const index = indexOf();
  const parts = index.parts(0);
  assert.deepEqual(parts.map(({ label }) => label), ["floor", "your code", "boto3", "not attributed"]);
  assert.deepEqual(parts.map(({ ms }) => ms), [100, 40, 150, 10]);
  assert.deepEqual(index.parts(1).map(({ label }) => label), ["floor", "pandas", "boto3", "not attributed"]);
  assert.deepEqual(index.parts(2).map(({ ms }) => ms), [85, 5]);
});

test("a floor is never below nothing", () => {
  const index = indexOf();
  index.columns.own_ms[2] = 500;
  assert.equal(index.floorMs(2), 0);
});

test("the key names hues and says that the rest are others", () => {
  assert.deepEqual(indexOf().keys().map(({ label }) => label), ["floor", "your code", "boto3", "others"]);
});

test("a package is paid for by the functions that have it, a module by those it names", () => {
  const index = indexOf();
  const boto3 = culpritChoice(index, { kind: "package", name: "boto3", package_id: 1, function_ids: [] });
  assert.equal(boto3.key, "package:boto3");
  assert.deepEqual(left(index, "", boto3), ["Orders", "Reports"]);
  const own = culpritChoice(index, { kind: "module", name: "a.py", package_id: -1, function_ids: [2] });
  assert.deepEqual(left(index, "", own), ["Health"]);
});

test("search looks at name, handler, runtime and form, and goes with a choice", () => {
  const index = indexOf();
  assert.equal(index.dimmed("", null), null);
  assert.deepEqual(left(index, "ORD", null), ["Orders"]);
  assert.deepEqual(left(index, "jobs.r", null), ["Reports"]);
  assert.deepEqual(left(index, "3.9", null), ["Reports"]);
  const boto3 = culpritChoice(index, { kind: "package", name: "boto3", package_id: 1, function_ids: [] });
  assert.deepEqual(left(index, "app.", boto3), ["Orders"]);
});

test("a layer, a module or a change chooses the functions that it names", () => {
  const index = indexOf();
  const change = culpritChoice(index, { kind: "change", name: "a.py:3", code: "import x", package_id: -1, function_ids: [0, 2] });
  assert.equal(change.label, "import x in a.py:3");
  assert.deepEqual(left(index, "", change), ["Orders", "Health"]);
  const layer = culpritChoice(index, { kind: "layer", name: "Shared", code: "", package_id: -1, function_ids: [1] });
  assert.deepEqual([layer.key, left(index, "", layer)], ["layer:Shared", ["Reports"]]);
});

test("narrow columns show few packages, the rest in one, and a chosen one always", () => {
  const index = indexOf();
  const labels = (chosen) => index.fewParts(1, 2, chosen).map(({ label }) => label);
  assert.deepEqual(labels(""), ["floor", "pandas", "not attributed", "others"]);
  assert.deepEqual(labels("boto3"), ["floor", "pandas", "boto3", "not attributed"]);
  const sum = (parts) => parts.reduce((all, { ms }) => all + ms, 0);
  assert.equal(sum(index.fewParts(1, 2, "")), sum(index.parts(1)));
});

test("with more functions than pixels the highest of a pixel is shown", () => {
  const heights = [5, 9, 1, 2, 8, 3];
  const rows = Int32Array.from(heights.keys());
  assert.deepEqual([...columnsIn(rows, 3, (row) => heights[row])], [1, 3, 4]);
  assert.deepEqual([...columnsIn(rows, 100, (row) => heights[row])], [0, 1, 2, 3, 4, 5]);
  assert.equal(columnsIn(new Int32Array(0), 100, () => 0).length, 0);
});

test("the address keeps the state and gives it back", () => {
  const state = { search: "a&b=ä", choice: "package:x#y", sort: "saved", descending: false, selected: "A/B c" };
  assert.deepEqual(stateOf(`#${fragmentOf(state)}`), state);
  assert.equal(fragmentOf(FIRST_STATE), "");
  assert.deepEqual(stateOf(""), FIRST_STATE);
  assert.deepEqual(stateOf("#sort=-own"), { ...FIRST_STATE, sort: "own" });
  assert.equal(stateOf(`#q=${"x".repeat(5000)}`).search.length, 300);
});

test("an end of a runtime shows its date", () => {
  assert.equal(endingWord("Lambda's support of python3.9 ended on 2025-12-15: move."), "ended 2025-12-15");
  assert.equal(endingWord("It is old."), "ends");
});

test("a report is a file below the page's folder", () => {
  assert.ok(isBeside("index-functions/Orders.html"));
  for (const page of ["../secret.html", "/etc/passwd", "//example.org/x", "a//b", "\ud800.html", ""]) {
    assert.ok(!isBeside(page), page);
  }
});
