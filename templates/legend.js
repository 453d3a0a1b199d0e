// The legend: distributions by their own time; pressing one shows only what is pressed.

const LEGEND_FIRST = 14;

function startupUs() {
  let us = 0;
  for (let node = tree.real; node < tree.root; node += 1) us += tree.widths[node];
  return us;
}

function drawLegend() {
  const whole = tree.widths[tree.root];
  const ranked = data.distributions
    .map((distribution, id) => ({ ...distribution, id }))
    .filter((distribution) => distribution.modules > 0)
    .sort((a, b) => b.self_us - a.self_us);
  const entries = ranked.map((d, place) => {
    const item = element("li", place >= LEGEND_FIRST ? "later" : "");
    const button = element("button", "entry");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.append(
      element("span", `swatch ${d.colour}`), element("span", "entry-name", clipped(ownerLabel(d.name), 40)),
      element("span", "entry-ms", msText(d.self_us)), element("span", "entry-share", shareText(d.self_us, whole)),
    );
    button.addEventListener("click", () => toggleOwner(d.id, button));
    item.append(button);
    return item;
  });
  const legend = byId("legend");
  legend.append(...entries);
  const startup = startupUs();
  if (startup > 0) {
    const item = element("li", "entry still");
    item.append(element("span", "swatch startup"), element("span", "entry-name", "interpreter and runtime"),
      element("span", "entry-ms", msText(startup)), element("span", "entry-share", shareText(startup, whole)));
    legend.append(item);
  }
  if (ranked.length > LEGEND_FIRST) legend.append(moreButton(legend, ranked.length - LEGEND_FIRST));
}

function moreButton(legend, count) {
  const item = element("li");
  const button = element("button", "plain", `${count} more`);
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    const open = legend.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Fewer" : `${count} more`;
  });
  item.append(button);
  return item;
}

function toggleOwner(id, button) {
  const shown = state.shown ? new Set(state.shown) : new Set();
  if (!shown.delete(id)) shown.add(id);
  button.setAttribute("aria-pressed", String(shown.has(id)));
  state.shown = shown.size ? shown : null;
  byId("legend-clear").hidden = !state.shown;
  applyFilters();
}

function clearOwners() {
  state.shown = null;
  for (const button of byId("legend").querySelectorAll("[aria-pressed=true]")) {
    button.setAttribute("aria-pressed", "false");
  }
  byId("legend-clear").hidden = true;
  applyFilters();
}
