// What a reader does with all functions: search, choose, sort, select; the address keeps it.

/** @import { IndexChange } from "../../model/data.js" */
/** @import { FunctionChoice, ProjectIndex } from "../../model/project_index.js" */

import { Skyline } from "../../chart/skyline.js";
import { byId, inputById } from "../../lib/dom.js";
import { plural, wholeMs } from "../../lib/numbers.js";
import { clipped } from "../../lib/text.js";
import { NONE } from "../../model/columns.js";
import { ChoiceButtons } from "./culprits.js";
import { functionColumns } from "./function_columns.js";
import { drawFunction } from "./function_detail.js";
import { IndexAddress } from "./index_address.js";
import { listenToKeys } from "../keys.js";
import { listenToSearch } from "../search_box.js";
import { drawTable } from "../table_section.js";

export class IndexExplorer {
  /**
   * @param {ProjectIndex} index
   * @param {() => IndexChange[][]} readChanges
   */
  constructor(index, readChanges) {
    this.index = index;
    this.readChanges = readChanges;
    this.address = new IndexAddress();
    this.buttons = new ChoiceButtons();
    this.text = "";
    /** @type {FunctionChoice | null} */
    this.choice = null;
    this.selected = NONE;
    const pick = (/** @type {number} */ row) => this.select(row);
    this.columns = functionColumns(index);
    this.skyline = new Skyline(index, pick);
    this.table = drawTable(index.length, this.columns, ["function", "functions"], pick);
    this.table.whenSorted = () => this.changed();
  }

  listen() {
    listenToSearch({
      search: (text) => this.search(text),
      next: () => this.focusFirst(),
      leave: () => byId("table-section").focus(),
    });
    listenToKeys({ Escape: () => this.clear(), c: () => byId("skyline").focus() });
    byId("choice-clear").addEventListener("click", () => this.clear());
    byId("detail-close").addEventListener("click", () => this.select(NONE));
    addEventListener("hashchange", () => this.fromAddress());
  }

  /** Take search, choice, order and selection from the address. */
  fromAddress() {
    const state = this.address.state();
    this.text = state.search.trim();
    inputById("search").value = this.text;
    this.choice = this.buttons.choice(state.choice);
    const column = this.columns.findIndex(({ key }) => key === state.sort);
    if (column >= 0) this.table.sortTo(column, state.descending);
    // The table is drawn already; most addresses ask for nothing else.
    if (this.text || this.choice || this.table.dim) this.filter();
    this.select(state.selected ? this.index.rowNamed(state.selected) : NONE);
  }

  /** @param {string} text */
  search(text) {
    this.text = text;
    this.filter();
  }

  /** Choose the functions of a key; once more, and all are back. @param {string} key */
  toggle(key) {
    this.choice = this.choice?.key === key ? null : this.buttons.choice(key);
    this.filter();
  }

  clear() {
    this.text = "";
    inputById("search").value = "";
    this.choice = null;
    this.filter();
  }

  filter() {
    this.table.filter(this.index.dimmed(this.text, this.choice));
    this.buttons.press(this.choice?.key ?? "");
    byId("choice-clear").hidden = !this.choice && !this.text;
    byId("choice-text").textContent = this.choice ? `Only: ${clipped(this.choice.label, 80)}` : "";
    this.changed();
  }

  /** Redraw what follows the table's rows, and keep the state in the address. */
  changed() {
    const { table, skyline, address, text, choice, selected, index } = this;
    skyline.show(table.rows, choice);
    let billed = 0;
    table.rows.forEach((row) => {
      billed += index.columns.billed_ms[row];
    });
    byId("search-result").textContent = text || choice
      ? `${plural(table.rows.length, "function", "functions")}, ${wholeMs(billed)} ms` : "";
    const { column, descending } = table.sorted;
    const isFirst = this.columns[column].first === true && descending;
    address.tell({
      search: text, choice: choice?.key ?? "", sort: isFirst ? "" : this.columns[column].key ?? "", descending,
      selected: selected === NONE ? "" : index.name(selected),
    });
  }

  /** @param {number} row  NONE for no function */
  select(row) {
    this.selected = row;
    this.skyline.select(row);
    if (row === NONE) byId("detail").hidden = true;
    else drawFunction(this.index, row, this.readChanges()[row] ?? []);
    this.changed();
  }

  focusFirst() {
    /** @type {HTMLElement | null} */
    const first = byId("modules-body").querySelector("a, button");
    first?.focus();
  }
}
