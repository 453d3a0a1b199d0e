// The best changes: verified savings with their interval, predicted ones drawn so that nobody
// takes them for measured, failed ones with the reason.

const STATUS_WORDS = {
  verified: "verified", predicted: "predicted", failed: "failed", unmeasured: "not measured",
};
const STATUS_MARKS = { verified: "✓", predicted: "~", failed: "✗", unmeasured: "?" };

// With so few changes there is room for what is most expensive as well.
const FEW_CHANGES = 2;
const TOP_BESIDE_CHANGES = 5;

function drawChanges() {
  const rows = data.changes;
  const isShort = rows.length <= FEW_CHANGES;
  byId("changes-card").hidden = rows.length === 0;
  byId("top-card").hidden = !isShort;
  if (isShort) drawTop(rows.length ? TOP_BESIDE_CHANGES : Infinity);
  if (!rows.length) return;
  const most = Math.max(1, ...rows.map((row) => row.high_us ?? row.saving_us));
  byId("changes").append(...rows.map((row) => changeItem(row, most)));
  byId("changes-tag").textContent = rows.some((row) => row.status === "verified")
    ? "measured here in pairs, CPU" : "predicted: importcost defer verifies";
}

function changeItem(row, most) {
  const status = Object.hasOwn(STATUS_WORDS, row.status) ? row.status : "unmeasured";
  const item = element("li", `change ${status}`);
  const what = element("div", "change-what");
  what.append(changeTitle(row, status), changeWhere(row));
  if (row.saved_ms !== null && status !== "failed") {
    const worth = element("p", "change-worth");
    worth.change = row;
    what.append(worth);
  }
  item.append(element("span", "mark", STATUS_MARKS[status]), what, changeSaving(row, status, most), changeFix(row));
  item.firstChild.setAttribute("aria-hidden", "true");
  return item;
}

function changeTitle(row, status) {
  const line = element("p", "change-title");
  const name = clipped(row.title, 120);
  if (Number.isInteger(row.node)) {
    const button = element("button", "name", name);
    button.type = "button";
    button.title = "Show in the chart";
    button.addEventListener("click", () => showInChart(row.node));
    line.append(button);
  } else line.append(element("span", row.kind === "single" ? "name" : "", name));
  const share = row.share > 0 && status !== "failed" ? `, ${shareText(row.share, 1)} of your init` : "";
  line.append(" ", element("span", "status", STATUS_WORDS[status] + share));
  return line;
}

function changeWhere(row) {
  const line = element("p", "change-where");
  const parts = row.parts || (row.place ? [row] : []);
  parts.slice(0, 3).forEach((part, i) => {
    if (i) line.append(", ");
    line.append(element("span", "place", clipped(part.place, 80)));
  });
  if (parts.length > 3) line.append(` and ${parts.length - 3} more`);
  if (row.place && row.importer) line.append(" in ", element("span", "place", clipped(row.importer, 60)));
  line.append(parts.length ? " · " : "", row.status === "failed" ? failureText(row) : clipped(row.how, 140));
  return line;
}

function failureText(row) {
  return element("span", "failure", clipped(row.failure || "it could not be measured", 240));
}

function changeSaving(row, status, most) {
  const box = element("div", "change-saving");
  const known = status !== "unmeasured" && (status !== "failed" || row.low_us !== null);
  box.append(element("span", "saving", known ? `−${msText(row.saving_us)}` : "–"));
  const band = row.low_us === null
    ? (known ? "not verified" : "")
    : `${minus(msColumn(row.low_us))} to ${minus(msColumn(row.high_us))} ms, ${row.pairs} pairs`;
  box.append(element("span", "band-text", band));
  if (known && status !== "failed") box.append(savingBar(row, most));
  return box;
}

function savingBar(row, most) {
  const bar = element("span", "saving-bar");
  const part = (us) => `${Math.min(100, Math.max(0, (100 * us) / most))}%`;
  const fill = element("span", "saving-fill");
  fill.style.width = part(row.saving_us);
  bar.append(fill);
  if (row.low_us !== null) {
    const whisker = element("span", "whisker");
    whisker.style.left = part(row.low_us);
    whisker.style.width = part(row.high_us - row.low_us);
    bar.append(whisker);
  }
  return bar;
}

function changeFix(row) {
  const cell = element("div", "change-fix");
  if (!row.fix) return cell;
  const button = element("button", "copy", row.fix.label);
  button.type = "button";
  button.setAttribute("aria-label", `${row.fix.label}: ${clipped(row.title, 80)}`);
  button.addEventListener("click", () => {
    copyText(row.fix.text, row.fix.label === "Copy fix" ? "Diff copied: apply it with git apply" : "Command copied");
  });
  cell.append(button);
  return cell;
}

// What depends on the memory size; drawn anew when the slider moves.
function drawWorth() {
  for (const line of document.querySelectorAll(".change-worth")) {
    const worth = money.deferral(line.change);
    const saved = `≈ ${wholeMs(worth.saved)} ms on Lambda, ${dollarsText(worth.dollars)} per million`;
    if (line.change.kind === "bytecode") line.textContent = `${saved}, at every cold start`;
    else {
      const share = `${Math.max(1, Math.round(100 * worth.breakEven))}\u00a0%`;
      line.textContent = worth.breakEven >= 1
        ? `${saved} · first use waits no longer than init did`
        : `${saved} · first use waits ${wholeMs(worth.waits)} ms, break-even ${share}`;
      line.title = worth.breakEven >= 1
        ? "At this memory size waiting later costs no more than waiting in init."
        : `Worth it while fewer than ${share} of cold starts need it in their first request.`;
    }
  }
}

function withRoles(row) {
  row.setAttribute("role", "row");
  for (const cell of row.children) {
    cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
  }
}

// The distribution's name, where the module's own does not say it already.
function ownerBeside(node) {
  const owner = tree.distribution(node);
  const plain = owner.toLowerCase().replaceAll("-", "_");
  return plain === tree.name(node).split(".")[0].toLowerCase() ? "" : owner;
}

function drawTop(limit) {
  const ratio = data.headline.speed_ratio.value;
  const nodes = data.most_expensive.slice(0, limit);
  const most = Math.max(1, ...nodes.map((node) => tree.cumulativeUs[node]));
  byId("top-imports").append(...nodes.map((node, i) => {
    const row = element("tr");
    const [name, place] = data.top_importers[i];
    const cell = moduleCell(tree, node, showInChart, ownerBeside(node));
    const bar = element("td", "num bar-cell");
    const fill = element("span", `bar-fill ${tree.colour(node)}`);
    // The figure keeps its own room at the right; the bar grows in what is left.
    fill.style.width = `calc((100% - 96px) * ${Math.max(0, tree.cumulativeUs[node]) / most})`;
    bar.append(fill, element("span", "bar-text", `${msColumn(tree.cumulativeUs[node])} ms`));
    row.append(
      cell, bar,
      element("td", "num self-cell", `${msColumn(tree.selfUs[node])} ms`),
      element("td", "num modelled-cell", `≈ ${wholeMs((tree.cumulativeUs[node] * ratio) / 1000)} ms`),
      importerCell({ name, place }),
    );
    withRoles(row);
    return row;
  }));
  byId("top-empty").hidden = nodes.length > 0;
  byId("top-imports").closest("table").hidden = nodes.length === 0;
}
