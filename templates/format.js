"use strict";

// Figures and small DOM helpers. Text reaches the page through textContent only.

// Figures are written the same way in every locale; Intl would say no more and takes as long to
// load as the tree.
function wholeText(value) {
  return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");
}

function byId(id) {
  return document.getElementById(id);
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined && text !== null) made.textContent = text;
  return made;
}

// Names may be as long as a file; the DOM shows their two ends.
function clipped(text, most = 160) {
  const points = Array.from(text.slice(0, 4 * most));
  if (text.length <= most) return text;
  const head = points.slice(0, Math.ceil(most * 0.6)).join("");
  return `${head}…${Array.from(text.slice(-4 * most)).slice(-Math.floor(most * 0.4)).join("")}`;
}

function wholeMs(value) {
  return wholeText(Math.round(value));
}

// Three significant figures are what the measurement supports.
function msText(us) {
  const ms = us / 1000;
  const size = Math.abs(ms);
  if (size >= 100) return `${wholeText(Math.round(ms))} ms`;
  if (size >= 10) return `${ms.toFixed(1)} ms`;
  if (size >= 0.1 || us === 0) return `${ms.toFixed(2)} ms`;
  return `${Math.round(us)} µs`;
}

// Columns of numbers line up when every row has the same decimals.
function msColumn(us) {
  const ms = us / 1000;
  return Math.abs(ms) >= 1000 ? wholeText(Math.round(ms)) : ms.toFixed(1);
}

function shareText(part, whole) {
  if (!(whole > 0)) return "–";
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  return percent >= 10 ? `${Math.round(percent)} %` : `${percent.toFixed(1)} %`;
}

// A true minus, as wide as the digits.
function minus(text) {
  return text.replace("-", "−");
}

function memoryText(kb) {
  if (kb === null || kb === undefined) return "not known";
  return Math.abs(kb) >= 1024 ? `${(kb / 1024).toFixed(1)} MB` : `${wholeText(kb)} kB`;
}

function dollarsText(value) {
  if (value > 0 && value < 0.01) return "under $0.01";
  const [whole, cents] = value.toFixed(2).split(".");
  return `$${wholeText(Number(whole))}.${cents}`;
}

function plural(count, one, many) {
  return `${wholeText(count)} ${count === 1 ? one : many}`;
}

// With its sign, as long a figure as the measurement supports.
function signedMs(us) {
  if (Math.round(us) === 0) return "±0 ms";
  return `${us < 0 ? "−" : "+"}${msText(Math.abs(us))}`;
}

// Runs once what is drawn has reached the screen.
function afterFrame(run) {
  requestAnimationFrame(() => setTimeout(run));
}

// Whether the browser is still reading the file, of which what is known of modules comes last.
function isParsing() {
  return document.readyState === "loading";
}

function whenParsed(run) {
  if (isParsing()) document.addEventListener("DOMContentLoaded", run, { once: true });
  else run();
}

// Runs once nothing else is to be done, soon in any case.
function whenIdle(run) {
  if (globalThis.requestIdleCallback) requestIdleCallback(run, { timeout: 400 });
  else afterFrame(run);
}
