// The page of one profile.

/** @import { PageData } from "./model/data.js" */

import { Clipboard } from "./lib/clipboard.js";
import { byId } from "./lib/dom.js";
import { isParsing, whenIdle, whenParsed } from "./lib/timing.js";
import { ImportTree } from "./model/import_tree.js";
import { Money } from "./model/money.js";
import { BestChanges } from "./panels/report/changes.js";
import { drawCurve } from "./panels/report/curve.js";
import { importColumns } from "./panels/report/import_columns.js";
import { drawLegend } from "./panels/report/legend.js";
import {
  drawAdvice, drawBytecode, drawFinePrint, drawSupplies, drawWarnings, drawWeb, drawWrapper,
} from "./panels/report/notes.js";
import { drawPackage } from "./panels/report/package.js";
import { drawPhases } from "./panels/report/phases.js";
import { ReportExplorer } from "./panels/report/report_explorer.js";
import { drawTable } from "./panels/table_section.js";
import { drawTop } from "./panels/report/top_imports.js";
import { drawBudget, drawHeader, drawMoney, drawVerdict, listenToMemory } from "./panels/report/verdict.js";

function drawReport() {
  /** @type {PageData} */
  const data = JSON.parse(byId("data").textContent);
  const tree = new ImportTree(data, {
    isReady: () => !isParsing(),
    read: () => JSON.parse(byId("details").textContent),
  });
  const money = new Money(data);
  const clipboard = new Clipboard();
  const pick = (/** @type {number} */ node) => explorer.showInChart(node);
  const changes = new BestChanges(data.changes, clipboard, pick, data.proof, data.platform.place);
  const drawAmounts = () => {
    drawMoney(money, data.function.memory_mb);
    changes.drawWorth(money);
  };
  // All that changes the page comes before the chart, which asks how wide it may be.
  drawHeader(data);
  drawVerdict(data);
  drawBudget(data.budget);
  drawPhases(data);
  changes.draw();
  drawTop(data, tree, pick);
  drawAmounts();
  drawBytecode(data, clipboard);
  drawWarnings(data.warnings.map((warning) => warning.message));
  drawSupplies(data.supplies);
  drawWeb(data.web);
  drawWrapper(data.wrapper);
  drawLegend(data.distributions, tree, (id, button) => explorer.toggleShown(id, button));
  const explorer = new ReportExplorer(tree, clipboard);
  listenToMemory(money, drawAmounts);
  explorer.listen();
  whenParsed(() => explorer.fromAddress());
  // For measurements from outside: the chart is drawn and answers from here on.
  performance.mark("interactive");
  whenParsed(() => whenIdle(() => drawRest(data, tree, money, explorer)));
}

/**
 * Draw what the first screen does not show.
 * @param {PageData} data
 * @param {ImportTree} tree
 * @param {Money} money
 * @param {ReportExplorer} explorer
 */
function drawRest(data, tree, money, explorer) {
  const pick = (/** @type {number} */ node) => explorer.showInChart(node);
  explorer.setTable(drawTable(tree.real, importColumns(tree), ["import", "imports"], pick));
  drawAdvice(data.advice);
  drawFinePrint(data);
  drawCurve(data, money);
  drawPackage(data.package);
  performance.mark("complete");
  // The first letter typed must not wait for 20,000 names to be put together.
  whenIdle(() => tree.names.lower);
}

drawReport();
