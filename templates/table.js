// The table of all imports: sorted, filtered, fifty rows at a time.

const PAGE_ROWS = 50;

class ImportTable {
  // hooks: pick(node)
  constructor(parts, tree, hooks) {
    Object.assign(this, parts);
    this.tree = tree;
    this.hooks = hooks;
    this.matches = null;
    this.shown = null;
    this.page = 0;
    this.columns = this.describe();
    this.sorted = { column: 1, descending: true };
    this.drawHead();
    this.listen();
    this.arrange();
  }

  describe() {
    const tree = this.tree;
    const whole = tree.widths[tree.root];
    return [
      { title: "Module", text: (n) => tree.name(n), value: (n) => tree.lowerNames[tree.nameIds[n]], words: true },
      { title: "Cumulative, ms", text: (n) => msColumn(tree.cumulativeUs[n]), value: (n) => tree.cumulativeUs[n] },
      { title: "Self, ms", text: (n) => msColumn(tree.selfUs[n]), value: (n) => tree.selfUs[n] },
      { title: "Share", text: (n) => shareText(tree.cumulativeUs[n], whole), value: (n) => tree.cumulativeUs[n] },
      { title: "Distribution", text: (n) => tree.distribution(n), value: (n) => tree.distribution(n), words: true },
      { title: "Imported by", text: (n) => tree.importer(n), value: (n) => tree.importer(n).name, words: true },
      { title: "Memory", text: (n) => memoryText(tree.memory(n)), value: (n) => tree.memory(n) ?? -Infinity },
      { title: "Bytecode", text: (n) => tree.bytecode(n) || "not known", value: (n) => tree.bytecode(n), words: true },
      { title: "Phase", text: (n) => tree.phase(n), value: (n) => tree.data.tree.phase_ids[n] },
    ];
  }

  drawHead() {
    this.headers = this.columns.map((column, i) => {
      const head = element("th", column.words || i === 8 ? "" : "num");
      head.scope = "col";
      const button = element("button", "sort", column.title);
      button.type = "button";
      button.addEventListener("click", () => this.sortBy(i));
      head.append(button);
      this.head.append(head);
      return head;
    });
  }

  listen() {
    const go = (page) => {
      this.page = page;
      this.draw();
    };
    this.first.addEventListener("click", () => go(0));
    this.back.addEventListener("click", () => go(this.page - 1));
    this.next.addEventListener("click", () => go(this.page + 1));
    this.last.addEventListener("click", () => go(this.pages - 1));
  }

  sortBy(column) {
    const same = this.sorted.column === column;
    const descending = same ? !this.sorted.descending : !this.columns[column].words;
    this.sorted = { column, descending };
    this.arrange();
  }

  filter(matches, shown) {
    this.matches = matches;
    this.shown = shown;
    this.pick();
  }

  // Sorted once for all rows: filtering then only leaves rows out, which typing needs to be quick.
  arrange() {
    const { column, descending } = this.sorted;
    const values = Array.from({ length: this.tree.real }, (_, node) => this.columns[column].value(node));
    const sign = descending ? -1 : 1;
    this.order = Array.from(values.keys()).sort((a, b) => {
      if (values[a] < values[b]) return -sign;
      return values[a] > values[b] ? sign : a - b;
    });
    this.headers.forEach((head, i) => {
      if (i === column) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.pick();
  }

  pick() {
    const { matches, shown, tree } = this;
    this.rows = this.order.filter(
      (node) => (!matches || matches[node]) && (!shown || shown.has(tree.distributionId(node))),
    );
    this.page = 0;
    this.draw();
  }

  get pages() {
    return Math.max(1, Math.ceil(this.rows.length / PAGE_ROWS));
  }

  draw() {
    const from = this.page * PAGE_ROWS;
    const visible = this.rows.slice(from, from + PAGE_ROWS);
    this.body.replaceChildren(...visible.map((node) => this.row(node)));
    const total = this.rows.length;
    const all = this.tree.real;
    this.count.textContent = total === all
      ? plural(all, "import", "imports")
      : `${wholeNumber.format(total)} of ${plural(all, "import", "imports")}`;
    this.label.textContent = total
      ? `${wholeNumber.format(from + 1)} to ${wholeNumber.format(from + visible.length)} of ${wholeNumber.format(total)}`
      : "No import matches";
    this.first.disabled = this.back.disabled = this.page === 0;
    this.next.disabled = this.last.disabled = this.page >= this.pages - 1;
    this.pager.hidden = this.pages === 1 && total > 0;
  }

  row(node) {
    const row = element("tr");
    row.append(moduleCell(this.tree, node, this.hooks.pick));
    this.columns.slice(1).forEach((column, i) => {
      if (column.title === "Imported by") row.append(importerCell(this.tree, node));
      else row.append(element("td", column.words || i === 7 ? "" : "num", clipped(column.text(node))));
    });
    return row;
  }
}

function moduleCell(tree, node, pick, extra = "") {
  const cell = element("th", "module");
  cell.scope = "row";
  const line = element("span", "module-line");
  const button = element("button", "name", clipped(tree.name(node)));
  button.type = "button";
  button.addEventListener("click", () => pick(node));
  line.append(element("span", `swatch ${tree.colour(node)}`), button);
  if (extra) line.append(element("span", "owner", clipped(extra, 40)));
  cell.append(line);
  return cell;
}

function importerCell(tree, node) {
  const cell = element("td", "importer");
  const { name, place } = tree.importer(node);
  cell.append(element("span", "who", clipped(name) || "–"));
  if (place) cell.append(" ", element("span", "place", clipped(place)));
  return cell;
}
