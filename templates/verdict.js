// The verdict: what a cold start bills, at the memory size of the slider, and where it goes.

// A log has one clock, that of its rows.
function clockWords() {
  return data.source !== "measured" ? "In the log, wall" : "Measured here, CPU";
}

function drawHeader() {
  const f = data.function;
  const handler = f.handler || (f.origin ? `Import log, ${f.origin}` : "Import log");
  byId("handler").textContent = clipped(handler, 90);
  document.title = `${clipped(handler, 60)}: ${wholeMs(data.headline.billed_init_ms.value)} ms billed init`;
  const facts = [f.runtime, f.arch, f.package_type, `${wholeText(f.memory_mb)} MB`];
  byId("facts").append(...facts.map((fact) => element("li", "", clipped(String(fact), 60))));
}

function drawBudget() {
  const budget = data.budget;
  const box = byId("budget");
  box.hidden = !budget;
  if (!budget) return;
  const words = { pass: "Within budget", fail: "Over budget" };
  box.classList.add(Object.hasOwn(words, budget.status) ? budget.status : "unknown");
  box.append(element("strong", "", words[budget.status] || "Budget not decided"), " ", clipped(budget.text, 300));
}

function drawVerdict() {
  const h = data.headline;
  byId("own-init").textContent = `${wholeMs(h.function_init_ms.value)} ms`;
  byId("local-init").textContent = msText(data.local.cpu_us.value);
  const limits = {
    near: "Close to Lambda's limit of 10 s for init: a slow start may pass it.",
    past: "Past Lambda's limit of 10 s for init: Lambda ends it and starts again inside the first request.",
  };
  const limit = Object.hasOwn(limits, h.limit) ? limits[h.limit] : "";
  byId("limit").hidden = !limit;
  byId("limit").textContent = limit;
  drawMoney();
}

function drawMoney() {
  const billed = money.billed();
  byId("billed").textContent = wholeMs(billed.value);
  byId("band").textContent =
    `between ${wholeMs(billed.low)} and ${wholeMs(billed.high)} ms (${Math.round(100 * billed.confidence)} % band)`;
  byId("dollars").textContent = dollarsText(money.dollars(billed.value));
  const size = `${wholeText(money.memoryMb)} MB`;
  byId("memory-label").textContent = size;
  byId("memory").setAttribute("aria-valuetext", size);
  const own = money.memoryMb === data.function.memory_mb;
  byId("memory-note").textContent = own
    ? "as configured" : `configured: ${wholeText(data.function.memory_mb)} MB`;
}

function listenToMemory(changed) {
  const slider = byId("memory");
  const stops = money.constants.memory_mb;
  slider.max = String(stops.length - 1);
  slider.value = String(stops.indexOf(money.memoryMb));
  slider.addEventListener("input", () => {
    money.memoryMb = stops[Number(slider.value)];
    changed();
  });
}

function drawPhases() {
  const bar = byId("phase-bar");
  const note = byId("phase-note");
  const heaviest = data.phases.reduce((a, b) => (b.init_ms > a.init_ms ? b : a), data.phases[0]);
  const explain = (phase) => {
    const local = phase.local_us === null ? "" : ` ${clockWords()}: ${msText(phase.local_us)}.`;
    note.replaceChildren(
      element("strong", "", `${phase.label}, ${shareText(phase.share, 1)} of init. `),
      `${phase.explanation}${local}`,
    );
    for (const part of bar.children) part.classList.toggle("on", part.phase === phase);
  };
  data.phases.forEach((phase, i) => {
    const part = element("button", `phase phase-${i % 6}`);
    part.type = "button";
    part.phase = phase;
    part.setAttribute("aria-label", `${phase.label}, ${wholeMs(phase.init_ms)} ms, ${shareText(phase.share, 1)}`);
    part.style.flexGrow = String(Math.max(phase.share, 0.001));
    const key = element("li", `phase-key phase-${i % 6}`);
    key.append(element("span", "chip"), element("span", "", phase.label), element("strong", "", `${wholeMs(phase.init_ms)} ms`));
    for (const kind of ["pointerenter", "focus", "click"]) {
      part.addEventListener(kind, () => explain(phase));
    }
    key.addEventListener("pointerenter", () => explain(phase));
    bar.append(part);
    byId("phase-keys").append(key);
  });
  if (heaviest) explain(heaviest);
}
