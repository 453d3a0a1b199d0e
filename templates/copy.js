// Copying, and saying so.

function announce(text) {
  byId("live").textContent = text;
  byId("toast").textContent = text;
  byId("toast").classList.add("on");
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => byId("toast").classList.remove("on"), 1800);
}

async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    announce(done);
  } catch {
    announce(copyBySelection(text) ? done : "The browser did not allow copying");
  }
}

// Pages opened from disk are not always trusted with the clipboard; a selection is.
function copyBySelection(text) {
  const box = element("textarea", "hidden-label");
  box.value = text;
  const before = document.activeElement;
  document.body.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  before?.focus?.({ preventScroll: true });
  return copied;
}
