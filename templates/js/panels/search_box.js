// The search box: it finds while one types, Enter goes to the next match.

import { inputById } from "../lib/dom.js";

const TYPING_MS = 60;

/**
 * @param {{ search: (text: string) => void, next: (step: number) => void, leave: () => void }} hooks
 */
export function listenToSearch({ search, next, leave }) {
  const box = inputById("search");
  let waiting = 0;
  const find = () => {
    clearTimeout(waiting);
    waiting = 0;
    search(box.value.trim());
  };
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(find, TYPING_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      if (waiting) find();
      next(event.shiftKey ? -1 : 1);
    }
    if (event.key === "Escape") {
      box.value = "";
      find();
      leave();
    }
  });
}
