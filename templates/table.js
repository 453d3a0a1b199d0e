// A table of any length: only the rows in view exist, between two that are as high as the rest.
// It is the chart's form for screen readers, so every row says which it is.

const TABLE_ROW_PX = 30;
const TABLE_SPARE = 8;
const MOST_PRINTED = 200;
// As many columns as the style sheet leaves on paper: a wider cell would make room for the others.
const PRINTED_COLUMNS = 7;

class ImportTable {
  // columns: title, text(node) or cell(node), value(node), words; hooks: pick(node)
  constructor(parts, length, columns, hooks) {
    Object.assign(this, parts);
    this.length = length;
    this.noun = parts.noun || ["import", "imports"];
    this.hooks = hooks;
    this.columns = columns;
    this.dim = null;
    this.sorted = { column: columns.findIndex((one) => one.first), descending: true };
    this.above = spacer();
    this.under = spacer();
    this.drawHead();
    this.scroller.addEventListener("scroll", () => this.draw());
    addEventListener("beforeprint", () => this.print());
    addEventListener("afterprint", () => this.draw(true));
    new ResizeObserver(() => this.draw()).observe(this.scroller);
    this.arrange();
  }

  drawHead() {
    this.headers = this.columns.map((column, i) => {
      const head = element("th", column.words ? "" : "num");
      head.scope = "col";
      const button = element("button", "sort", column.title);
      button.type = "button";
      button.addEventListener("click", () => this.sortBy(i));
      head.append(button);
      this.head.append(head);
      return head;
    });
  }

  sortBy(column) {
    const same = this.sorted.column === column;
    const descending = same ? !this.sorted.descending : !(this.columns[column].words || this.columns[column].up);
    this.sorted = { column, descending };
    this.arrange();
  }

  // The chart gets this frame, the rows the next one: typing must not wait for both.
  filter(dim) {
    this.dim = dim;
    this.choose();
    if (this.waiting) return;
    this.waiting = true;
    afterFrame(() => {
      this.waiting = false;
      this.rewind();
    });
  }

  // Sorted once for all rows: filtering then only leaves rows out, which typing needs to be quick.
  arrange() {
    const { column, descending } = this.sorted;
    const { value, words } = this.columns[column];
    const values = words ? new Array(this.length) : new Float64Array(this.length);
    for (let row = 0; row < this.length; row += 1) values[row] = value(row);
    const sign = descending ? -1 : 1;
    this.order = new Int32Array(this.length).map((_, row) => row).sort((a, b) => {
      if (values[a] < values[b]) return -sign;
      return values[a] > values[b] ? sign : a - b;
    });
    this.headers.forEach((head, i) => {
      if (i === column) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.choose();
    this.rewind();
  }

  choose() {
    const dim = this.dim;
    this.rows = dim ? this.order.filter((node) => !dim[node]) : this.order;
    const [total, all] = [this.rows.length, this.length];
    this.count.textContent = total === all
      ? plural(all, ...this.noun)
      : `${wholeText(total)} of ${plural(all, ...this.noun)}`;
    this.table.setAttribute("aria-rowcount", String(total + 1));
    this.empty.hidden = total > 0;
  }

  // What can be seen first, what scrolling will want when there is time: half the work a frame.
  rewind() {
    this.scroller.scrollTop = 0;
    this.draw(true, 1);
    whenIdle(() => this.draw());
  }

  draw(anew = false, spare = 2 * TABLE_SPARE) {
    const seen = this.scroller.clientHeight || 10 * TABLE_ROW_PX;
    const top = Math.floor(this.scroller.scrollTop / TABLE_ROW_PX) - TABLE_SPARE;
    const from = Math.max(0, top - (top % 2));
    const to = Math.min(this.rows.length, from + Math.ceil(seen / TABLE_ROW_PX) + spare);
    const [drawnFrom, drawnTo] = !anew && this.drawn ? this.drawn : [NONE, NONE];
    if (drawnFrom === from && drawnTo === to) return;
    this.drawn = [from, to];
    if (drawnFrom === from && drawnTo < to) this.extend(drawnTo, to);
    else this.fill(from, to);
    this.above.firstChild.style.height = `${from * TABLE_ROW_PX}px`;
    this.under.firstChild.style.height = `${(this.rows.length - to) * TABLE_ROW_PX}px`;
  }

  extend(from, to) {
    const more = Array.from(this.rows.subarray(from, to), (node, i) => this.row(node, from + i));
    this.under.before(...more);
  }

  // Keeps the focus: a row that scrolls a little must not lose the reader's place.
  fill(from, to) {
    const held = this.body.contains(document.activeElement) ? document.activeElement.node : null;
    const visible = Array.from(this.rows.subarray(from, to));
    const drawn = visible.map((node, i) => this.row(node, from + i));
    this.body.replaceChildren(this.above, ...drawn, this.under);
    const again = held === null ? -1 : visible.indexOf(held);
    if (again >= 0) drawn[again].querySelector("button")?.focus({ preventScroll: true });
  }

  // Paper does not scroll: the first rows of the order, and how many there are.
  print() {
    const to = Math.min(this.rows.length, MOST_PRINTED);
    this.drawn = null;
    this.fill(0, to);
    this.above.firstChild.style.height = this.under.firstChild.style.height = "0";
    if (to < this.rows.length) {
      const more = element("tr");
      const cell = element("td", "", `and ${wholeText(this.rows.length - to)} more, in the page itself`);
      cell.colSpan = Math.min(this.columns.length, PRINTED_COLUMNS);
      more.append(cell);
      this.body.append(more);
    }
  }

  row(node, place) {
    const row = element("tr");
    row.setAttribute("aria-rowindex", String(place + 2));
    for (const column of this.columns) {
      if (column.cell) row.append(column.cell(node, this.hooks));
      else row.append(element("td", column.words ? "" : "num", clipped(column.text(node), 120)));
    }
    return row;
  }
}

function spacer() {
  const row = element("tr", "spacer");
  row.setAttribute("aria-hidden", "true");
  row.append(element("td"));
  return row;
}

function importColumns(tree) {
  const whole = tree.widths[tree.root];
  const known = (value) => (value === null ? -Infinity : value);
  return [
    { title: "Module", words: true, cell: (n, hooks) => moduleCell(tree, n, hooks.pick), value: (n) => tree.names.lower[tree.nameIds[n]] },
    { title: "Cumulative, ms", first: true, text: (n) => msColumn(tree.cumulativeUs[n]), value: (n) => tree.cumulativeUs[n] },
    { title: "Self, ms", text: (n) => msColumn(tree.selfUs[n]), value: (n) => tree.selfUs[n] },
    {
      title: "Exclusive, ms",
      text: (n) => (tree.exclusiveUs(n) === null ? "–" : msColumn(tree.exclusiveUs(n))),
      value: (n) => known(tree.exclusiveUs(n)),
    },
    { title: "Share", text: (n) => shareText(tree.cumulativeUs[n], whole), value: (n) => tree.cumulativeUs[n] },
    { title: "Distribution", words: true, text: (n) => tree.distribution(n), value: (n) => tree.distribution(n).toLowerCase() },
    { title: "Imported by", words: true, cell: (n) => importerCell(tree.importer(n)), value: (n) => tree.importer(n).name },
    { title: "Memory", text: (n) => memoryText(tree.memory(n)), value: (n) => known(tree.memory(n)) },
    { title: "Bytecode", words: true, text: (n) => tree.bytecode(n) || "not known", value: (n) => tree.bytecode(n) },
    { title: "Phase", words: true, text: (n) => tree.phase(n), value: (n) => tree.phase(n) },
    { title: "Load order", up: true, text: (n) => wholeText(n + 1), value: (n) => n },
  ];
}

function moduleCell(tree, node, pick, extra = "") {
  const cell = element("th", "module");
  cell.scope = "row";
  const line = element("span", "module-line");
  const button = element("button", "name", clipped(tree.name(node)));
  button.type = "button";
  button.node = node;
  button.addEventListener("click", () => pick(node));
  line.append(element("span", `swatch ${tree.colour(node)}`), button);
  if (extra) line.append(element("span", "owner", clipped(extra, 40)));
  cell.append(line);
  return cell;
}

function importerCell({ name, place }) {
  const cell = element("td", "importer");
  cell.append(element("span", "who", clipped(name) || "–"));
  if (place) cell.append(" ", element("span", "place", clipped(place)));
  return cell;
}
