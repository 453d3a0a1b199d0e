// The best changes: verified savings with their interval, predicted ones drawn so that nobody
// takes them for measured, failed ones with the reason.

/** @import { BestChange } from "../../model/data.js" */
/** @import { Clipboard } from "../../lib/clipboard.js" */
/** @import { Money } from "../../model/money.js" */
/** @import { Pick } from "../table.js" */

import { buttonOf, byId, element } from "../../lib/dom.js";
import { dollarsText, minus, msColumn, msText, shareText, wholeMs } from "../../lib/numbers.js";
import { clipped } from "../../lib/text.js";

/** @type {Record<string, string>} */
const STATUS_WORDS = {
  verified: "verified", unproven: "imports, not behaviour, verified", predicted: "predicted",
  failed: "failed", unmeasured: "not measured",
};
/** @type {Record<string, string>} */
const STATUS_MARKS = { verified: "✓", unproven: "✓", predicted: "~", failed: "✗", unmeasured: "?" };
const MOST_PLACES = 3;

/**
 * What a saving is worth on the platform, in a line of its own.
 * @typedef {{ line: HTMLElement, savedMs: number, computedMs: number, everyStart: boolean }} Worth
 */

export class BestChanges {
  /**
   * @param {BestChange[]} changes
   * @param {Clipboard} clipboard
   * @param {Pick} pick
   * @param {string | null} proof what proof there is of the best set
   * @param {string} place where the times of a saving are
   */
  constructor(changes, clipboard, pick, proof, place) {
    this.place = place;
    this.changes = changes;
    this.proof = proof;
    this.clipboard = clipboard;
    this.pick = pick;
    /** @type {Worth[]} */
    this.worths = [];
    this.mostUs = Math.max(1, ...changes.map((change) => change.high_us ?? change.saving_us));
  }

  draw() {
    const { changes } = this;
    byId("changes-card").hidden = changes.length === 0;
    if (!changes.length) return;
    byId("proof").hidden = !this.proof;
    byId("proof").textContent = clipped(this.proof || "", 600);
    byId("changes").append(...changes.map((change) => this.item(change)));
    byId("changes-tag").textContent = changes.some(isMeasured)
      ? "measured here in pairs, CPU" : "predicted: importcost defer verifies";
  }

  /** @param {BestChange} change */
  item(change) {
    const status = Object.hasOwn(STATUS_WORDS, change.status) ? change.status : "unmeasured";
    const item = element("li", `change ${status}`);
    const what = element("div", "change-what");
    what.append(this.title(change, status), whereOf(change));
    if (change.saved_ms !== null && status !== "failed") what.append(this.worthLine(change, change.saved_ms));
    const mark = element("span", "mark", STATUS_MARKS[status]);
    mark.setAttribute("aria-hidden", "true");
    item.append(mark, what, savingOf(change, status, this.mostUs), this.fix(change));
    return item;
  }

  /**
   * @param {BestChange} change
   * @param {string} status
   */
  title(change, status) {
    const line = element("p", "change-title");
    const name = clipped(change.title, 120);
    const node = change.node ?? null;
    if (node === null) line.append(element("span", change.kind === "single" ? "name" : "", name));
    else {
      const button = buttonOf("name", name, () => this.pick(node));
      button.title = "Show in the chart";
      line.append(button);
    }
    const share = change.share > 0 && status !== "failed" ? `, ${shareText(change.share, 1)} of your init` : "";
    line.append(" ", element("span", "status", STATUS_WORDS[status] + share));
    return line;
  }

  /**
   * @param {BestChange} change
   * @param {number} savedMs
   */
  worthLine(change, savedMs) {
    const line = element("p", "change-worth");
    const everyStart = change.kind === "bytecode";
    this.worths.push({ line, savedMs, computedMs: change.computed_ms ?? 0, everyStart });
    return line;
  }

  /** @param {BestChange} change */
  fix({ fix, title }) {
    const cell = element("div", "change-fix");
    if (!fix) return cell;
    const done = fix.label === "Copy fix" ? "Diff copied: apply it with git apply" : "Command copied";
    const button = buttonOf("copy", fix.label, () => this.clipboard.copy(fix.text, done));
    button.setAttribute("aria-label", `${fix.label}: ${clipped(title, 80)}`);
    cell.append(button);
    return cell;
  }

  /**
   * Draw what depends on the memory size.
   * @param {Money} money
   */
  drawWorth(money) {
    for (const { line, savedMs, computedMs, everyStart } of this.worths) {
      const { saved, dollars, waits, breakEven } = money.deferral(savedMs, computedMs);
      const price = money.isPriced ? `, ${dollarsText(dollars)} per million` : "";
      const worth = `≈ ${wholeMs(saved)} ms ${this.place}${price}`;
      const share = `${Math.max(1, Math.round(100 * breakEven))}\u00a0%`;
      if (everyStart) line.textContent = `${worth}, at every cold start`;
      else if (breakEven >= 1) {
        line.textContent = `${worth} · first use waits no longer than init did`;
        line.title = "Waiting later costs no more than waiting in init.";
      } else {
        line.textContent = `${worth} · first use waits ${wholeMs(waits)} ms, pays below ${share}`;
        line.title = `Worth it while fewer than ${share} of cold starts need it in their first request.`;
      }
    }
  }
}

/** @param {BestChange} change */
const isMeasured = ({ status }) => status === "verified" || status === "unproven";

/** @param {BestChange} change */
function whereOf(change) {
  const line = element("p", "change-where");
  const places = change.parts ? change.parts.map((part) => part.place) : [];
  if (!change.parts && change.place) places.push(change.place);
  places.slice(0, MOST_PLACES).forEach((place, i) => {
    if (i) line.append(", ");
    line.append(element("span", "place", clipped(place, 80)));
  });
  if (places.length > MOST_PLACES) line.append(` and ${places.length - MOST_PLACES} more`);
  if (change.place && change.importer) line.append(" in ", element("span", "place", clipped(change.importer, 60)));
  line.append(places.length ? " · " : "");
  if (change.status === "failed") {
    line.append(element("span", "failure", clipped(change.failure || "it could not be measured", 240)));
  } else line.append(clipped(change.how, 140));
  return line;
}

/**
 * @param {BestChange} change
 * @param {string} status
 * @param {number} mostUs
 */
function savingOf(change, status, mostUs) {
  const { low_us: low, high_us: high } = change;
  const hasBand = low !== null && high !== null;
  const box = element("div", "change-saving");
  const known = status !== "unmeasured" && (status !== "failed" || hasBand);
  box.append(element("span", "saving", known ? `−${msText(change.saving_us)}` : ""));
  let band = known ? "not verified" : "";
  if (hasBand) band = `${minus(msColumn(low))} to ${minus(msColumn(high))} ms, ${change.pairs} pairs`;
  box.append(element("span", "band-text", band));
  if (known && status !== "failed") box.append(savingBar(change, mostUs));
  return box;
}

/**
 * @param {BestChange} change
 * @param {number} mostUs
 */
function savingBar({ saving_us: saving, low_us: low, high_us: high }, mostUs) {
  const bar = element("span", "saving-bar");
  const part = (/** @type {number} */ us) => `${Math.min(100, Math.max(0, (100 * us) / mostUs))}%`;
  const fill = element("span", "saving-fill");
  fill.style.width = part(saving);
  bar.append(fill);
  if (low !== null && high !== null) {
    const whisker = element("span", "whisker");
    whisker.style.left = part(low);
    whisker.style.width = part(high - low);
    bar.append(whisker);
  }
  return bar;
}
