// What else the report says: bytecode, warnings, module-level work, dependencies, fine print.

/** @import { AdviceNotes, IntervalData, PageData } from "../../model/data.js" */
/** @import { ShippedBytecodeData, SuppliesData } from "../../model/data.js" */
/** @import { Clipboard } from "../../lib/clipboard.js" */

import { byId, element, pairOf, textWithCode } from "../../lib/dom.js";
import { msText, plural, shareText, wholeMs } from "../../lib/numbers.js";
import { clipped } from "../../lib/text.js";
import { clockWords } from "./verdict.js";

/**
 * @param {PageData} data
 * @param {Clipboard} clipboard
 */
export function drawBytecode(data, clipboard) {
  const shipped = data.package && data.package.bytecode;
  if (shipped) {
    drawShipped(shipped);
    return;
  }
  // With advice the command is among the best changes.
  const advice = data.changes.length ? null : data.bytecode;
  byId("bytecode").hidden = !advice;
  if (!advice) return;
  const count = plural(advice.compiled_modules, "module is", "modules are");
  byId("bytecode-text").textContent =
    `${count} compiled again at every cold start: a ZIP's timestamps never match. Ship hash-based bytecode:`;
  byId("bytecode-command").textContent = clipped(advice.command, 200);
  byId("bytecode-copy").addEventListener("click", () => clipboard.copy(advice.command, "Command copied"));
}

/**
 * The bytecode of what was built, and the steps of its packager. Where all is well, the package says so.
 * @param {ShippedBytecodeData} shipped
 */
function drawShipped({ text, steps, is_fine: isFine }) {
  byId("bytecode").hidden = isFine;
  byId("bytecode-line").hidden = true;
  byId("bytecode-text").textContent = clipped(text, 600);
  byId("bytecode-steps").append(...steps.map((step) => {
    const [when, ...rest] = step.split(": ");
    const line = element("li", "", `${clipped(when, 200)}: `);
    line.append(element("code", "", clipped(rest.join(": "), 300)));
    return line;
  }));
}

/** @param {string[]} messages */
export function drawWarnings(messages) {
  byId("warnings").hidden = messages.length === 0;
  byId("warning-list").append(...messages.map((message) => textWithCode("li", "", clipped(message, 600))));
}

/**
 * A web app's start under its server, and the same app as a handler.
 * @param {string[]} sentences
 */
export function drawWeb(sentences) {
  byId("web").hidden = sentences.length === 0;
  byId("web-list").append(...sentences.map((sentence) => textWithCode("li", "", clipped(sentence, 800))));
}

/**
 * The product that wraps the handler: whose the init is, and what the product costs.
 * @param {PageData["wrapper"]} wrapper
 */
export function drawWrapper(wrapper) {
  const sentences = wrapper ? wrapper.notes : [];
  byId("wrapper").hidden = sentences.length === 0;
  byId("wrapper-list").append(...sentences.map((sentence) => textWithCode("li", "", clipped(sentence, 800))));
}

/**
 * What the measurement was given beside the function: packages and values of variables.
 * @param {SuppliesData} supplies
 */
export function drawSupplies({ packages, placeholders }) {
  byId("supplies").hidden = !packages && placeholders.length === 0;
  byId("supplied-packages").hidden = !packages;
  byId("supplied-packages").textContent = clipped(packages || "", 600);
  byId("placeholder-list").append(...placeholders.map(({ name, value, place }) => {
    const line = element("li", "");
    line.append(
      "The variable ", element("code", "name", clipped(name, 120)), " that nobody has set is ",
      element("code", "name", clipped(value, 200)), " ", element("span", "place", clipped(place || "", 100)),
    );
    return line;
  }));
}

/** @param {AdviceNotes} advice */
export function drawAdvice({ work, hints, staying }) {
  byId("work").hidden = work.length === 0;
  byId("work-list").append(...work.map(({ own_us: us, code, place, events }) =>
    noteLine(us, code, place, events.join(", "))));
  byId("hints").hidden = hints.length === 0;
  byId("hint-list").append(...hints.map(({ cost_us: us, module, distribution, advice, source }) =>
    noteLine(us, module, distribution, `${advice} [${source}]`)));
  byId("staying").hidden = staying.length === 0;
  byId("staying-list").append(...staying.map(({ exclusive_us: us, code, place, reason }) =>
    noteLine(us, code, place, reason)));
}

/**
 * @param {number} us
 * @param {string} name
 * @param {string} place
 * @param {string} text
 */
function noteLine(us, name, place, text) {
  const line = element("li", "note-line");
  line.append(
    element("span", "note-ms", msText(us)), " ", element("code", "name", clipped(name, 120)), " ",
    element("span", "place", clipped(place, 100)),
  );
  if (text) line.append(" ", textWithCode("span", "note-text", clipped(text, 900)));
  return line;
}

/** @param {IntervalData} interval */
function msBand({ value, low, high }) {
  return `${wholeMs(value)} ms (${wholeMs(low)} to ${wholeMs(high)})`;
}

/** @param {PageData} data */
function modelPairs(data) {
  const { headline, local } = data;
  const { value, low, high } = headline.speed_ratio;
  const cpu = local.cpu_us;
  const wall = data.source !== "measured" ? [] : [["Measured here, wall", msText(local.wall_us)]];
  const { title, place, is_modelled: isModelled } = data.platform;
  const model = isModelled
    ? [
      ["Floor", msBand(headline.floor_ms)],
      [`Speed ratio, ${title} to here`, `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`],
      [`Function init ${place}`, msBand(headline.function_init_ms)],
    ]
    : [];
  return [
    ...model,
    [`Init ${place}`, msBand(headline.init_ms)],
    [clockWords(data), `${msText(cpu.value)} (${msText(cpu.low)} to ${msText(cpu.high)})`],
    ...wall,
    ["Belongs to no module", shareText(local.unattributed_share, 1)],
  ];
}

/** @param {PageData} data */
export function drawFinePrint(data) {
  byId("environment").append(...data.environment.map(([label, value]) => pairOf(label, value)));
  byId("model").append(...modelPairs(data).map(([label, value]) => pairOf(label, value)));
  byId("notes").append(...data.notes.map((note) => textWithCode("li", "", clipped(note, 800))));
  byId("sources").append(...data.sources.map(([figure, source, date]) => {
    const row = element("tr");
    const head = element("th", "", clipped(figure, 300));
    head.scope = "row";
    row.append(head, element("td", "", clipped(source, 400)), element("td", "", clipped(date, 40)));
    return row;
  }));
}
