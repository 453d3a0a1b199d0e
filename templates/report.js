// Fills the page and ties search, legend, chart and table together.

const data = JSON.parse(byId("data").textContent);
const tree = new Tree(data);
const LEGEND_FIRST = 14;
const state = { matches: null, shown: null, hits: [], hit: -1 };

function handlerNode() {
  const wanted = data.function.module;
  for (let node = 0; node < tree.real; node += 1) {
    if (tree.blocks[node] === NONE && tree.parents[node] === tree.root && tree.name(node) === wanted) {
      return node;
    }
  }
  return NONE;
}

const chart = new Icicle(
  {
    canvas: byId("icicle"), ruler: byId("ruler"), scroller: byId("icicle-scroll"),
    sizer: byId("icicle-sizer"), handler: handlerNode(),
  },
  tree,
  { select: onSelect, zoom: drawCrumbs, hover: placeTooltip },
);

const table = new ImportTable(
  {
    head: byId("modules-head"), body: byId("modules-body"), count: byId("table-count"),
    label: byId("page-label"), pager: byId("pager"), first: byId("page-first"),
    back: byId("page-back"), next: byId("page-next"), last: byId("page-last"),
  },
  tree,
  { pick: showInChart },
);

function drawHeader() {
  const f = data.function;
  const handler = f.handler || "Import log";
  byId("handler").textContent = clipped(handler, 90);
  document.title = `${clipped(handler, 60)}: ${wholeMs(data.headline.billed_init_ms.value)} ms billed init`;
  const facts = [f.runtime, f.arch, f.package_type, `${wholeNumber.format(f.memory_mb)} MB`];
  byId("facts").append(...facts.map((fact) => element("li", "", clipped(String(fact), 60))));
}

function drawVerdict() {
  const h = data.headline;
  const billed = h.billed_init_ms;
  byId("billed").textContent = wholeMs(billed.value);
  byId("band").textContent =
    `between ${wholeMs(billed.low)} and ${wholeMs(billed.high)} ms (${Math.round(100 * billed.confidence)} % band), at ${wholeNumber.format(data.function.memory_mb)} MB`;
  byId("dollars").textContent = dollarsText(h.dollars_per_million.value);
  byId("own-init").textContent = `${wholeMs(h.function_init_ms.value)} ms`;
  byId("local-init").textContent = msText(data.local.cpu_us.value);
  const limits = {
    near: "Close to Lambda's limit of 10 s for init: a slow start may pass it.",
    past: "Past Lambda's limit of 10 s for init: Lambda ends it and starts again inside the first request.",
  };
  const limit = limits[h.limit];
  byId("limit").hidden = !limit;
  if (limit) byId("limit").textContent = limit;
}

function drawPhases() {
  const bar = byId("phase-bar");
  const note = byId("phase-note");
  const heaviest = data.phases.reduce((a, b) => (b.init_ms > a.init_ms ? b : a), data.phases[0]);
  const explain = (phase) => {
    const local = phase.local_us === null ? "" : ` Measured here: ${msText(phase.local_us)} CPU.`;
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

// On narrow screens the rows become blocks, and browsers then forget that they were rows.
function withRoles(row) {
  row.setAttribute("role", "row");
  for (const cell of row.children) {
    cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
  }
}

// The distribution's name, where the module's own does not say it already.
function ownerBeside(node) {
  const owner = tree.distribution(node);
  const plain = owner.toLowerCase().replaceAll("-", "_");
  return plain === tree.name(node).split(".")[0].toLowerCase() ? "" : owner;
}

function drawTop() {
  const ratio = data.headline.speed_ratio.value;
  const nodes = data.most_expensive;
  const most = Math.max(1, ...nodes.map((node) => tree.cumulativeUs[node]));
  byId("top-imports").append(...nodes.map((node) => {
    const row = element("tr");
    const cell = moduleCell(tree, node, showInChart, ownerBeside(node));
    const bar = element("td", "num bar-cell");
    const fill = element("span", `bar-fill ${tree.colour(node)}`);
    // The figure keeps its own room at the right; the bar grows in what is left.
    fill.style.width = `calc((100% - 96px) * ${Math.max(0, tree.cumulativeUs[node]) / most})`;
    bar.append(fill, element("span", "bar-text", `${msColumn(tree.cumulativeUs[node])} ms`));
    row.append(
      cell, bar,
      element("td", "num self-cell", `${msColumn(tree.selfUs[node])} ms`),
      element("td", "num modelled-cell", `≈ ${wholeMs((tree.cumulativeUs[node] * ratio) / 1000)} ms`),
      importerCell(tree, node),
    );
    withRoles(row);
    return row;
  }));
  byId("top-empty").hidden = nodes.length > 0;
}

function drawBytecode() {
  const advice = data.bytecode;
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
  byId("warning-list").append(...data.warnings.map((warning) => element("li", "", clipped(warning.message, 600))));
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
    ["Measured here, CPU", `${msText(data.local.cpu_us.value)} (${msText(data.local.cpu_us.low)} to ${msText(data.local.cpu_us.high)})`],
    ["Measured here, wall", msText(data.local.wall_us)],
    ["Not attributed to a row", shareText(data.local.unattributed_share, 1)],
  ]);
  byId("notes").append(...data.notes.map((note) => element("li", "", clipped(note, 800))));
  byId("sources").append(...data.sources.map(([figure, source, date]) => {
    const row = element("tr");
    const head = element("th", "", clipped(figure, 300));
    head.scope = "row";
    row.append(head, element("td", "", clipped(source, 400)), element("td", "", clipped(date, 40)));
    return row;
  }));
}

function startupUs() {
  let us = 0;
  for (let node = tree.real; node < tree.root; node += 1) us += tree.widths[node];
  return us;
}

function drawLegend() {
  const whole = tree.widths[tree.root];
  const ranked = data.distributions
    .map((distribution, id) => ({ ...distribution, id }))
    .filter((distribution) => distribution.modules > 0)
    .sort((a, b) => b.self_us - a.self_us);
  const entries = ranked.map((d, place) => {
    const item = element("li", place >= LEGEND_FIRST ? "later" : "");
    const button = element("button", "entry");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.append(
      element("span", `swatch ${d.colour}`), element("span", "entry-name", clipped(ownerLabel(d.name), 40)),
      element("span", "entry-ms", msText(d.self_us)), element("span", "entry-share", shareText(d.self_us, whole)),
    );
    button.addEventListener("click", () => toggleOwner(d.id, button));
    item.append(button);
    return item;
  });
  const legend = byId("legend");
  legend.append(...entries);
  const startup = startupUs();
  if (startup > 0) {
    const item = element("li", "entry still");
    item.append(element("span", "swatch startup"), element("span", "entry-name", "interpreter and runtime"),
      element("span", "entry-ms", msText(startup)), element("span", "entry-share", shareText(startup, whole)));
    legend.append(item);
  }
  if (ranked.length > LEGEND_FIRST) legend.append(moreButton(legend, ranked.length - LEGEND_FIRST));
}

function moreButton(legend, count) {
  const item = element("li");
  const button = element("button", "plain", `${count} more`);
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    const open = legend.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Fewer" : `${count} more`;
  });
  item.append(button);
  return item;
}

function toggleOwner(id, button) {
  const shown = state.shown ? new Set(state.shown) : new Set();
  if (!shown.delete(id)) shown.add(id);
  button.setAttribute("aria-pressed", String(shown.has(id)));
  state.shown = shown.size ? shown : null;
  byId("legend-clear").hidden = !state.shown;
  applyFilters();
}

function clearOwners() {
  state.shown = null;
  for (const button of byId("legend").querySelectorAll("[aria-pressed=true]")) {
    button.setAttribute("aria-pressed", "false");
  }
  byId("legend-clear").hidden = true;
  applyFilters();
}

function applyFilters() {
  chart.matches = state.matches;
  chart.shown = state.shown;
  chart.repaint();
  table.filter(state.matches, state.shown);
}

function search(text) {
  const result = byId("search-result");
  state.hit = -1;
  state.hits = [];
  if (!text) {
    state.matches = null;
    result.textContent = "";
  } else {
    const found = tree.search(text);
    state.matches = found.matches;
    for (let node = 0; node < tree.real; node += 1) if (found.matches[node]) state.hits.push(node);
    const share = shareText(found.us, tree.widths[tree.root]);
    result.textContent = found.count
      ? `${plural(found.count, "match", "matches")}, ${msText(found.us)}, ${share}`
      : "No match";
  }
  applyFilters();
}

function nextHit(step) {
  if (!state.hits.length) return;
  state.hit = (state.hit + step + state.hits.length) % state.hits.length;
  chart.show(state.hits[state.hit]);
}

// A node's facts, as label and value, for the tooltip and the line under the chart.
function factsOf(node) {
  const whole = tree.widths[tree.root];
  const facts = [
    ["Cumulative", `${msText(tree.cumulativeUs[node])}, ${shareText(tree.cumulativeUs[node], whole)}`],
  ];
  if (!tree.isReal(node)) return facts;
  facts.push(["Self", msText(tree.selfUs[node])], ["Distribution", tree.distribution(node)]);
  const { name, place } = tree.importer(node);
  if (name) facts.push(["Imported by", name]);
  if (place) facts.push(["At", place]);
  const [memory, own] = [tree.memory(node), tree.memory(node, "rss_self_kb")];
  if (memory !== null) facts.push(["Memory", `${memoryText(memory)}, itself ${memoryText(own)}`]);
  if (tree.bytecode(node)) facts.push(["Bytecode", tree.bytecode(node)]);
  facts.push(["Phase", tree.phase(node)]);
  return facts;
}

function factRows(node) {
  return factsOf(node).map(([label, value]) => {
    const pair = element("div");
    pair.append(element("dt", "", label), element("dd", "", clipped(value, 200)));
    return pair;
  });
}

function placeTooltip(node, x, y) {
  const tip = byId("tooltip");
  if (node === NONE) {
    tip.hidden = true;
    tip.node = NONE;
    return;
  }
  if (tip.node !== node) {
    tip.node = node;
    const list = element("dl", "pairs");
    list.append(...factRows(node));
    const title = element("p", "tip-name");
    title.append(element("span", `swatch ${tree.colour(node)}`), clipped(tree.name(node), 300));
    const folded = !tree.isReal(node) && node !== tree.root && chart.openBlock !== tree.blocks[node];
    tip.replaceChildren(title, list, ...(folded ? [element("p", "quiet", "Click to unfold what it loads.")] : []));
    tip.hidden = false;
  }
  const box = tip.getBoundingClientRect();
  const left = Math.min(x + 14, innerWidth - box.width - 8);
  const top = y + 18 + box.height > innerHeight ? y - box.height - 12 : y + 18;
  tip.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(8, top)}px)`;
}

function onSelect(node) {
  const detail = byId("detail");
  detail.hidden = false;
  const name = element("div", "detail-name");
  name.append(element("dt", "", "Selected"), element("dd", "mono", clipped(tree.name(node), 300)));
  detail.replaceChildren(name, ...factRows(node));
  const spoken = factsOf(node).slice(0, 3).map(([label, value]) => `${label} ${value}`).join(", ");
  byId("live").textContent = `${clipped(tree.name(node), 100)}. ${spoken}`;
  const fragment = tree.isReal(node) ? `#n=${node}` : "#";
  // Replaced, not pushed: Back leaves the report instead of walking through every selection.
  if (location.hash !== fragment) history.replaceState(null, "", fragment);
}

function crumb(node, last) {
  const item = element("li");
  const name = node === tree.root ? "Everything" : relativeName(tree.name(node), chart.parentName(node));
  const button = element("button", "crumb", clipped(name, 60));
  button.type = "button";
  if (last) button.setAttribute("aria-current", "location");
  button.addEventListener("click", () => {
    chart.select(node);
    chart.zoom(node);
  });
  item.append(button);
  return item;
}

const MOST_CRUMBS = 8;

function drawCrumbs() {
  const path = tree.ancestors(chart.focus);
  const long = path.length > MOST_CRUMBS;
  const shown = long ? [...path.slice(0, 2), ...path.slice(2 - MOST_CRUMBS)] : path;
  const items = shown.map((node) => crumb(node, node === chart.focus));
  if (long) {
    items.splice(2, 0, element("li", "gap", `… ${plural(path.length - shown.length, "level", "levels")} …`));
  }
  byId("crumbs").replaceChildren(...items);
  byId("crumbs").classList.toggle("at-root", path.length === 1);
}

function showInChart(node) {
  chart.show(node);
  byId("icicle-scroll").scrollIntoView({ block: "nearest" });
  chart.canvas.focus({ preventScroll: true });
}

function setOrder(order) {
  byId("order-time").setAttribute("aria-pressed", String(order === TIME_ORDER));
  byId("order-heavy").setAttribute("aria-pressed", String(order === HEAVY_ORDER));
  chart.setOrder(order);
  chart.reveal(chart.selected, false);
}

function fromFragment() {
  const found = /^#n=(\d{1,9})$/.exec(location.hash);
  const node = found ? Number(found[1]) : NONE;
  if (node === NONE || node >= tree.real || node === chart.selected) return;
  chart.show(node);
  byId("icicle-scroll").scrollIntoView({ block: "nearest" });
}

async function copyText(text, done) {
  let said = done;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    said = "The browser did not allow copying";
  }
  byId("live").textContent = said;
  byId("toast").textContent = said;
  byId("toast").classList.add("on");
  setTimeout(() => byId("toast").classList.remove("on"), 1600);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  if (event.target.closest("input, textarea, select")) return;
  const actions = {
    "/": () => byId("search").focus(),
    "?": () => byId("help").showModal(),
    o: () => setOrder(chart.order === TIME_ORDER ? HEAVY_ORDER : TIME_ORDER),
    c: () => copyText(tree.name(chart.selected), "Name copied"),
  };
  if (!Object.hasOwn(actions, event.key)) return;
  event.preventDefault();
  actions[event.key]();
}

function listen() {
  const box = byId("search");
  let waiting = 0;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => search(box.value.trim()), 60);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") nextHit(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") {
      box.value = "";
      search("");
      chart.canvas.focus();
    }
  });
  byId("order-time").addEventListener("click", () => setOrder(TIME_ORDER));
  byId("order-heavy").addEventListener("click", () => setOrder(HEAVY_ORDER));
  byId("legend-clear").addEventListener("click", clearOwners);
  byId("help-open").addEventListener("click", () => byId("help").showModal());
  byId("help-close").addEventListener("click", () => byId("help").close());
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", fromFragment);
}

drawHeader();
drawVerdict();
drawPhases();
drawTop();
drawBytecode();
drawWarnings();
drawLegend();
drawCrumbs();
drawFinePrint();
listen();
fromFragment();
