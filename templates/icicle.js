// The icicle: one canvas as large as its window, repainted from the layout; only rows in view and
// only what is a pixel wide cost anything, so neither depth nor size slows it.

const ROW_PX = 23;
const RULER_PX = 24;
const LEAST_PX = 0.6;
const LABEL_PX = 36;
const PAD_PX = 6;
const ZOOM_MS = 180;
const MOST_ROWS = 26;

class Icicle {
  // hooks: select(node), zoom(node), hover(node, x, y)
  constructor(parts, tree, hooks) {
    Object.assign(this, parts);
    this.tree = tree;
    this.hooks = hooks;
    this.pen = this.canvas.getContext("2d");
    this.order = TIME_ORDER;
    this.focus = tree.root;
    this.selected = tree.root;
    this.hovered = NONE;
    this.matches = null;
    this.shown = null;
    this.view = [0, Math.max(1, tree.widths[tree.root])];
    this.motion = null;
    this.frame = 0;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.readColours();
    this.listen();
    this.resize();
  }

  get layout() {
    return this.tree.layout(this.order);
  }

  get openBlock() {
    return this.tree.blocks[this.focus];
  }

  readColours() {
    const css = getComputedStyle(document.documentElement);
    const value = (name, fallback) => css.getPropertyValue(name).trim() || fallback;
    this.ink = value("--chart-ink", "#111");
    this.colours = new Map();
    const names = new Set(["root", "startup", "function", "stdlib", "runtime"]);
    for (const distribution of this.tree.data.distributions) names.add(distribution.colour);
    for (const name of names) {
      const ink = value(`--c-${name}-ink`, this.ink);
      this.colours.set(name, { fill: value(`--c-${name}`, "#999"), ink });
    }
    this.outline = value("--text", "#000");
    this.paper = value("--card", "#fff");
    this.quiet = value("--quiet", "#666");
    this.line = value("--line", "#ccc");
    this.font = `12px ${value("--mono", "monospace")}`;
    this.pen.font = this.font;
    this.charPx = this.pen.measureText("0").width || 7;
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener("click", (event) => {
      const node = this.at(event);
      if (node === NONE) return;
      this.select(node);
      this.zoom(node);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const node = this.at(event);
      canvas.classList.toggle("over", node !== NONE);
      if (node !== this.hovered) {
        this.hovered = node;
        this.repaint();
      }
      this.hooks.hover(node, event.clientX, event.clientY);
    });
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("focus", () => this.repaint());
    canvas.addEventListener("blur", () => this.repaint());
    canvas.addEventListener("keydown", (event) => this.key(event));
    this.scroller.addEventListener("scroll", () => {
      this.leave();
      this.repaint();
    });
    new ResizeObserver(() => this.resize()).observe(this.scroller);
    const recolour = () => {
      this.readColours();
      this.repaint();
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  }

  leave() {
    if (this.hovered !== NONE) {
      this.hovered = NONE;
      this.repaint();
    }
    this.hooks.hover(NONE, 0, 0);
  }

  // Rows below the deepest visible node would be an empty scroll.
  resize() {
    const rows = this.depthInView() + 1;
    const most = Math.min(MOST_ROWS * ROW_PX, Math.max(8 * ROW_PX, 0.7 * innerHeight));
    const whole = rows * ROW_PX;
    const height = Math.min(whole, Math.floor(most / ROW_PX) * ROW_PX);
    this.scroller.style.height = `${Math.max(height, this.heldPx || 0)}px`;
    this.heldPx = Math.max(height, this.heldPx || 0);
    if (this.heldPx > most) this.scroller.style.height = `${(this.heldPx = height)}px`;
    this.widthPx = this.scroller.clientWidth;
    this.heightPx = this.scroller.clientHeight;
    this.sizer.style.height = `${Math.max(0, whole - this.heightPx)}px`;
    const ratio = devicePixelRatio || 1;
    this.fit(this.canvas, this.heightPx, ratio);
    this.fit(this.ruler, RULER_PX, ratio);
    this.paint();
  }

  fit(canvas, heightPx, ratio) {
    canvas.width = Math.max(1, Math.round(this.widthPx * ratio));
    canvas.height = Math.max(1, Math.round(heightPx * ratio));
    canvas.style.width = `${this.widthPx}px`;
    canvas.style.height = `${heightPx}px`;
    canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  depthInView() {
    const tree = this.tree;
    const depth = this.layout.depths[this.focus];
    if (this.focus !== tree.root) return depth + tree.below[this.focus];
    let deepest = 0;
    for (let i = tree.childStarts[tree.root]; i < tree.childStarts[tree.root + 1]; i += 1) {
      const child = tree.children[i];
      deepest = Math.max(deepest, tree.isReal(child) ? tree.below[child] + 1 : 1);
    }
    return deepest;
  }

  repaint() {
    if (this.frame) return;
    this.frame = requestAnimationFrame((now) => {
      this.frame = 0;
      this.step(now);
      this.paint();
      if (this.motion) this.repaint();
    });
  }

  step(now) {
    if (!this.motion) return;
    const { from, to, since } = this.motion;
    const part = Math.min(1, Math.max(0, (now - since) / ZOOM_MS));
    const eased = 1 - (1 - part) ** 3;
    this.view = [from[0] + (to[0] - from[0]) * eased, from[1] + (to[1] - from[1]) * eased];
    if (part === 1) this.motion = null;
  }

  paint() {
    const pen = this.pen;
    pen.clearRect(0, 0, this.widthPx, this.heightPx);
    pen.font = this.font;
    pen.textBaseline = "middle";
    const top = this.scroller.scrollTop;
    const layout = this.layout;
    const last = Math.floor((top + this.heightPx - 1) / ROW_PX);
    for (let row = Math.floor(top / ROW_PX); row <= last && row < this.tree.size; row += 1) {
      if (layout.rowStarts[row] === layout.rowStarts[row + 1]) break;
      this.paintRow(layout, row, row * ROW_PX - top);
    }
    this.paintBody(layout, top);
    this.mark(layout, this.hovered, top, 1);
    this.mark(layout, this.selected, top, 2);
    this.paintRuler();
  }

  // First place in a row whose node ends right of a point in time.
  firstAfter(layout, from, end, us) {
    let low = from;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      const node = layout.rowNodes[middle];
      if (layout.starts[node] + this.tree.widths[node] > us) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  paintRow(layout, row, y) {
    const tree = this.tree;
    const [left, right] = this.view;
    const scale = this.widthPx / (right - left);
    const end = layout.rowStarts[row + 1];
    const open = this.openBlock;
    let place = this.firstAfter(layout, layout.rowStarts[row], end, left);
    while (place < end) {
      const node = layout.rowNodes[place];
      const start = layout.starts[node];
      if (start >= right) break;
      const x = Math.max(0, (start - left) * scale);
      const width = Math.min(this.widthPx, (start + tree.widths[node] - left) * scale) - x;
      const folded = tree.isFolded(node, open);
      if (width >= LEAST_PX) {
        if (!folded) this.paintNode(node, x, y, width);
        place += 1;
      } else {
        // All that ends before the next pixel would be painted over itself.
        if (!folded) this.paintNode(node, Math.floor(x), y, 1);
        place = this.firstAfter(layout, place + 1, end, left + (Math.floor(x) + 1) / scale);
      }
    }
  }

  isDimmed(node) {
    if (this.matches && !this.matches[node]) return true;
    return this.shown !== null && !this.shown.has(this.tree.distributionId(node));
  }

  paintNode(node, x, y, width) {
    const pen = this.pen;
    const colour = this.colours.get(this.tree.colour(node));
    pen.globalAlpha = this.isDimmed(node) ? 0.2 : 1;
    pen.fillStyle = colour.fill;
    pen.fillRect(x, y, width > 3 ? width - 1 : width, ROW_PX - 1);
    if (width >= LABEL_PX) {
      pen.globalAlpha = this.isDimmed(node) ? 0.65 : 1;
      this.paintLabel(node, this.isDimmed(node) ? this.outline : colour.ink, x, y, width);
    }
    pen.globalAlpha = 1;
  }

  paintLabel(node, ink, x, y, width) {
    const room = Math.floor((width - 2 * PAD_PX) / this.charPx);
    const name = relativeName(this.tree.name(node), this.parentName(node));
    const time = msText(this.tree.cumulativeUs[node]);
    const text = elided(name.slice(0, 4000), room);
    const pen = this.pen;
    const middle = y + (ROW_PX - 1) / 2 + 0.5;
    pen.fillStyle = ink;
    pen.fillText(text, x + PAD_PX, middle, width - 2 * PAD_PX);
    if (name.length + time.length + 3 <= room) {
      pen.textAlign = "right";
      pen.fillText(time, x + width - PAD_PX - 1, middle);
      pen.textAlign = "left";
    }
  }

  parentName(node) {
    const parent = this.tree.parents[node];
    return parent === NONE || !this.tree.isReal(parent) ? "" : this.tree.name(parent);
  }

  // The handler's own self time is its module body: worth a name where the row below is empty.
  paintBody(layout, top) {
    const node = this.handler;
    if (node === NONE) return;
    const tree = this.tree;
    const [left, right] = this.view;
    const scale = this.widthPx / (right - left);
    const self = Math.max(0, tree.selfUs[node]);
    const end = layout.starts[node] + tree.widths[node];
    const x = Math.max(0, (end - self - left) * scale);
    const width = Math.min(this.widthPx, (end - left) * scale) - x;
    if (width < LABEL_PX) return;
    const y = (layout.depths[node] + 1) * ROW_PX - top;
    const pen = this.pen;
    pen.strokeStyle = this.line;
    pen.setLineDash([3, 3]);
    pen.strokeRect(x + 0.5, y + 0.5, width - 2, ROW_PX - 2);
    pen.setLineDash([]);
    pen.fillStyle = this.quiet;
    const room = Math.floor((width - 2 * PAD_PX) / this.charPx);
    const whole = `module body ${msText(self)}`;
    const text = whole.length <= room ? whole : elided("module body", room);
    pen.fillText(text, x + PAD_PX, y + (ROW_PX - 1) / 2 + 0.5, width - 2 * PAD_PX);
  }

  mark(layout, node, top, thick) {
    if (node === NONE || this.tree.isFolded(node, this.openBlock)) return;
    const [left, right] = this.view;
    const scale = this.widthPx / (right - left);
    const x = Math.max(0, (layout.starts[node] - left) * scale);
    const ends = (layout.starts[node] + this.tree.widths[node] - left) * scale;
    const width = Math.max(2, Math.min(this.widthPx, ends) - x - 1);
    if (x > this.widthPx || ends < 0) return;
    const y = layout.depths[node] * ROW_PX - top;
    const pen = this.pen;
    pen.lineWidth = thick;
    pen.strokeStyle = this.outline;
    pen.strokeRect(x + thick / 2, y + thick / 2, Math.max(1, width - thick), ROW_PX - 1 - thick);
    if (thick > 1 && width > 8) {
      pen.lineWidth = 1;
      pen.strokeStyle = this.paper;
      pen.strokeRect(x + 2.5, y + 2.5, width - 5, ROW_PX - 6);
    }
    pen.lineWidth = 1;
  }

  // Ticks at 1, 2 or 5 times a power of ten, from where the view begins.
  paintRuler() {
    const pen = this.ruler.getContext("2d");
    const length = this.view[1] - this.view[0];
    const least = (length * 84) / Math.max(1, this.widthPx);
    const power = 10 ** Math.floor(Math.log10(least));
    const step = [1, 2, 5, 10].map((f) => f * power).find((us) => us >= least);
    pen.clearRect(0, 0, this.widthPx, RULER_PX);
    pen.font = this.font;
    pen.textBaseline = "middle";
    pen.fillStyle = this.quiet;
    pen.strokeStyle = this.line;
    pen.beginPath();
    for (let us = 0; us < length; us += step) {
      const x = Math.round((us / length) * this.widthPx) + 0.5;
      pen.moveTo(x, RULER_PX - 7);
      pen.lineTo(x, RULER_PX);
      if (x + 40 < this.widthPx) pen.fillText(tickText(us, step), x + 4, RULER_PX / 2);
    }
    pen.stroke();
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top + this.scroller.scrollTop) / ROW_PX);
    const layout = this.layout;
    if (row < 0 || row >= this.tree.size) return NONE;
    const [left, right] = this.view;
    const us = left + ((event.clientX - box.left) / this.widthPx) * (right - left);
    const end = layout.rowStarts[row + 1];
    const place = this.firstAfter(layout, layout.rowStarts[row], end, us);
    if (place === end) return NONE;
    const node = layout.rowNodes[place];
    if (layout.starts[node] > us || this.tree.isFolded(node, this.openBlock)) return NONE;
    return node;
  }

  select(node) {
    if (node === this.selected) return;
    this.selected = node;
    this.repaint();
    this.hooks.select(node);
  }

  zoom(node) {
    const layout = this.layout;
    const to = [layout.starts[node], layout.starts[node] + Math.max(1, this.tree.widths[node])];
    const changed = node !== this.focus;
    this.focus = node;
    if (this.calm.matches) {
      this.view = to;
      this.motion = null;
    } else {
      this.motion = { from: this.view, to, since: performance.now() };
    }
    this.resize();
    this.reveal(node, true);
    this.repaint();
    if (changed) this.hooks.zoom(node);
  }

  setOrder(order) {
    this.order = order;
    this.motion = null;
    const start = this.layout.starts[this.focus];
    this.view = [start, start + Math.max(1, this.tree.widths[this.focus])];
    this.leave();
    this.resize();
  }

  // Select a node from outside the chart and make sure that it can be seen.
  show(node) {
    const block = this.tree.blocks[node];
    const apart = !this.tree.ancestors(node).includes(this.focus);
    if (apart || this.tree.isFolded(node, this.openBlock)) {
      const folded = this.tree.isReal(node) && block !== NONE;
      this.zoom(folded ? this.tree.real + block : this.tree.root);
    }
    this.select(node);
    this.reveal(node, false);
  }

  reveal(node, zoomed) {
    const y = this.layout.depths[node] * ROW_PX;
    const scroller = this.scroller;
    const above = y < scroller.scrollTop;
    const under = y + 2 * ROW_PX > scroller.scrollTop + this.heightPx;
    if (above || under || (zoomed && y === 0)) {
      scroller.scrollTop = Math.max(0, zoomed ? y - ROW_PX : y - this.heightPx / 2);
    }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      ArrowLeft: () => this.move(this.beside(-1)),
      ArrowRight: () => this.move(this.beside(1)),
      ArrowUp: () => this.move(this.tree.parents[this.selected]),
      ArrowDown: () => this.move(this.firstChild()),
      Enter: () => this.zoom(this.selected),
      " ": () => this.zoom(this.selected),
      Escape: () => this.zoomOut(),
      Backspace: () => this.zoomOut(),
      Home: () => {
        this.zoom(this.tree.root);
        this.select(this.tree.root);
      },
    };
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : null;
    if (!action) return;
    event.preventDefault();
    action();
  }

  move(node) {
    if (node === NONE || node === undefined) return;
    this.select(node);
    this.reveal(node, false);
  }

  zoomOut() {
    const parent = this.tree.parents[this.focus];
    if (parent === NONE) return;
    if (this.tree.isFolded(this.selected, this.tree.blocks[parent])) this.select(this.focus);
    this.zoom(parent);
  }

  firstChild() {
    const { tree, layout } = this;
    const at = tree.childStarts[this.selected];
    if (at === tree.childStarts[this.selected + 1]) return NONE;
    const child = layout.children[at];
    return tree.isFolded(child, this.openBlock) ? NONE : child;
  }

  // The next node of the row that is wide enough to be seen, within the zoom.
  beside(step) {
    const { tree, layout } = this;
    const row = layout.depths[this.selected];
    const start = layout.starts[this.focus];
    const end = start + tree.widths[this.focus];
    const least = ((end - start) / this.widthPx) * LEAST_PX;
    let place = layout.places[this.selected] + step;
    for (; place >= layout.rowStarts[row] && place < layout.rowStarts[row + 1]; place += step) {
      const node = layout.rowNodes[place];
      if (layout.starts[node] < start || layout.starts[node] >= end) return NONE;
      if (tree.widths[node] >= least && !tree.isFolded(node, this.openBlock)) return node;
    }
    return NONE;
  }
}

function tickText(us, step) {
  if (us === 0) return "0";
  if (step < 1000) return `${(us / 1000).toFixed(step < 100 ? 2 : 1)} ms`;
  return `${wholeNumber.format(us / 1000)} ms`;
}
