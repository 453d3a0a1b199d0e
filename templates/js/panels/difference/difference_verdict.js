// The first screen of a difference: the verdict, the two phase bars, what changed most.

/** @import { ChangeData, DifferenceData, SideData } from "../../model/data.js" */

import { byId, element } from "../../lib/dom.js";
import {
  msColumn, msText, signedDollars, signedMs, signedWhole, wholeMs, wholeText,
} from "../../lib/numbers.js";
import { clipped, ownerLabel } from "../../lib/text.js";
import { KIND_COLOURS } from "../../model/merged_tree.js";
import { phaseKey } from "../key_parts.js";

/** @type {Record<string, string>} */
const VERDICT_WORDS = { slower: "slower", faster: "faster", same: "no difference beyond the noise" };
const MOST_CHANGED = 8;

/** @param {DifferenceData} data */
export function drawDifferenceHead(data) {
  const [before, after] = data.sides;
  const delta = after.shown_ms.value - before.shown_ms.value;
  byId("handler").textContent = clipped(data.handler, 90);
  document.title = `${clipped(data.handler, 60)}: ${signedWhole(delta)} ms ${after.billed_init_ms ? "billed init" : "init"}`;
  const facts = [after.runtime, ...data.platform.place_facts];
  byId("facts").append(...facts.map((fact) => element("li", "", clipped(String(fact), 60))));
  byId("billed").textContent = signedWhole(delta);
  byId("verdict").textContent = VERDICT_WORDS[data.verdict];
  byId("verdict").classList.add(data.verdict);
  byId("band").textContent =
    `${wholeMs(before.shown_ms.value)} ms before, ${wholeMs(after.shown_ms.value)} ms after`;
  if (data.dollars_per_million) byId("dollars").textContent = signedDollars(data.dollars_per_million.value);
  byId("local-base").textContent = localText(before);
  byId("local-head").textContent = localText(after);
}

/** @param {SideData} side */
function localText({ cpu_us: cpu }) {
  return `${msText(cpu.value)} (${msColumn(cpu.low)} to ${msColumn(cpu.high)})`;
}

/** @param {SideData} side */
function totalMs(side) {
  return side.phases.reduce((sum, phase) => sum + phase.init_ms, 0);
}

/**
 * Draw both bars on one scale: what grew is seen, not computed by the reader.
 * @param {DifferenceData} data
 */
export function drawSides({ sides }) {
  const mostMs = Math.max(1, ...sides.map(totalMs));
  sides.forEach((side, i) => {
    byId(i ? "bar-head" : "bar-base").append(...phaseParts(side, mostMs));
    // As billed, which is rounded up: the headline's figures, not the sum of the parts.
    byId(i ? "sum-head" : "sum-base").textContent = `${wholeMs(side.shown_ms.value)} ms`;
  });
  const [before, after] = sides;
  byId("phase-keys").append(...after.phases.map(({ label, init_ms: ms }, place) =>
    phaseKey(label, place, `${signedWhole(ms - (before.phases[place]?.init_ms ?? 0))} ms`)));
}

/**
 * @param {SideData} side
 * @param {number} mostMs
 */
function phaseParts(side, mostMs) {
  return side.phases.map((phase, place) => {
    const part = element("span", `phase phase-${place % 6}`);
    part.style.width = `${(100 * phase.init_ms) / mostMs}%`;
    part.title = `${phase.label}: ${wholeMs(phase.init_ms)} ms`;
    return part;
  });
}

/** @param {DifferenceData} data */
export function drawChanged({ distributions, kinds }) {
  const shown = distributions.filter((change) => change.base_us !== change.head_us).slice(0, MOST_CHANGED);
  const mostUs = Math.max(1, ...shown.map((change) => Math.abs(change.head_us - change.base_us)));
  byId("changed").append(...shown.map((change) =>
    changedItem(change, mostUs, KIND_COLOURS[Math.max(0, kinds.indexOf(change.kind))])));
  byId("changed-empty").hidden = shown.length > 0;
}

/**
 * @param {ChangeData} change
 * @param {number} mostUs
 * @param {string} colour
 */
function changedItem(change, mostUs, colour) {
  const deltaUs = change.head_us - change.base_us;
  const item = element("li", "changed-row");
  const bar = element("span", "delta-bar");
  const fill = element("span", `delta-fill ${deltaUs > 0 ? "more" : "less"} ${colour}`);
  fill.style.width = `${(50 * Math.abs(deltaUs)) / mostUs}%`;
  bar.append(fill);
  const times = `${msText(change.base_us)} → ${msText(change.head_us)}`;
  item.append(
    element("span", "delta", signedMs(deltaUs)), bar,
    element("span", "changed-name", clipped(ownerLabel(change.name), 80)),
    element("span", "quiet", `${times}${countText(change)}`),
  );
  return item;
}

/** @param {ChangeData} change */
function countText({ added, removed }) {
  const counts = [];
  if (added) counts.push(`${wholeText(added)} new`);
  if (removed) counts.push(`${wholeText(removed)} gone`);
  return counts.length ? `, modules: ${counts.join(", ")}` : "";
}

/** @param {string[]} caveats */
export function drawCaveats(caveats) {
  byId("warnings").hidden = caveats.length === 0;
  byId("warning-list").append(...caveats.map((text) => element("li", "", clipped(text, 600))));
}
