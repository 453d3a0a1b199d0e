// What else the report says: bytecode, warnings, module-level work, dependencies, fine print.

function drawBytecode() {
  // With advice the command stands among the best changes.
  const advice = data.changes.length ? null : data.bytecode;
  byId("bytecode").hidden = !advice;
  if (!advice) return;
  const count = plural(advice.compiled_modules, "module is", "modules are");
  byId("bytecode-text").textContent =
    `${count} compiled anew at every cold start: a ZIP's timestamps never match. Ship hash-based bytecode:`;
  byId("bytecode-command").textContent = clipped(advice.command, 200);
  byId("bytecode-copy").addEventListener("click", () => copyText(advice.command, "Command copied"));
}

function drawWarnings() {
  byId("warnings").hidden = data.warnings.length === 0;
  byId("warning-list").append(...data.warnings.map((warning) => textWithCode("li", "", clipped(warning.message, 600))));
}

function drawSupplies() {
  const { packages, placeholders } = data.supplies;
  byId("supplies").hidden = !packages && placeholders.length === 0;
  byId("supplied-packages").hidden = !packages;
  byId("supplied-packages").textContent = clipped(packages || "", 600);
  byId("placeholder-list").append(...placeholders.map((one) => {
    const line = element("li", "note-line");
    line.append(
      "The variable ", element("code", "name", clipped(one.name, 120)), " that nobody has set is ",
      element("code", "name", clipped(one.value, 200)), " ", element("span", "place", clipped(one.place || "", 100)),
    );
    return line;
  }));
}

function drawAdvice() {
  const { work, hints, staying } = data.advice;
  byId("work").hidden = work.length === 0;
  byId("work-list").append(...work.map((one) => noteLine(one.own_us, one.code, one.place, one.events.join(", "))));
  byId("hints").hidden = hints.length === 0;
  byId("hint-list").append(...hints.map((one) => noteLine(one.cost_us, one.module, one.distribution, `${one.advice} [${one.source}]`)));
  byId("staying").hidden = staying.length === 0;
  byId("staying-list").append(...staying.map((one) => noteLine(one.exclusive_us, one.code, one.place, one.reason)));
}

// The texts are those of the terminal: what stands between backticks is code.
function textWithCode(tag, className, text) {
  const made = element(tag, className);
  const parts = text.split("`");
  // A backtick without its other is one of the text's own.
  if (parts.length % 2 === 0) made.textContent = text;
  else made.append(...parts.map((part, i) => (i % 2 ? element("code", "", part) : part)));
  return made;
}

function noteLine(us, name, place, text) {
  const line = element("li", "note-line");
  line.append(
    element("span", "note-ms", msText(us)), " ", element("code", "name", clipped(name, 120)), " ",
    element("span", "place", clipped(place, 100)),
  );
  if (text) line.append(" ", textWithCode("span", "note-text", clipped(text, 500)));
  return line;
}

function pairs(list, rows) {
  list.append(...rows.map(([label, value]) => {
    const pair = element("div");
    pair.append(element("dt", "", label), element("dd", "", clipped(String(value), 400)));
    return pair;
  }));
}

function drawFinePrint() {
  pairs(byId("environment"), data.environment);
  const h = data.headline;
  const ms = (i) => `${wholeMs(i.value)} ms (${wholeMs(i.low)} to ${wholeMs(i.high)})`;
  const ratio = h.speed_ratio;
  pairs(byId("model"), [
    ["Floor", ms(h.floor_ms)],
    ["Speed ratio, Lambda to here", `${ratio.value.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`],
    ["Function init on Lambda", ms(h.function_init_ms)],
    ["Init on Lambda", ms(h.init_ms)],
    [clockWords(), `${msText(data.local.cpu_us.value)} (${msText(data.local.cpu_us.low)} to ${msText(data.local.cpu_us.high)})`],
    ...(data.source !== "measured" ? [] : [["Measured here, wall", msText(data.local.wall_us)]]),
    ["Not attributed to a row", shareText(data.local.unattributed_share, 1)],
  ]);
  byId("notes").append(...data.notes.map((note) => textWithCode("li", "", clipped(note, 800))));
  byId("sources").append(...data.sources.map(([figure, source, date]) => {
    const row = element("tr");
    const head = element("th", "", clipped(figure, 300));
    head.scope = "row";
    row.append(head, element("td", "", clipped(source, 400)), element("td", "", clipped(date, 40)));
    return row;
  }));
}
