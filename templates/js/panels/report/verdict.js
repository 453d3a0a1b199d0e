// The verdict: what a cold start bills at the memory size of the slider.

/** @import { BudgetData, PageData } from "../../model/data.js" */
/** @import { Money } from "../../model/money.js" */

import { byId, element, inputById } from "../../lib/dom.js";
import { dollarsText, msText, wholeMs, wholeText } from "../../lib/numbers.js";
import { clipped } from "../../lib/text.js";

/** @type {Record<string, string>} */
const LIMIT_WORDS = {
  near: "Close to Lambda's limit of 10 s for init: a slow start may pass it.",
  past: "Past Lambda's limit of 10 s for init: Lambda ends it and starts again inside the first request.",
};
/** @type {Record<string, string>} */
const BUDGET_WORDS = { pass: "Within budget", fail: "Over budget" };

/**
 * Name the clock of the times: a log has one, that of its rows.
 * @param {PageData} data
 */
export function clockWords(data) {
  return data.source !== "measured" ? "In the log, wall" : "Measured here, CPU";
}

/** @param {PageData} data */
export function drawHeader(data) {
  const { handler, origin, runtime } = data.function;
  const title = handler || (origin ? `Import log, ${origin}` : "Import log");
  byId("handler").textContent = clipped(title, 90);
  document.title = `${clipped(title, 60)}: ${wholeMs(data.headline.shown_ms.value)} ms ${data.headline.billed_init_ms ? "billed init" : "init"}`;
  const facts = [runtime, ...data.platform.place_facts];
  byId("facts").append(...facts.map((fact) => element("li", "", clipped(String(fact), 60))));
}

/** @param {BudgetData | null} budget */
export function drawBudget(budget) {
  const box = byId("budget");
  box.hidden = !budget;
  if (!budget) return;
  const isKnown = Object.hasOwn(BUDGET_WORDS, budget.status);
  box.classList.add(isKnown ? budget.status : "unknown");
  const words = isKnown ? BUDGET_WORDS[budget.status] : "Budget not decided";
  box.append(element("strong", "", words), " ", clipped(budget.text, 300));
}

/** @param {PageData} data */
export function drawVerdict(data) {
  const { headline, local } = data;
  byId("own-init").textContent = `${wholeMs(headline.function_init_ms.value)} ms`;
  byId("local-init").textContent = msText(local.cpu_us.value);
  const { limit: limitText, is_modelled: isModelled } = data.platform;
  const known = isModelled && Object.hasOwn(LIMIT_WORDS, headline.limit) ? LIMIT_WORDS[headline.limit] : "";
  const limit = known || limitText || "";
  byId("limit").hidden = !limit;
  byId("limit").textContent = limit;
}

/**
 * Draw what depends on the memory size.
 * @param {Money} money
 * @param {number} configuredMb
 */
export function drawMoney(money, configuredMb) {
  const billed = money.billed();
  byId("billed").textContent = wholeMs(billed.value);
  byId("band").textContent =
    `between ${wholeMs(billed.low)} and ${wholeMs(billed.high)} ms (${Math.round(100 * billed.confidence)} % band)`;
  if (money.isPriced) byId("dollars").textContent = dollarsText(money.dollars(billed.value));
  if (!money.constants) return;
  const size = `${wholeText(money.memoryMb)} MB`;
  byId("memory-label").textContent = size;
  byId("memory").setAttribute("aria-valuetext", size);
  byId("memory-note").textContent = money.memoryMb === configuredMb
    ? "as configured" : `configured: ${wholeText(configuredMb)} MB`;
}

/**
 * @param {Money} money
 * @param {() => void} changed
 */
export function listenToMemory(money, changed) {
  if (!money.constants) return;
  const slider = inputById("memory");
  const stops = money.constants.memory_mb;
  slider.max = String(stops.length - 1);
  slider.value = String(stops.indexOf(money.memoryMb));
  slider.addEventListener("input", () => {
    money.memoryMb = stops[Number(slider.value)];
    changed();
  });
}
