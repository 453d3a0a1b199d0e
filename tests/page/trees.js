// Small trees for the tests, given as rows of [name, self time, parent, phase].

import { ImportTree } from "../../templates/js/model/import_tree.js";
import { MergedTree } from "../../templates/js/model/merged_tree.js";

const PHASES = ["interpreter start", "runtime", "handler imports"];
export const HANDLER_IMPORTS = 2;

export const ROWS = [
  ["site", 2500, null, 0],
  ["encodings", 900, 0, 0],
  ["bootstrap", 1800, null, 1],
  ["handler", 40_000, null],
  ["orders.store", 2000, 3],
  ["boto3", 12_000, 4],
  ["boto3.session", 9000, 5],
  ["botocore", 60_000, 6],
  ["urllib3", 15_000, 7],
  ["requests", 8000, 3],
  ["urllib3.util", 6000, 9],
];

/** Columns of names, the simplest that are right: every package is spelt out. */
export function nameColumns(names) {
  const packages = [...new Set(names.filter((name) => name.includes(".")).map(packageOf))];
  return {
    packages,
    package_parents: packages.map(() => 0),
    name_tails: names.map((name) => name.slice(name.lastIndexOf(".") + 1)),
    name_parents: names.map((name) => packages.indexOf(packageOf(name)) + 1),
  };
}

function packageOf(name) {
  return name.slice(0, Math.max(0, name.lastIndexOf(".")));
}

function ownerOf(name) {
  const top = name.split(".")[0];
  return ["handler", "orders"].includes(top) ? "function" : top;
}

function pairsOf(values) {
  return values.flatMap((value) => [value, 1]);
}

/** The page's data of rows; `excess` is what cumulative times have over their parts, by node. */
export function pageDataOf(rows, excess = {}) {
  const names = [...new Set(rows.map(([name]) => name))];
  const owners = [...new Set(names.map(ownerOf))];
  return {
    function: { module: "handler" },
    startup_phases: PHASES.slice(0, HANDLER_IMPORTS),
    bytecode_states: ["valid", "absent"],
    distribution_ids: names.map((name) => owners.indexOf(ownerOf(name))),
    distributions: owners.map((name) => ({ name, colour: `colour-${name}` })),
    tree: {
      ...nameColumns(names),
      name_runs: pairsOf(rows.map(([name]) => names.indexOf(name) + 1)),
      parent_steps: rows.map(([, , parent], node) => (parent === null ? 0 : node - parent)),
      self_us: rows.map(([, us]) => us),
      excess_runs: pairsOf(rows.map((_, node) => excess[node] ?? 0)),
      phases: PHASES,
      phase_runs: pairsOf(rows.map(([, , , phase = HANDLER_IMPORTS]) => phase)),
    },
  };
}

export const NO_DETAILS = {
  bytecode_runs: [], rss_self_kb: [], rss_cumulative_kb: [], exclusive_less_us: [],
  importer_ids: [], others: [], other_importers: [], files: [], file_ids: [], lines: [],
};

export function treeOf(rows = ROWS, details = NO_DETAILS, excess = {}) {
  return new ImportTree(pageDataOf(rows, excess), { isReady: () => true, read: () => details });
}

export function nodeNamed(tree, name) {
  for (let node = 0; node < tree.size; node += 1) if (tree.name(node) === name) return node;
  throw new Error(`no node ${name}`);
}

export function namesIn(tree, nodes) {
  return Array.from(nodes, (node) => tree.name(node));
}

/** A difference of rows [name, parent, base, head, kind]; base and head are own times. */
export function mergedOf(rows) {
  const kinds = ["added", "removed", "slower", "faster", "unchanged", "moved"];
  const totals = (column) => {
    const us = rows.map((row) => row[column]);
    for (let node = rows.length - 1; node >= 0; node -= 1) {
      if (rows[node][1] !== null) us[rows[node][1]] += us[node];
    }
    return us;
  };
  return new MergedTree({
    kinds,
    owners: ["here"],
    owner_ids: rows.map(() => 0),
    places: rows.map(() => ""),
    tree: {
      ...nameColumns(rows.map(([name]) => name)),
      name_runs: [0, rows.length],
      parent_steps: rows.map(([, parent], node) => (parent === null ? 0 : node - parent)),
      base_us: totals(2),
      head_us: totals(3),
      base_self_us: rows.map((row) => row[2]),
      head_self_us: rows.map((row) => row[3]),
      kind_ids: rows.map((row) => kinds.indexOf(row[4])),
    },
  });
}
