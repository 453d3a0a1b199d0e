// Ties search, legend, chart and table together.

const data = JSON.parse(byId("data").textContent);
const tree = new Tree(data, () => JSON.parse(byId("details").textContent));
const money = new Money(data);
const state = { matches: null, shown: null, hits: [], hit: -1, order: TIME_ORDER, payers: null, keys: { p: () => setOrder(PAY_ORDER), s: showSandwich } };
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

let chart = null;
let table = null;

function applyFilters() {
  tellMatches();
  const dim = tree.dimmed(state.matches, state.shown);
  chart.setDim(chart.tree === tree ? dim : chart.tree.dimmed(state.matches, state.shown));
  table?.filter(dim);
}

function search(text) {
  state.matches = text ? tree.search(text) : null;
  applyFilters();
}

function selectNode(node) {
  if (chart.tree !== tree) setOrder(TIME_ORDER);
  chart.show(node);
}

const ORDERS = [TIME_ORDER, HEAVY_ORDER, PAY_ORDER];

function setOrder(order) {
  for (const one of ORDERS) byId(`order-${one}`).setAttribute("aria-pressed", String(order === one));
  byId("chart-title-text").textContent = order === PAY_ORDER ? "Who pays for what" : "Import tree";
  const chosen = chart.selected;
  if (order === PAY_ORDER) {
    state.payers = state.payers || new PayTree(tree);
    if (chart.tree === state.payers) return;
    const source = chart.tree.source(chosen);
    chart.setTree(state.payers, HEAVY_ORDER);
    const found = state.payers.find(source);
    chart.select(found);
    if (found !== state.payers.root) chart.zoom(found);
  } else if (chart.tree === tree) {
    chart.setOrder(order);
    chart.reveal(chart.selected, false);
  } else {
    const source = chart.tree.source(chosen);
    chart.setTree(tree, order);
    if (source !== NONE) chart.show(source);
  }
  state.order = order;
  chart.setDim(chart.tree.dimmed(state.matches, state.shown));
  drawCrumbs();
}

// The selected module in the middle of who imports it and what it loads.
function showSandwich() {
  const source = chart.tree.source(chart.selected);
  if (source === NONE) return;
  for (const one of ORDERS) byId(`order-${one}`).setAttribute("aria-pressed", String(one === PAY_ORDER));
  byId("chart-title-text").textContent = "Who imports it, what it loads";
  chart.setTree(new SandwichTree(tree, source), TIME_ORDER);
  chart.reveal(chart.tree.root, false);
  state.order = PAY_ORDER;
  chart.setDim(chart.tree.dimmed(state.matches, state.shown));
  onSelect(chart.tree.root);
  drawCrumbs();
}

// All that changes the page comes before the chart, which asks how wide it may be.
drawHeader();
drawVerdict();
drawBudget();
drawPhases();
drawChanges();
drawWorth();
drawBytecode();
drawWarnings();
drawSupplies();
drawLegend();
chart = drawChart();
drawCrumbs();
byId("legend-clear").addEventListener("click", clearOwners);
listenToMemory(() => {
  drawMoney();
  drawWorth();
});
listen();
whenParsed(fromFragment);
// For measurements from outside: the chart is drawn and answers from here on.
performance.mark("interactive");
whenParsed(() => whenIdle(() => {
  table = drawTable(tree.real, importColumns(tree));
  // What was typed or pressed before there were rows counts for them as well.
  if (state.matches || state.shown) applyFilters();
  drawAdvice();
  drawFinePrint();
  drawCurve();
  performance.mark("complete");
  // The first letter typed must not wait for 20,000 names to be put together.
  whenIdle(() => tree.names.lower);
}));
