// What the profile tells about modules beside their times: importers, memory, bytecode.

/** @import { ModuleColumns } from "./data.js" */
/** @import { ImportTree } from "./import_tree.js" */

import { wholeText } from "../lib/numbers.js";
import { clipped } from "../lib/text.js";
import { NONE, unrolled } from "./columns.js";

const OWN_INIT = -3;
const PARENT_IMPORTS = 0;

/**
 * Where the details come from: they are at the end of the file, behind what is drawn first.
 * @typedef {object} DetailsSource
 * @property {() => boolean} isReady
 * @property {() => ModuleColumns} read
 */

/** @typedef {{ name: string, place: string }} Importer  empty strings if the profile does not tell */

/** @typedef {{ count: number, names: string[] }} OtherImporters */

/** @param {OtherImporters} others */
export function othersText({ count, names }) {
  const left = count - names.length;
  const shown = names.map((name) => clipped(name, 60)).join(", ");
  return left > 0 ? `${shown} and ${wholeText(left)} more` : shown;
}

/** A column that nothing is known of is empty: every look-up has to allow for that. */
export class ModuleDetails {
  /**
   * @param {ImportTree} tree
   * @param {ModuleColumns} columns
   */
  constructor(tree, columns) {
    this.tree = tree;
    this.columns = columns;
    this.bytecodeIds = unrolled(columns.bytecode_runs, tree.names.length);
    this.others = new Map(columns.others.map(([name, ...rest]) => [name, rest]));
  }

  /**
   * The module that imported this one first, and where.
   * @param {number} node
   * @returns {Importer}
   */
  importer(node) {
    const { tree, columns } = this;
    if (node >= tree.real) return { name: "", place: "" };
    const id = tree.nameIds[node];
    const who = columns.importer_ids[id] ?? NONE;
    // The details of a name are those of its first node.
    const parent = tree.parents[who === PARENT_IMPORTS ? tree.firstNodes[id] : node];
    let name = tree.isReal(parent) ? tree.name(parent) : "";
    if (who > 0) name = this.nameOf(who - 1);
    const file = this.file(columns.file_ids[id] ?? NONE, name);
    const line = columns.lines[id] ?? 0;
    return { name, place: file && line ? `${file}:${line}` : file };
  }

  /** @param {number} id */
  nameOf(id) {
    const known = this.tree.names.length;
    return id < known ? this.tree.names.at(id) : this.columns.other_importers[id - known];
  }

  /**
   * The modules that import this one as well: they would load it in any case.
   * @param {number} node
   * @returns {OtherImporters | null}
   */
  otherImporters(node) {
    const others = node < this.tree.real ? this.others.get(this.tree.nameIds[node]) : null;
    return others ? { count: others[0], names: others.slice(1).map((id) => this.nameOf(id)) } : null;
  }

  /**
   * Exclusive cost: what goes if nothing imports the module, null if it is not known.
   * @param {number} node
   */
  exclusiveUs(node) {
    const { tree } = this;
    if (node >= tree.real || tree.blocks[node] !== NONE) return null;
    const id = tree.nameIds[node];
    const less = this.columns.exclusive_less_us[id] ?? null;
    return less === null ? null : tree.cumulativeUs[tree.firstNodes[id]] - less;
  }

  /**
   * Most files lie where the module's name says; the data does not spell those out.
   * @param {number} id
   * @param {string} module
   */
  file(id, module) {
    if (id === NONE) return "";
    if (id >= 0) return this.columns.files[id];
    return `${module.replaceAll(".", "/")}${id === OWN_INIT ? "/__init__.py" : ".py"}`;
  }

  /** @param {number} node */
  bytecode(node) {
    const { tree } = this;
    if (node >= tree.real) return "";
    const id = this.bytecodeIds[tree.nameIds[node]];
    return id === NONE ? "" : tree.data.bytecode_states[id];
  }

  /**
   * Resident memory with what it imports, null if it is not known.
   * @param {number} node
   */
  memoryKb(node) {
    return this.columns.rss_cumulative_kb[this.tree.nameIds[node]] ?? null;
  }

  /** @param {number} node */
  ownMemoryKb(node) {
    return this.columns.rss_self_kb[this.tree.nameIds[node]] ?? null;
  }
}
