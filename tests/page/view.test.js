// The camera and the texts of labels.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Camera } from "../../templates/js/chart/camera.js";
import { clipped, elided, relativeName } from "../../templates/js/lib/text.js";

test("a glide starts where it was, ends where it should, and never turns back", () => {
  const camera = new Camera(1000);
  camera.glide([200, 300], 50);
  let left = -1;
  for (let now = 50; camera.motion; now += 10) {
    camera.step(now);
    assert.ok(camera.view[0] >= left);
    left = camera.view[0];
  }
  assert.deepEqual(camera.view, [200, 300]);
});

test("zooming keeps the point under the pointer and stays inside the whole", () => {
  const camera = new Camera(1000);
  camera.show(camera.scaled(0.5, 0.25));
  assert.deepEqual(camera.view, [125, 625]);
  camera.show(camera.scaled(100, 0.9));
  assert.deepEqual(camera.view, [0, 1000]);
  for (let i = 0; i < 30; i += 1) camera.show(camera.scaled(0.5, 0.5));
  assert.equal(camera.lengthUs, 10);
});

test("a window stays inside the whole", () => {
  const camera = new Camera(1000);
  assert.deepEqual(camera.within(-50, 100), [0, 100]);
  assert.deepEqual(camera.within(980, 100), [900, 1000]);
});

test("labels leave out what the parent says", () => {
  assert.equal(relativeName("boto3.session", "boto3"), ".session");
  assert.equal(relativeName("botocore.session", "boto3.session"), "botocore.session");
  assert.equal(relativeName("a.b.c", "a.b.d"), ".c");
  assert.equal(relativeName("a", "a"), "a");
});

test("long texts keep both ends", () => {
  assert.equal(elided("abcdefghijklmnop", 9), "abcd…mnop");
  assert.equal(elided("abcdefgh", 4), "abc…");
  assert.equal(elided("abcdefgh", 2), "");
  assert.equal(clipped("x".repeat(500), 10), "xxxxxx…xxxx");
  assert.equal(clipped("🦊".repeat(20), 10), `${"🦊".repeat(6)}…${"🦊".repeat(4)}`);
});
