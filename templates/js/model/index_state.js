// The state of a project's page as the fragment of its address, and back.

/**
 * @typedef {object} IndexState
 * @property {string} search
 * @property {string} choice  the key of a choice of functions, empty for all
 * @property {string} sort  the key of a column, empty for the first order
 * @property {boolean} descending
 * @property {string} selected  the name of a function, empty for none
 */

/** @type {IndexState} */
export const FIRST_STATE = { search: "", choice: "", sort: "", descending: true, selected: "" };
const MOST_VALUE = 300;

/**
 * The fragment without its sign; empty for the first state.
 * @param {IndexState} state
 */
export function fragmentOf({ search, choice, sort, descending, selected }) {
  const words = new URLSearchParams();
  if (search) words.set("q", search.slice(0, MOST_VALUE));
  if (choice) words.set("only", choice);
  if (sort) words.set("sort", `${descending ? "-" : ""}${sort}`);
  if (selected) words.set("f", selected);
  return words.toString();
}

/**
 * Read a fragment; what it does not say is as at first.
 * @param {string} fragment
 * @returns {IndexState}
 */
export function stateOf(fragment) {
  const words = new URLSearchParams(fragment.replace(/^#/, ""));
  const sort = words.get("sort") ?? "";
  return {
    search: (words.get("q") ?? "").slice(0, MOST_VALUE),
    choice: words.get("only") ?? "",
    sort: sort.replace(/^-/, ""),
    descending: sort === "" || sort.startsWith("-"),
    selected: words.get("f") ?? "",
  };
}
