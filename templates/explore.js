// Search, selection, path and keys around the chart. Works on the page's `data`, `tree`, `chart`,
// `state`, `tooltip` and on its `search`, `setOrder`, `selectNode` and ORDERS.

const MOST_CRUMBS = 8;

const SETTLE_MS = 250;

// What search and legend leave together: told beside the box, and walked through with Enter.
function tellMatches() {
  const { matches, shown } = state;
  const found = matches && tree.tally(matches, shown);
  state.hits = found ? found.hits : [];
  state.hit = NONE;
  let text = "";
  if (state.hits.length) text = `${plural(state.hits.length, "match", "matches")}, ${found.text}`;
  else if (matches) text = shown && matches.includes(1) ? "No match in what is shown" : "No match";
  byId("search-result").textContent = text;
}

function nextHit(step) {
  if (!state.hits.length) return;
  // Before the first of them, a step back is one to the last.
  const from = state.hit === NONE && step < 0 ? 0 : state.hit;
  state.hit = (from + step + state.hits.length) % state.hits.length;
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
  const sandwich = byId("detail-sandwich");
  if (sandwich) sandwich.hidden = shown.source(node) === NONE || (shown !== tree && node === shown.root);
  const fragment = shown === tree && node < tree.real ? `#n=${node}` : "#";
  byId("detail-link").hidden = fragment === "#";
  tellAddress(fragment);
}

// Replaced, not pushed: Back leaves the report instead of walking through every selection. Once
// the selection rests: browsers refuse an address that changes with every repeat of a held key.
function tellAddress(fragment) {
  state.fragment = fragment;
  clearTimeout(state.telling);
  state.telling = setTimeout(() => {
    if (location.hash === (fragment === "#" ? "" : fragment)) return;
    try {
      history.replaceState(null, "", fragment);
    } catch {
      // A page inside another page's frame has no address of its own; all else works there.
    }
  }, SETTLE_MS);
}

function crumb(node, last) {
  const item = element("li");
  const name = node === chart.tree.root ? chart.tree.title : chart.tree.label(node);
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

function showInChart(node) {
  selectNode(node);
  byId("icicle-scroll").scrollIntoView({ block: "nearest" });
  chart.canvas.focus({ preventScroll: true });
}

function fromFragment() {
  const found = /^#n=(\d{1,9})$/.exec(location.hash);
  const node = found ? Number(found[1]) : NONE;
  if (node === NONE || node >= tree.real || (chart.tree === tree && node === chart.selected)) return;
  selectNode(node);
  byId("icicle-scroll").scrollIntoView({ block: "nearest" });
}

function copyName() {
  copyText(chart.tree.name(chart.selected), "Name copied");
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  if (event.target.closest("input:not([type=range]), textarea, select")) return;
  const next = ORDERS[(ORDERS.indexOf(state.order) + 1) % ORDERS.length];
  const actions = {
    ...state.keys,
    "/": () => byId("search").focus(),
    "?": () => byId("help").showModal(),
    o: () => setOrder(next),
    c: copyName,
    t: () => byId("table-section").focus(),
  };
  if (!Object.hasOwn(actions, event.key)) return;
  event.preventDefault();
  actions[event.key]();
}

function listen() {
  const box = byId("search");
  let waiting = 0;
  const find = () => {
    clearTimeout(waiting);
    waiting = 0;
    search(box.value.trim());
  };
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 60);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      if (waiting) find();
      nextHit(event.shiftKey ? -1 : 1);
    }
    if (event.key === "Escape") {
      box.value = "";
      find();
      chart.canvas.focus();
    }
  });
  for (const order of ORDERS) byId(`order-${order}`).addEventListener("click", () => setOrder(order));
  byId("detail-copy").addEventListener("click", copyName);
  byId("detail-sandwich")?.addEventListener("click", () => state.keys.s());
  byId("detail-link").addEventListener("click", () => copyText(location.href.split("#")[0] + state.fragment, "Link copied"));
  byId("help-open").addEventListener("click", () => byId("help").showModal());
  byId("help-close").addEventListener("click", () => byId("help").close());
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", fromFragment);
}

function drawChart() {
  const parts = {
    canvas: byId("icicle"), ruler: byId("ruler"), map: byId("minimap"),
    scroller: byId("icicle-scroll"), sizer: byId("icicle-sizer"),
  };
  const hover = (node, x, y) => tooltip.show(chart, node, x, y);
  return new Icicle(parts, tree, { select: onSelect, zoom: drawCrumbs, hover });
}

function drawTable(count, columns, noun) {
  const parts = {
    head: byId("modules-head"), body: byId("modules-body"), count: byId("table-count"),
    scroller: byId("table-scroll"), table: byId("modules"), empty: byId("table-empty"), noun,
  };
  return new ImportTable(parts, count, columns, { pick: showInChart });
}
