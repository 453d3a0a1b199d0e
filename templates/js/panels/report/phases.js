// Where the billed milliseconds go: a bar of phases, each explained when one points at it.

/** @import { PageData, PhaseData } from "../../model/data.js" */

import { byId, element } from "../../lib/dom.js";
import { msText, shareText, wholeMs } from "../../lib/numbers.js";
import { phaseColour, phaseKey } from "../key_parts.js";
import { clockWords } from "./verdict.js";

/**
 * @param {PhaseData} phase
 * @param {number} place
 */
function phasePart(phase, place) {
  const part = element("button", `phase ${phaseColour(place)}`);
  part.type = "button";
  part.setAttribute("aria-label", `${phase.label}, ${wholeMs(phase.init_ms)} ms, ${shareText(phase.share, 1)}`);
  part.style.flexGrow = String(Math.max(phase.share, 0.001));
  return part;
}

/** @param {PageData} data */
export function drawPhases(data) {
  const parts = data.phases.map(phasePart);
  const keys = data.phases.map((phase, i) => phaseKey(phase.label, i, `${wholeMs(phase.init_ms)} ms`));
  const explain = (/** @type {number} */ place) => {
    byId("phase-note").replaceChildren(...explanationOf(data.phases[place], clockWords(data)));
    parts.forEach((part, i) => part.classList.toggle("on", i === place));
  };
  parts.forEach((part, i) => {
    for (const kind of ["pointerenter", "focus", "click"]) {
      part.addEventListener(kind, () => explain(i));
    }
    keys[i].addEventListener("pointerenter", () => explain(i));
  });
  byId("phase-bar").append(...parts);
  byId("phase-keys").append(...keys);
  const made = data.headline.parts.map(({ label, ms }) => `${label} ${wholeMs(ms)} ms`);
  byId("parts-note").textContent = made.length ? `Made of: ${made.join(", ")}.` : "";
  const times = data.phases.map((phase) => phase.init_ms);
  if (times.length) explain(times.indexOf(Math.max(...times)));
}

/**
 * @param {PhaseData} phase
 * @param {string} clock
 */
function explanationOf(phase, clock) {
  const local = phase.local_us === null ? "" : ` ${clock}: ${msText(phase.local_us)}.`;
  return [
    element("strong", "", `${phase.label}, ${shareText(phase.share, 1)} of init. `),
    `${phase.explanation}${local}`,
  ];
}
