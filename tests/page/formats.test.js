// Formats and money against the cases that Python exports.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as numbers from "../../templates/js/lib/numbers.js";
import { Money } from "../../templates/js/model/money.js";

const cases = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf-8"));

for (const [name, formats] of Object.entries(cases.formats)) {
  test(`${name} writes what Python writes`, () => {
    assert.ok(formats.length > 5);
    for (const { in: input, out } of formats) {
      assert.equal(numbers[name](...input), out, `${name}(${input})`);
    }
  });
}

test("the slider bills what the estimate bills", () => {
  assert.ok(cases.bills.some(({ bill, billed }) => billed.value > bill.money.init_limit_ms));
  for (const { name, bill, billed, dollars } of cases.bills) {
    const money = new Money(bill);
    assert.deepEqual(money.billed(), billed, name);
    for (const end of ["low", "value", "high"]) {
      const difference = Math.abs(money.dollars(billed[end]) - dollars[end]);
      assert.ok(difference <= 1e-9 * dollars[end], `${name}: ${end} is ${dollars[end]}`);
    }
  }
});

test("a deferral waits and breaks even as the memory curve says", () => {
  assert.ok(cases.deferrals.length > 3);
  for (const { bill, saved_ms: saved, first_use_ms: wait, break_even_share: share } of cases.deferrals) {
    const deferral = new Money(bill).deferral(saved, saved);
    assert.ok(Math.abs(deferral.waits - wait) < 1e-6);
    assert.ok(Math.abs(deferral.breakEven - share) < 1e-9);
  }
});

test("ticks of the ruler have the decimals of their distance", () => {
  assert.deepEqual([0, 5, 20].map((us) => numbers.tickText(us, 5)), ["0", "5 µs", "20 µs"]);
  assert.deepEqual([50, 2500].map((us) => numbers.tickText(us, 50)), ["0.05 ms", "2.50 ms"]);
  assert.equal(numbers.tickText(200_000, 100_000), "200 ms");
});

test("round values are 1, 2 and 5 of each power, or fewer", () => {
  assert.deepEqual(numbers.roundValues(0.8, 30, 8), [1, 2, 5, 10, 20]);
  assert.deepEqual(numbers.roundValues(0.8, 3000, 8), [1, 5, 10, 50, 100, 500, 1000]);
  assert.deepEqual(numbers.roundValues(1, 1e6, 8), [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]);
});
