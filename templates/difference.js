// Ties search, legend, chart and table of two profiles together.

const data = JSON.parse(byId("data").textContent);
const tree = new DifferenceTree(data);
const state = { matches: null, found: null, shown: null, hits: [], hit: -1, order: TIME_ORDER, keys: {} };
const tooltip = new Tooltip(byId("tooltip"));
const ORDERS = [TIME_ORDER, HEAVY_ORDER];
tree.handler = NONE;

let chart = null;
let table = null;

function changeColumns() {
  const { name_ids: names, kind_ids: kinds, base_us: base, head_us: head, nodes } = data.modules;
  const owner = (row) => ownerLabel(data.owners[data.owner_ids[names[row]]]);
  return [
    { title: "Module", words: true, cell: (row, hooks) => changedCell(names[row], kinds[row], nodes[row], hooks), value: (row) => tree.names.lower[names[row]] },
    { title: "Difference, ms", text: (row) => signedMs(head[row] - base[row]).replace(" ms", ""), value: (row) => head[row] - base[row] },
    { title: "Size of it", first: true, text: (row) => msColumn(Math.abs(head[row] - base[row])), value: (row) => Math.abs(head[row] - base[row]) },
    { title: "Before, ms", text: (row) => msColumn(base[row]), value: (row) => base[row] },
    { title: "After, ms", text: (row) => msColumn(head[row]), value: (row) => head[row] },
    { title: "Change", words: true, text: (row) => data.kinds[kinds[row]], value: (row) => kinds[row] },
    { title: "Distribution", words: true, text: owner, value: (row) => owner(row).toLowerCase() },
    { title: "Imported at", words: true, text: (row) => data.places[names[row]] || "–", value: (row) => data.places[names[row]] },
  ];
}

function changedCell(name, kind, node, hooks) {
  const cell = element("th", "module");
  cell.scope = "row";
  const line = element("span", "module-line");
  const inTree = node !== NONE;
  const label = element(inTree ? "button" : "span", "name", clipped(tree.names.at(name)));
  if (inTree) {
    label.type = "button";
    label.node = node;
    label.addEventListener("click", () => hooks.pick(node));
  }
  line.append(element("span", `swatch ${KIND_COLOURS[kind]}`), label);
  cell.append(line);
  return cell;
}

function applyFilters() {
  tellMatches();
  chart.setDim(tree.dimmed(state.matches, state.shown));
  if (!table) return;
  if (!state.found && !state.shown) {
    table.filter(null);
    return;
  }
  const { name_ids: names, kind_ids: kinds } = data.modules;
  table.filter(Uint8Array.from(names, (name, row) => {
    const out = state.shown && !state.shown.has(kinds[row]);
    return out || (state.found && !state.found[name]) ? 1 : 0;
  }));
}

function search(text) {
  const found = text ? tree.search(text) : null;
  state.matches = found && found.matches;
  state.found = found && found.hits;
  applyFilters();
}

function toggleKind(id, button) {
  const shown = new Set(state.shown || []);
  if (!shown.delete(id)) shown.add(id);
  button.setAttribute("aria-pressed", String(shown.has(id)));
  state.shown = shown.size ? shown : null;
  byId("legend-clear").hidden = !state.shown;
  applyFilters();
}

function clearKinds() {
  state.shown = null;
  for (const button of byId("legend").querySelectorAll("[aria-pressed=true]")) {
    button.setAttribute("aria-pressed", "false");
  }
  byId("legend-clear").hidden = true;
  applyFilters();
}

function selectNode(node) {
  chart.show(node);
}

function setOrder(order) {
  for (const one of ORDERS) byId(`order-${one}`).setAttribute("aria-pressed", String(order === one));
  state.order = order;
  chart.setOrder(order);
  chart.reveal(chart.selected, false);
}

drawDifferenceHead();
drawSides();
drawChanged();
drawCaveats();
drawKinds();
chart = drawChart();
drawCrumbs();
byId("legend-clear").addEventListener("click", clearKinds);
listen();
fromFragment();
performance.mark("interactive");
whenIdle(() => {
  table = drawTable(data.modules.name_ids.length, changeColumns(), ["module", "modules"]);
  // What was typed or pressed before there were rows counts for them as well.
  if (state.matches || state.shown) applyFilters();
  performance.mark("complete");
});
