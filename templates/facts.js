// What is known of one box, as label and value, for the tooltip and the line under the chart.

function factsOf(tree, node) {
  if (tree.facts) return tree.facts(node);
  const whole = tree.widths[tree.root];
  const facts = [
    ["Cumulative", `${msText(tree.cumulativeUs[node])}, ${shareText(tree.cumulativeUs[node], whole)}`],
  ];
  if (!tree.isReal(node)) return facts;
  facts.push(["Self", msText(tree.selfUs[node])]);
  if (isParsing()) return facts;
  const exclusive = tree.exclusiveUs(node);
  if (exclusive !== null) facts.push(["Exclusive", `${msText(exclusive)} go if nothing imports it`]);
  facts.push(["Distribution", tree.distribution(node)]);
  const { name, place } = tree.importer(node);
  if (name) facts.push(["Imported by", name]);
  if (place) facts.push(["At", place]);
  const others = tree.otherImporters(node);
  if (others) facts.push(["Also imported by", othersText(others)]);
  const [memory, own] = [tree.memory(node), tree.memory(node, "rss_self_kb")];
  if (memory !== null) facts.push(["Memory", `${memoryText(memory)}, itself ${memoryText(own)}`]);
  if (tree.bytecode(node)) facts.push(["Bytecode", tree.bytecode(node)]);
  facts.push(["Phase", tree.phase(node)]);
  return facts;
}

function othersText({ count, names }) {
  const left = count - names.length;
  const shown = names.map((name) => clipped(name, 60)).join(", ");
  return left > 0 ? `${shown} and ${wholeText(left)} more` : shown;
}

function factRows(tree, node) {
  return factsOf(tree, node).map(([label, value]) => {
    const pair = element("div");
    pair.append(element("dt", "", label), element("dd", "", clipped(value, 260)));
    return pair;
  });
}

// Follows the pointer and stays inside the window.
class Tooltip {
  constructor(box) {
    this.box = box;
    this.node = NONE;
  }

  show(chart, node, x, y) {
    const { tree } = chart;
    if (node === NONE) {
      this.box.hidden = true;
      this.node = NONE;
      return;
    }
    if (this.node !== node || this.tree !== tree) this.fill(chart, node);
    const box = this.box.getBoundingClientRect();
    const left = Math.min(x + 14, innerWidth - box.width - 8);
    const top = y + 18 + box.height > innerHeight ? y - box.height - 12 : y + 18;
    this.box.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(8, top)}px)`;
  }

  fill(chart, node) {
    const { tree } = chart;
    this.node = node;
    this.tree = tree;
    const list = element("dl", "pairs");
    list.append(...factRows(tree, node));
    const title = element("p", "tip-name");
    title.append(element("span", `swatch ${tree.colour(node)}`), clipped(tree.name(node), 300));
    const folded = tree.isSum(node) && node !== tree.root && chart.openBlock !== tree.block(node);
    this.box.replaceChildren(title, list, ...(folded ? [element("p", "quiet", "Click to unfold what it loads.")] : []));
    this.box.hidden = false;
  }
}
