// The icicle: one canvas as large as its window, repainted from the layout; only rows in view and
// only what is a pixel wide cost anything, so neither depth nor size slows it.

const ZOOM_MS = 180;
const MOST_ROWS = 26;
// The log counts whole microseconds: closer than this there is nothing to see.
const LEAST_VIEW_US = 10;

class Icicle {
  // hooks: select(node), zoom(node), hover(node, x, y)
  constructor(parts, tree, hooks) {
    Object.assign(this, parts);
    this.tree = tree;
    this.hooks = hooks;
    this.painter = new Painter(this.canvas, this.ruler);
    this.minimap = new Minimap(this.map, { pan: (view) => this.pan(view) });
    this.order = parts.order || TIME_ORDER;
    this.focus = tree.root;
    this.selected = tree.root;
    this.hovered = NONE;
    this.dim = null;
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
    return this.tree.block(this.focus);
  }

  readColours() {
    this.painter.readColours(this.tree.colours);
    this.minimap.stale = true;
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
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    new ResizeObserver(() => {
      // It reports at once what the constructor has drawn already. A frame later, because the
      // chart's own new size would have to be reported in this one, which is an error.
      if (this.scroller.clientWidth !== this.widthPx) requestAnimationFrame(() => this.resize());
    }).observe(this.scroller);
    const recolour = () => {
      this.readColours();
      this.repaint();
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
    // Paper is light, and no frame comes before it is printed.
    matchMedia("print").addEventListener("change", () => {
      this.readColours();
      this.paint();
    });
  }

  // With Ctrl (or a pinch) the wheel zooms, sideways it pans; else the page scrolls as ever.
  wheel(event) {
    const box = this.canvas.getBoundingClientRect();
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      this.scale(2 ** (event.deltaY / 200), (event.clientX - box.left) / this.widthPx);
    } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      const whole = Math.max(1, this.tree.widths[this.tree.root]);
      const length = this.view[1] - this.view[0];
      const left = this.view[0] + (sideways / this.widthPx) * length;
      const start = Math.min(Math.max(0, left), whole - length);
      this.pan([start, start + length]);
    } else return;
    event.preventDefault();
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
    this.minimap.resize(this.widthPx, ratio);
    this.paint();
  }

  fit(canvas, heightPx, ratio) {
    const [width, height] = [this.widthPx, heightPx].map((px) => Math.max(1, Math.round(px * ratio)));
    // Setting a size, even the same, throws the picture away.
    if (canvas.width === width && canvas.height === height && canvas.fitted) return;
    canvas.fitted = true;
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${this.widthPx}px`;
    canvas.style.height = `${heightPx}px`;
    canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  depthInView() {
    const tree = this.tree;
    if (tree.rows) return tree.rows - 1;
    const depth = this.layout.depths[this.focus];
    if (this.focus !== tree.root) return depth + tree.below[this.focus];
    return tree.rowsFolded;
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

  get scene() {
    const { tree, layout, view, widthPx, heightPx, openBlock, dim, hovered, selected } = this;
    const top = this.scroller.scrollTop;
    const handler = tree.handler ?? NONE;
    return { tree, layout, view, widthPx, heightPx, top, openBlock, dim, hovered, selected, handler };
  }

  paint() {
    const scene = this.scene;
    this.painter.paint(scene);
    if (this.minimap.stale) this.minimap.paintLater(scene, this.painter);
    else this.minimap.paint(scene, this.painter);
  }

  // Other boxes in the same window; the whole of them is shown.
  setTree(tree, order) {
    this.tree = tree;
    this.order = order;
    this.focus = this.selected = tree.root;
    this.hovered = NONE;
    this.motion = null;
    this.view = [0, Math.max(1, tree.widths[tree.root])];
    this.heldPx = 0;
    this.scroller.scrollTop = 0;
    this.readColours();
    this.resize();
  }

  setDim(dim) {
    this.dim = dim;
    this.minimap.stale = true;
    this.repaint();
  }

  pan(view) {
    this.motion = null;
    this.view = view;
    this.repaint();
  }

  // Zooms around a point of the window (0 to 1) without changing the path.
  scale(factor, part) {
    const [left, right] = this.view;
    const whole = Math.max(1, this.tree.widths[this.tree.root]);
    const length = Math.min(whole, Math.max(LEAST_VIEW_US, (right - left) * factor));
    const start = left + (right - left - length) * part;
    const from = Math.min(Math.max(0, start), whole - length);
    this.pan([from, from + length]);
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top + this.scroller.scrollTop) / ROW_PX);
    const layout = this.layout;
    if (row < 0 || row >= this.tree.size) return NONE;
    const [left, right] = this.view;
    const us = left + ((event.clientX - box.left) / this.widthPx) * (right - left);
    const end = layout.rowStarts[row + 1];
    const place = firstAfter(this.tree, layout, layout.rowStarts[row], end, us);
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
    this.minimap.stale = true;
    const start = this.layout.starts[this.focus];
    this.view = [start, start + Math.max(1, this.tree.widths[this.focus])];
    this.leave();
    this.resize();
  }

  // Select a node from outside the chart and make sure that it can be seen.
  show(node) {
    const block = this.tree.block(node);
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
      ArrowUp: () => this.move(this.tree.rowAbove(this.selected)),
      ArrowDown: () => this.move(this.rowBelow()),
      Enter: () => this.zoom(this.selected),
      " ": () => this.zoom(this.selected),
      Escape: () => this.zoomOut(),
      Backspace: () => this.zoomOut(),
      "+": () => this.scale(0.5, 0.5),
      "-": () => this.scale(2, 0.5),
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
    if (this.tree.isFolded(this.selected, this.tree.block(parent))) this.select(this.focus);
    this.zoom(parent);
  }

  rowBelow() {
    const { tree, layout } = this;
    const node = tree.rowBelow(this.selected, layout);
    return node === NONE || tree.isFolded(node, this.openBlock) ? NONE : node;
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
