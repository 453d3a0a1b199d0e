// The page over all functions of a project.

/** @import { IndexChange, IndexData } from "./model/data.js" */

import { byId } from "./lib/dom.js";
import { whenIdle, whenParsed } from "./lib/timing.js";
import { ProjectIndex } from "./model/project_index.js";
import { drawCulprits } from "./panels/project/culprits.js";
import { IndexExplorer } from "./panels/project/index_explorer.js";
import { drawIndexHead, drawIndexKeys, drawIndexNotices, drawIndexVerdict } from "./panels/project/index_verdict.js";

function drawProject() {
  /** @type {IndexData} */
  const data = JSON.parse(byId("data").textContent);
  const index = new ProjectIndex(data);
  /** @type {IndexChange[][] | null} */
  let changes = null;
  const readChanges = () => {
    changes ??= JSON.parse(byId("changes-data").textContent);
    return /** @type {IndexChange[][]} */ (changes);
  };
  const explorer = new IndexExplorer(index, readChanges);
  const toggle = (/** @type {string} */ key) => explorer.toggle(key);
  drawIndexHead(index);
  drawIndexVerdict(index, explorer.buttons, toggle);
  drawCulprits(index, explorer.buttons, toggle);
  drawIndexKeys(index);
  drawIndexNotices(index);
  explorer.listen();
  whenParsed(() => explorer.fromAddress());
  performance.mark("interactive");
  whenParsed(() => whenIdle(() => {
    performance.mark("complete");
    // The first letter typed must not wait for the names to be put together.
    whenIdle(() => index.lower);
  }));
}

drawProject();
