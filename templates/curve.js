// The memory curve: what a million cold starts cost at each memory size, and what the first
// request waits for what was deferred. Drawn when nothing else is to be done.

const SVG = "http://www.w3.org/2000/svg";
const PLOT_PX = { height: 256, left: 54, right: 12, top: 22, bottom: 30 };
const DIGIT_PX = 7;

function drawCurve() {
  const curve = new MemoryCurve(data.curve);
  const cost = new MemoryPlot(byId("curve-cost"), curve.costLines(), tickDollars, curve.bandOf(curve.own));
  const plots = [cost];
  byId("curve-wait-figure").hidden = curve.saved === null;
  if (curve.saved !== null) plots.push(new MemoryPlot(byId("curve-wait"), curve.waitLines(), tickMs));
  const show = (memoryMb) => {
    drawCurveKey(curve, memoryMb);
    for (const plot of plots) plot.mark(memoryMb);
  };
  const slider = byId("memory");
  slider.addEventListener("input", () => show(money.memoryMb));
  for (const plot of plots) {
    plot.listen(show, (memoryMb) => {
      slider.value = String(money.constants.memory_mb.indexOf(memoryMb));
      slider.dispatchEvent(new Event("input"));
    });
  }
  drawCurveNotes(curve);
  drawCurveTable(curve);
  show(money.memoryMb);
}

class MemoryCurve {
  constructor({ sides, deferral, missing }) {
    this.sides = sides;
    this.own = sides[0];
    this.missing = missing;
    // A saving that rounds to nothing has no line of its own.
    this.saved = this.own.saved_ms > 0 ? this.own.saved_ms : null;
    this.deferral = this.saved === null ? null : deferral;
  }

  // The same model as the headline's, at another architecture, size or init.
  at(side, memoryMb, lessMs = 0) {
    const { low, value, high, confidence } = side.init_ms;
    const [a, b, c] = [low, value, high].map((ms) => Math.max(0, ms - lessMs));
    return new Money({
      money: { ...data.money, gb_second_dollars: side.gb_second_dollars },
      headline: { init_ms: { low: a, value: b, high: c, confidence } },
      function: { memory_mb: memoryMb },
    });
  }

  dollars(side, memoryMb, lessMs = 0) {
    const at = this.at(side, memoryMb, lessMs);
    const { low, value, high } = at.billed();
    return { low: at.dollars(low), value: at.dollars(value), high: at.dollars(high) };
  }

  deferred(memoryMb) {
    return this.dollars(this.own, memoryMb, this.saved).value;
  }

  waits(memoryMb) {
    return this.saved * this.at(this.own, memoryMb).throttle;
  }

  costLines() {
    const lines = this.sides.map((side, i) => ({
      name: side.arch, kind: `side-${i}`, value: (mb) => this.dollars(side, mb).value,
    }));
    if (this.deferral) {
      const kind = this.deferral.verified ? "deferred" : "deferred predicted";
      lines.push({ name: this.deferredName(), kind, value: (mb) => this.deferred(mb) });
    }
    return lines;
  }

  waitLines() {
    return [
      { kind: "reference", value: () => this.saved },
      { kind: this.deferral.verified ? "deferred" : "deferred predicted", value: (mb) => this.waits(mb) },
    ];
  }

  bandOf(side) {
    return { low: (mb) => this.dollars(side, mb).low, high: (mb) => this.dollars(side, mb).high };
  }

  deferredName() {
    return `${this.own.arch}, ${this.deferral.what}${this.deferral.verified ? "" : " (predicted)"}`;
  }
}

class MemoryPlot {
  constructor(box, lines, tickText, band = null) {
    this.box = box;
    this.lines = lines;
    this.band = band;
    this.tickText = tickText;
    this.stops = data.money.memory_mb;
    this.memoryMb = money.memoryMb;
    const ends = [...lines.map((line) => line.value), ...(band ? [band.low, band.high] : [])];
    const values = this.stops.flatMap((mb) => ends.map((end) => end(mb))).filter((v) => v > 0);
    // Equal values need some height, too.
    [this.least, this.most] = [Math.min(...values) / 1.12, Math.max(...values) * 1.12];
    this.svg = shape("svg", { class: "plot", role: "img", "aria-labelledby": `${box.id}-title` });
    box.append(this.svg);
    // Text keeps its size on every screen: drawn anew for each width instead of scaled.
    new ResizeObserver(([entry]) => this.draw(Math.round(entry.contentRect.width))).observe(box);
  }

  x(memoryMb) {
    const { left, right } = PLOT_PX;
    const first = this.stops[0];
    const share = Math.log(memoryMb / first) / Math.log(this.stops[this.stops.length - 1] / first);
    return left + share * (this.width - left - right);
  }

  y(value) {
    const { height, top, bottom } = PLOT_PX;
    const share = Math.log(Math.max(value, this.least) / this.least) / Math.log(this.most / this.least);
    return height - bottom - share * (height - top - bottom);
  }

  draw(width) {
    if (width < 120 || width === this.width) return;
    this.width = width;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${PLOT_PX.height}`);
    const parts = [...this.levels(), ...this.sizes()];
    if (this.band) parts.push(shape("path", { class: "band-area", d: this.area() }));
    parts.push(this.configured());
    for (const line of this.lines) {
      parts.push(shape("path", { class: `curve-line ${line.kind}`, d: this.path(line.value) }));
    }
    this.marker = shape("g", { class: "curve-marker" });
    this.svg.replaceChildren(...parts, this.marker);
    this.mark(this.memoryMb);
  }

  path(value, stops = this.stops) {
    return stops.map((mb, i) => `${i ? "L" : "M"}${this.x(mb).toFixed(1)} ${this.y(value(mb)).toFixed(1)}`).join("");
  }

  area() {
    const back = this.path(this.band.low, [...this.stops].reverse());
    return `${this.path(this.band.high)}L${back.slice(1)}Z`;
  }

  // A line across at each round value.
  levels() {
    const { left, right } = PLOT_PX;
    return roundValues(this.least, this.most, 8).flatMap((value) => {
      const y = this.y(value).toFixed(1);
      return [
        shape("line", { class: "curve-grid", x1: left, x2: this.width - right, y1: y, y2: y }),
        label(left - 8, Number(y) + 4, this.tickText(value), "end"),
      ];
    });
  }

  // A tick at each size that the slider has; as many of them named as there is room for.
  sizes() {
    const floor = PLOT_PX.height - PLOT_PX.bottom;
    const ticks = this.stops.map((mb) => {
      const x = this.x(mb).toFixed(1);
      return shape("line", { class: "curve-tick", x1: x, x2: x, y1: floor, y2: floor + 4 });
    });
    const wanted = [data.function.memory_mb, 128, 10240, 1769, 512, 1024, 4096, 256];
    const taken = [];
    const named = [];
    for (const mb of new Set([...wanted, ...this.stops])) {
      const text = wholeText(mb);
      const half = (text.length * DIGIT_PX) / 2 + 5;
      const x = Math.min(this.x(mb), this.width - half + 4);
      if (!this.stops.includes(mb) || taken.some(([from, to]) => x + half > from && x - half < to)) continue;
      taken.push([x - half, x + half]);
      named.push(label(x, floor + 19, text, "middle"));
    }
    return [...ticks, ...named];
  }

  configured() {
    const own = data.function.memory_mb;
    const x = this.x(own);
    const isLeft = x < this.width - 130;
    const group = shape("g", { class: "curve-own" });
    group.append(
      shape("line", { x1: x, x2: x, y1: PLOT_PX.top - 8, y2: PLOT_PX.height - PLOT_PX.bottom }),
      label(x + (isLeft ? 5 : -5), PLOT_PX.top - 8, "as configured", isLeft ? "start" : "end"),
    );
    return group;
  }

  mark(memoryMb) {
    this.memoryMb = memoryMb;
    if (!this.marker) return;
    const x = this.x(memoryMb);
    const { top, height, bottom } = PLOT_PX;
    this.marker.replaceChildren(
      shape("line", { x1: x, x2: x, y1: top - 4, y2: height - bottom }),
      ...this.lines.filter((line) => line.kind !== "reference").map((line) => shape("circle", {
        class: line.kind, cx: x, cy: this.y(line.value(memoryMb)), r: 4.5,
      })),
    );
  }

  // The pointer shows a size, a click chooses it; by keyboard the slider does both.
  listen(show, choose) {
    const nearest = (event) => {
      const x = event.clientX - this.svg.getBoundingClientRect().left;
      return this.stops.reduce((a, b) => (Math.abs(this.x(b) - x) < Math.abs(this.x(a) - x) ? b : a));
    };
    this.svg.addEventListener("pointermove", (event) => show(nearest(event)));
    this.svg.addEventListener("pointerleave", () => show(money.memoryMb));
    this.svg.addEventListener("click", (event) => choose(nearest(event)));
  }
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

function label(x, y, text, anchor) {
  const made = shape("text", { x: x.toFixed(1), y: y.toFixed(1), "text-anchor": anchor });
  made.textContent = text;
  return made;
}

// 1, 2 and 5 of each power of ten; only whole powers where those would crowd.
function roundValues(least, most, few) {
  const found = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power += 1) {
    found.push(...[1, 2, 5].map((digit) => Number((digit * 10 ** power).toPrecision(1))));
  }
  const inside = found.filter((value) => value >= least && value <= most);
  if (inside.length <= few) return inside;
  const sparse = inside.filter((value) => !String(value).includes("2"));
  return sparse.length <= few ? sparse : inside.filter((value) => /^[0.]*10*$/.test(String(value)));
}

function tickDollars(value) {
  return value >= 1 ? `$${wholeText(value)}` : `$${value.toFixed(value < 0.1 ? 3 : 2).replace(/(\.\d\d)0$/, "$1")}`;
}

function tickMs(ms) {
  return ms >= 1000 ? `${wholeText(ms / 1000)} s` : `${ms < 1 ? ms : wholeText(ms)} ms`;
}

function waitText(ms) {
  return ms >= 10000 ? `${(ms / 1000).toFixed(1)} s` : msText(1000 * ms);
}

function payText(throttle) {
  return throttle > 1 ? `${Math.round(100 / throttle)} %` : "always";
}

function rangeText({ low, high }) {
  return `${dollarsText(low)} to ${dollarsText(high)}`;
}

function drawCurveKey(curve, memoryMb) {
  const own = memoryMb === data.function.memory_mb ? ", as configured" : "";
  byId("curve-at").textContent = `at ${wholeText(memoryMb)} MB${own}`;
  const rows = curve.costLines().map(({ name, kind, value }, i) => {
    const side = curve.sides[i];
    const range = side ? `(${rangeText(curve.dollars(side, memoryMb))})` : "";
    return curveKey(kind, name, dollarsText(value(memoryMb)), range);
  });
  byId("curve-key").replaceChildren(...rows);
  if (curve.saved === null) return;
  const kind = curve.deferral.verified ? "deferred" : "deferred predicted";
  const share = payText(curve.at(curve.own, memoryMb).throttle);
  byId("curve-wait-key").replaceChildren(
    curveKey(kind, "waits at first use", waitText(curve.waits(memoryMb))),
    curveKey("reference", "saved at init", waitText(curve.saved)),
    curveKey("", "pays", share === "always" ? share : `below ${share}`, share === "always" ? "" : "that need it at once"),
  );
}

function curveKey(kind, name, figure, range = "") {
  const row = element("li");
  row.append(element("span", `curve-swatch ${kind}`), element("span", "", name), element("strong", "", figure));
  if (range) row.append(element("span", "quiet", range));
  return row;
}

function drawCurveNotes(curve) {
  const words = {
    near: "close to Lambda's limit of 10 s for init: a slow start may pass it",
    past: "past Lambda's limit of 10 s for init: Lambda ends it and starts again inside the first request, throttled",
  };
  const said = Object.entries(words).flatMap(([limit, text]) => {
    const sides = curve.sides.filter((side) => side.limit === limit)
      .map((side) => `${wholeMs(side.init_ms.value)} ms on ${side.arch}`);
    return sides.length ? [`Init, ${sides.join(" and ")}, is ${text}.`] : [];
  });
  byId("curve-limit").hidden = said.length === 0;
  byId("curve-limit").textContent = said.join(" ");
  const speed = curve.own.limit === "past"
    ? `The second init runs at the size's own speed: up to ${wholeText(money.constants.mb_per_vcpu)} MB more memory shortens it.`
    : "Init runs at full speed at every size: more memory bills more and does not shorten it.";
  const missing = curve.deferral ? "" : ` No line for deferrals: ${curve.missing ?? "they save nothing."}`;
  const note = textWithCode("p", "", clipped(`${speed}${missing}`, 400));
  byId("curve-note").replaceChildren(...note.childNodes);
}

function drawCurveTable(curve) {
  const cell = (tag, text) => {
    const made = element(tag, "num", text);
    if (tag === "th") made.scope = "col";
    return made;
  };
  const heads = curve.sides.flatMap((side) => [side.arch, "between"]);
  if (curve.deferral) heads.push("deferred", "first use waits", "pays below");
  byId("curve-head").append(cell("th", "MB"), ...heads.map((text) => cell("th", text)));
  byId("curve-body").append(...data.money.memory_mb.map((mb) => {
    const row = element("tr", mb === data.function.memory_mb ? "curve-row own" : "curve-row");
    const size = cell("th", wholeText(mb));
    size.scope = "row";
    const figures = curve.sides.flatMap((side) => {
      const dollars = curve.dollars(side, mb);
      return [dollarsText(dollars.value), rangeText(dollars)];
    });
    if (curve.deferral) {
      const throttle = curve.at(curve.own, mb).throttle;
      figures.push(dollarsText(curve.deferred(mb)), waitText(curve.waits(mb)), payText(throttle));
    }
    row.append(size, ...figures.map((text) => cell("td", text)));
    return row;
  }));
}
