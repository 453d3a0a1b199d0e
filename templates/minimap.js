// The whole chart at a glance, with a window around what the chart shows; dragging moves it.

const MINIMAP_PX = 34;
const MINIMAP_ROW_PX = [2, 5];

class Minimap {
  // hooks: pan(view)
  constructor(canvas, hooks) {
    this.canvas = canvas;
    this.hooks = hooks;
    this.pen = canvas.getContext("2d");
    // Drawn once per order, scheme, filter and width: the window moves far more often.
    this.picture = document.createElement("canvas");
    this.stale = true;
    this.listen();
  }

  listen() {
    let from = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      if (!this.scene) return;
      this.canvas.setPointerCapture(event.pointerId);
      const us = this.usAt(event);
      const [left, right] = this.scene.view;
      from = us >= left && us <= right ? us - left : (right - left) / 2;
      this.pan(us - from);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (from !== null) this.pan(this.usAt(event) - from);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(end, () => {
        from = null;
      });
    }
  }

  usAt(event) {
    const box = this.canvas.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * this.whole;
  }

  pan(left) {
    const length = this.scene.view[1] - this.scene.view[0];
    const start = Math.min(Math.max(0, left), Math.max(0, this.whole - length));
    this.hooks.pan([start, start + length]);
  }

  get whole() {
    return Math.max(1, this.scene.tree.widths[this.scene.tree.root]);
  }

  resize(widthPx, ratio) {
    if (widthPx === this.widthPx && ratio === this.ratio) return;
    for (const canvas of [this.canvas, this.picture]) {
      canvas.width = Math.max(1, Math.round(widthPx * ratio));
      canvas.height = Math.round(MINIMAP_PX * ratio);
    }
    this.canvas.style.width = `${widthPx}px`;
    this.canvas.style.height = `${MINIMAP_PX}px`;
    this.ratio = ratio;
    this.widthPx = widthPx;
    this.stale = true;
    // A new size has wiped the canvas: what was there before must not be missing for a moment.
    this.wiped = this.scene !== undefined;
  }

  // A picture of everything may come a frame later than the chart.
  paintLater(scene, colours) {
    if (this.wiped) {
      this.paint(scene, colours);
      return;
    }
    this.scene = scene;
    if (this.waiting) return;
    this.waiting = true;
    whenIdle(() => {
      this.waiting = false;
      this.paint(this.scene, colours);
    });
  }

  paint(scene, colours) {
    this.scene = scene;
    if (this.stale) this.paintPicture(scene, colours);
    this.wiped = false;
    const pen = this.pen;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const [left, right] = scene.view.map((us) => (us / this.whole) * this.widthPx);
    pen.globalAlpha = 0.3;
    pen.drawImage(this.picture, 0, 0);
    pen.globalAlpha = 1;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const width = Math.max(2, right - left);
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, width, MINIMAP_PX);
    pen.clip();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.drawImage(this.picture, 0, 0);
    pen.restore();
    pen.strokeStyle = colours.outline;
    pen.lineWidth = 1.5;
    pen.strokeRect(left + 0.75, 0.75, Math.max(1, width - 1.5), MINIMAP_PX - 1.5);
  }

  paintPicture(scene, colours) {
    const { tree, layout } = scene;
    const pen = this.picture.getContext("2d");
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, this.widthPx, MINIMAP_PX);
    const [least, most] = MINIMAP_ROW_PX;
    const rowPx = Math.min(most, Math.max(least, Math.floor(MINIMAP_PX / (tree.below[tree.root] + 1))));
    const rows = Math.ceil(MINIMAP_PX / rowPx);
    for (let row = 0; row < rows && row < tree.size; row += 1) {
      if (layout.rowStarts[row] === layout.rowStarts[row + 1]) break;
      eachInRow(tree, layout, row, [0, this.whole], this.widthPx, (node, x, width) => {
        if (tree.isFolded(node, NONE)) return;
        pen.globalAlpha = scene.dim !== null && scene.dim[node] === 1 ? 0.15 : 1;
        pen.fillStyle = colours.colours.get(tree.colour(node)).fill;
        pen.fillRect(x, row * rowPx, width > 3 ? width - 0.5 : width, rowPx);
      });
    }
    this.stale = false;
  }
}
