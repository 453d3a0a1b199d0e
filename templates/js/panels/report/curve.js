// The memory curve: what a million cold starts cost at each memory size, and what the first request
// waits for deferred work. Drawn when nothing else is to be done.

/** @import { PageData } from "../../model/data.js" */
/** @import { Money } from "../../model/money.js" */

import { MemoryPlot } from "../../chart/memory_plot.js";
import { byId, element, inputById, textWithCode } from "../../lib/dom.js";
import {
  dollarsText, payText, rangeText, tickDollars, tickMs, waitText, wholeMs, wholeText,
} from "../../lib/numbers.js";
import { clipped } from "../../lib/text.js";
import { MemoryCurve } from "../../model/memory_curve.js";

/** @type {Record<string, string>} */
const LIMIT_WORDS_AT = {
  near: "close to Lambda's limit of 10 s for init: a slow start may pass it",
  past: "past Lambda's limit of 10 s for init: Lambda ends it and starts again inside the first request, where computing is throttled",
};

/**
 * @param {PageData} data
 * @param {Money} money
 */
export function drawCurve(data, money) {
  if (!data.curve || !data.money) return;
  const curve = new MemoryCurve(data.curve, data.money);
  const configuredMb = data.function.memory_mb;
  const sizes = { stops: data.money.memory_mb, configured: configuredMb };
  const plots = [new MemoryPlot(byId("curve-cost"), curve.costLines(), tickDollars, sizes, curve.band())];
  byId("curve-wait-figure").hidden = !curve.deferral;
  if (curve.deferral) plots.push(new MemoryPlot(byId("curve-wait"), curve.waitLines(), tickMs, sizes));
  const show = (/** @type {number} */ memoryMb) => {
    drawCurveKey(curve, memoryMb, configuredMb);
    for (const plot of plots) plot.mark(memoryMb);
  };
  const slider = inputById("memory");
  slider.addEventListener("input", () => show(money.memoryMb));
  const choose = (/** @type {number} */ memoryMb) => {
    slider.value = String(sizes.stops.indexOf(memoryMb));
    slider.dispatchEvent(new Event("input"));
  };
  for (const plot of plots) plot.listen({ show, leave: () => show(money.memoryMb), choose });
  drawLimits(curve);
  drawCurveNote(curve);
  drawCurveTable(curve, sizes.stops, configuredMb);
  show(money.memoryMb);
}

/**
 * @param {MemoryCurve} curve
 * @param {number} memoryMb
 * @param {number} configuredMb
 */
function drawCurveKey(curve, memoryMb, configuredMb) {
  const own = memoryMb === configuredMb ? ", as configured" : "";
  byId("curve-at").textContent = `at ${wholeText(memoryMb)} MB${own}`;
  const rows = curve.costLines().map(({ name, kind, value }, i) => {
    const side = curve.sides[i];
    const range = side ? `(${rangeText(curve.dollars(side, memoryMb))})` : "";
    return keyRow(kind, name, dollarsText(value(memoryMb)), range);
  });
  byId("curve-key").replaceChildren(...rows);
  if (!curve.deferral) return;
  const share = payText(curve.breakEven(memoryMb));
  byId("curve-wait-key").replaceChildren(
    keyRow(curve.deferralKind, "waits at first use", waitText(curve.waitMs(memoryMb))),
    keyRow("reference", "saved at init", waitText(curve.savedMs)),
    keyRow("", "pays", share === "always" ? share : `below ${share}`, share === "always" ? "" : "that need it at once"),
  );
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {string} figure
 */
function keyRow(kind, name, figure, range = "") {
  const row = element("li");
  row.append(element("span", `curve-swatch ${kind}`), element("span", "", name), element("strong", "", figure));
  if (range) row.append(element("span", "quiet", range));
  return row;
}

/** @param {MemoryCurve} curve */
function drawLimits(curve) {
  const sentences = Object.entries(LIMIT_WORDS_AT).flatMap(([limit, text]) => {
    const sides = curve.sides.filter((side) => side.limit === limit)
      .map((side) => `${wholeMs(side.init_ms.value)} ms on ${side.arch}`);
    return sides.length ? [`Init, ${sides.join(" and ")}, is ${text}.`] : [];
  });
  byId("curve-limit").hidden = sentences.length === 0;
  byId("curve-limit").textContent = sentences.join(" ");
}

/** @param {MemoryCurve} curve */
function drawCurveNote(curve) {
  const speed = curve.own.limit === "past"
    ? `The second init runs at the size's own speed: up to ${wholeText(curve.constants.mb_per_vcpu)} MB more memory shortens it.`
    : "Init runs at full speed at every size: more memory bills more and does not shorten it.";
  const missing = curve.deferral ? "" : ` No line for deferrals: ${curve.missing ?? "they save nothing."}`;
  const note = textWithCode("p", "", clipped(`${speed}${missing}`, 400));
  byId("curve-note").replaceChildren(...note.childNodes);
}

/**
 * @template {"th" | "td"} Tag
 * @param {Tag} tag
 * @param {string} text
 */
function figureCell(tag, text) {
  const cell = element(tag, "num", text);
  if (cell instanceof HTMLTableCellElement && tag === "th") cell.scope = "col";
  return cell;
}

/**
 * @param {MemoryCurve} curve
 * @param {number[]} stops
 * @param {number} configuredMb
 */
function drawCurveTable(curve, stops, configuredMb) {
  const heads = curve.sides.flatMap((side) => [side.arch, "between"]);
  if (curve.deferral) heads.push("deferred", "first use waits", "pays below");
  byId("curve-head").append(figureCell("th", "MB"), ...heads.map((text) => figureCell("th", text)));
  byId("curve-body").append(...stops.map((mb) => {
    const row = element("tr", mb === configuredMb ? "curve-row own" : "curve-row");
    const size = element("th", "num", wholeText(mb));
    size.scope = "row";
    const figures = curve.sides.flatMap((side) => {
      const dollars = curve.dollars(side, mb);
      return [dollarsText(dollars.value), rangeText(dollars)];
    });
    if (curve.deferral) {
      const pays = payText(curve.breakEven(mb));
      figures.push(dollarsText(curve.deferredDollars(mb)), waitText(curve.waitMs(mb)), pays);
    }
    row.append(size, ...figures.map((text) => figureCell("td", text)));
    return row;
  }));
}
