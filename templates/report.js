// Ties search, legend, chart and table together.

const data = JSON.parse(byId("data").textContent);
const tree = new Tree(data);
const money = new Money(data);
const state = { matches: null, shown: null, hits: [], hit: -1, payers: null };
const tooltip = new Tooltip(byId("tooltip"));
const PAY_ORDER = "pay";

function handlerNode() {
  const wanted = data.function.module;
  for (let node = 0; node < tree.real; node += 1) {
    const top = tree.block(node) === NONE && tree.parents[node] === tree.root;
    if (top && tree.name(node) === wanted) return node;
  }
  return NONE;
}

tree.handler = handlerNode();

const chart = new Icicle(
  {
    canvas: byId("icicle"), ruler: byId("ruler"), map: byId("minimap"),
    scroller: byId("icicle-scroll"), sizer: byId("icicle-sizer"),
  },
  tree,
  { select: onSelect, zoom: drawCrumbs, hover: (node, x, y) => tooltip.show(chart, node, x, y) },
);

const table = new ImportTable(
  {
    head: byId("modules-head"), body: byId("modules-body"), count: byId("table-count"),
    scroller: byId("table-scroll"), table: byId("modules"), empty: byId("table-empty"),
  },
  tree,
  importColumns(tree),
  { pick: showInChart },
);

function applyFilters() {
  chart.setDim(chart.tree.dimmed(state.matches, state.shown));
  table.filter(state.matches || state.shown ? tree.dimmed(state.matches, state.shown) : null);
}

function search(text) {
  const result = byId("search-result");
  state.hit = -1;
  state.hits = [];
  state.matches = null;
  result.textContent = "";
  if (text) {
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
  selectNode(state.hits[state.hit]);
}

function onSelect(node) {
  const shown = chart.tree;
  byId("detail").hidden = false;
  const name = element("div", "detail-name");
  name.append(element("dt", "", "Selected"), element("dd", "mono", clipped(shown.name(node), 300)));
  byId("detail-list").replaceChildren(name, ...factRows(shown, node));
  const spoken = factsOf(shown, node).slice(0, 3).map(([label, value]) => `${label} ${value}`).join(", ");
  byId("live").textContent = `${clipped(shown.name(node), 100)}. ${spoken}`;
  const fragment = shown === tree && tree.isReal(node) ? `#n=${node}` : "#";
  byId("detail-link").hidden = fragment === "#";
  // Replaced, not pushed: Back leaves the report instead of walking through every selection.
  if (location.hash !== fragment) history.replaceState(null, "", fragment);
}

function crumb(node, last) {
  const item = element("li");
  const name = node === chart.tree.root ? "Everything" : chart.tree.label(node);
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
  const path = chart.tree.ancestors(chart.focus);
  const long = path.length > MOST_CRUMBS;
  const shown = long ? [...path.slice(0, 2), ...path.slice(2 - MOST_CRUMBS)] : path;
  const items = shown.map((node) => crumb(node, node === chart.focus));
  if (long) {
    items.splice(2, 0, element("li", "gap", `… ${plural(path.length - shown.length, "level", "levels")} …`));
  }
  byId("crumbs").replaceChildren(...items);
  byId("crumbs").classList.toggle("at-root", path.length === 1);
}

function selectNode(node) {
  if (chart.tree !== tree) setOrder(TIME_ORDER);
  chart.show(node);
}

function showInChart(node) {
  selectNode(node);
  byId("icicle-scroll").scrollIntoView({ block: "nearest" });
  chart.canvas.focus({ preventScroll: true });
}

const ORDERS = [TIME_ORDER, HEAVY_ORDER, PAY_ORDER];

function setOrder(order) {
  for (const one of ORDERS) byId(`order-${one}`).setAttribute("aria-pressed", String(order === one));
  byId("chart-title-text").textContent = order === PAY_ORDER ? "Who pays for what" : "Import tree";
  const chosen = chart.selected;
  if (order === PAY_ORDER) {
    if (chart.tree !== tree) return;
    state.payers = state.payers || new PayTree(tree);
    chart.setTree(state.payers, HEAVY_ORDER);
    const found = state.payers.find(chosen);
    chart.select(found);
    if (found !== state.payers.root) chart.zoom(found);
  } else if (chart.tree === tree) {
    chart.setOrder(order);
    chart.reveal(chart.selected, false);
  } else chart.setTree(tree, order);
  state.order = order;
  chart.setDim(chart.tree.dimmed(state.matches, state.shown));
  drawCrumbs();
}

function fromFragment() {
  const found = /^#n=(\d{1,9})$/.exec(location.hash);
  const node = found ? Number(found[1]) : NONE;
  if (node === NONE || node >= tree.real || (chart.tree === tree && node === chart.selected)) return;
  selectNode(node);
  byId("icicle-scroll").scrollIntoView({ block: "nearest" });
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  if (event.target.closest("input:not([type=range]), textarea, select")) return;
  const next = ORDERS[(ORDERS.indexOf(state.order || TIME_ORDER) + 1) % ORDERS.length];
  const actions = {
    "/": () => byId("search").focus(),
    "?": () => byId("help").showModal(),
    o: () => setOrder(next),
    p: () => setOrder(PAY_ORDER),
    c: copyName,
    t: () => byId("table-section").focus(),
  };
  if (!Object.hasOwn(actions, event.key)) return;
  event.preventDefault();
  actions[event.key]();
}

function copyName() {
  copyText(chart.tree.name(chart.selected), "Name copied");
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
  for (const order of ORDERS) byId(`order-${order}`).addEventListener("click", () => setOrder(order));
  byId("legend-clear").addEventListener("click", clearOwners);
  byId("detail-copy").addEventListener("click", copyName);
  byId("detail-link").addEventListener("click", () => copyText(location.href, "Link copied"));
  byId("help-open").addEventListener("click", () => byId("help").showModal());
  byId("help-close").addEventListener("click", () => byId("help").close());
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", fromFragment);
  listenToMemory(() => {
    drawMoney();
    drawWorth();
  });
}

drawHeader();
drawVerdict();
drawBudget();
drawPhases();
drawChanges();
drawWorth();
drawBytecode();
drawWarnings();
drawAdvice();
drawLegend();
drawCrumbs();
drawFinePrint();
listen();
fromFragment();
// For measurements from outside: all of the page answers from here on.
performance.mark("interactive");
