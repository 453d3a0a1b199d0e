// The parts above the chart: the verdict, the two phase bars, what changed most.

const VERDICT_WORDS = { slower: "slower", faster: "faster", same: "no difference beyond the noise" };
const MOST_CHANGED = 8;

function signedWhole(value) {
  const size = Math.round(Math.abs(value));
  return `${size === 0 ? "±" : value < 0 ? "−" : "+"}${wholeText(size)}`;
}

function signedDollars(value) {
  const size = Math.abs(value);
  const [whole, cents] = size.toFixed(2).split(".");
  // What is shown as none has no sign.
  const sign = Number(size.toFixed(2)) === 0 ? "±" : value < 0 ? "−" : "+";
  return `${sign}$${wholeText(Number(whole))}.${cents}`;
}

function drawDifferenceHead() {
  const [before, after] = data.sides.map((side) => side.billed_init_ms);
  const delta = after.value - before.value;
  byId("handler").textContent = clipped(data.handler, 90);
  document.title = `${clipped(data.handler, 60)}: ${signedWhole(delta)} ms billed init`;
  const facts = [data.sides[1].runtime, `${wholeText(data.sides[1].memory_mb)} MB`];
  byId("facts").append(...facts.map((fact) => element("li", "", clipped(String(fact), 60))));
  byId("billed").textContent = signedWhole(delta);
  byId("verdict").textContent = VERDICT_WORDS[data.verdict];
  byId("verdict").classList.add(data.verdict);
  byId("band").textContent = `${wholeMs(before.value)} ms before, ${wholeMs(after.value)} ms after`;
  const dollars = data.dollars_per_million;
  byId("dollars").textContent = signedDollars(dollars.value);
  data.sides.forEach((side, i) => {
    const cpu = side.cpu_us;
    byId(i ? "local-head" : "local-base").textContent =
      `${msText(cpu.value)} (${msColumn(cpu.low)} to ${msColumn(cpu.high)})`;
  });
}

// One bar a side on one scale: what grew is seen, not worked out.
function drawSides() {
  const total = (side) => side.phases.reduce((sum, phase) => sum + phase.init_ms, 0);
  const most = Math.max(1, ...data.sides.map(total));
  data.sides.forEach((side, i) => {
    const bar = byId(i ? "bar-head" : "bar-base");
    bar.append(...side.phases.map((phase, place) => {
      const part = element("span", `phase phase-${place % 6}`);
      part.style.width = `${(100 * phase.init_ms) / most}%`;
      part.title = `${phase.label}: ${wholeMs(phase.init_ms)} ms`;
      return part;
    }));
    // As billed, which is rounded up: the headline's figures, not the sum of the parts.
    byId(i ? "sum-head" : "sum-base").textContent = `${wholeMs(side.billed_init_ms.value)} ms`;
  });
  byId("phase-keys").append(...data.sides[1].phases.map((phase, place) => {
    const before = data.sides[0].phases[place]?.init_ms ?? 0;
    const key = element("li", `phase-key phase-${place % 6}`);
    key.append(element("span", "chip"), element("span", "", phase.label),
      element("strong", "", `${signedWhole(phase.init_ms - before)} ms`));
    return key;
  }));
}

function drawChanged() {
  const shown = data.distributions.filter((one) => one.base_us !== one.head_us).slice(0, MOST_CHANGED);
  const most = Math.max(1, ...shown.map((one) => Math.abs(one.head_us - one.base_us)));
  byId("changed").append(...shown.map((one) => changedItem(one, most)));
  byId("changed-empty").hidden = shown.length > 0;
}

function changedItem(one, most) {
  const delta = one.head_us - one.base_us;
  const item = element("li", "changed-row");
  const counts = [[one.added, "new"], [one.removed, "gone"]].filter(([count]) => count)
    .map(([count, word]) => `${wholeText(count)} ${word}`);
  const bar = element("span", "delta-bar");
  const fill = element("span", `delta-fill ${delta > 0 ? "more" : "less"} ${KIND_COLOURS[Math.max(0, data.kinds.indexOf(one.kind))]}`);
  fill.style.width = `${(50 * Math.abs(delta)) / most}%`;
  bar.append(fill);
  item.append(
    element("span", "delta", signedMs(delta)), bar,
    element("span", "changed-name", clipped(ownerLabel(one.name), 80)),
    element("span", "quiet", `${msText(one.base_us)} → ${msText(one.head_us)}${counts.length ? `, modules: ${counts.join(", ")}` : ""}`),
  );
  return item;
}

function drawCaveats() {
  byId("warnings").hidden = data.caveats.length === 0;
  byId("warning-list").append(...data.caveats.map((text) => element("li", "", clipped(text, 600))));
}

function drawKinds() {
  const sums = data.kinds.map(() => ({ count: 0, us: 0 }));
  data.modules.kind_ids.forEach((kind, row) => {
    sums[kind].count += 1;
    sums[kind].us += data.modules.head_us[row] - data.modules.base_us[row];
  });
  tree.kindIds.forEach((kind) => {
    if (data.kinds[kind] === "moved") sums[kind].count += 1;
  });
  const entries = data.kinds.map((kind, id) => ({ kind, id, ...sums[id] })).filter((one) => one.count);
  byId("legend").append(...entries.map(({ kind, id, count, us }) => {
    const item = element("li");
    const button = element("button", "entry");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.append(element("span", `swatch ${KIND_COLOURS[id]}`), element("span", "entry-name", kind),
      element("span", "entry-ms", plural(count, "module", "modules")));
    if (kind !== "moved") button.append(element("span", "entry-share", signedMs(us)));
    button.addEventListener("click", () => toggleKind(id, button));
    item.append(button);
    return item;
  }));
}
