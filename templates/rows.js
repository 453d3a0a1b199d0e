// The nodes of one row that can be seen: none costs anything that is not a pixel's worth.

const LEAST_PX = 0.6;

// First place in a row whose node ends right of a point in time.
function firstAfter(tree, layout, from, end, us) {
  let low = from;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    const node = layout.rowNodes[middle];
    if (layout.starts[node] + tree.widths[node] > us) high = middle;
    else low = middle + 1;
  }
  return low;
}

// The same from a place that is near: doubled steps first, then between the last two.
function soonAfter(tree, layout, from, end, us) {
  let step = 1;
  let low = from;
  let high = from;
  while (high < end && layout.starts[layout.rowNodes[high]] + tree.widths[layout.rowNodes[high]] <= us) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  return firstAfter(tree, layout, low, Math.min(high, end), us);
}

// Calls paint(node, x, width) from left to right; what is narrower than a pixel takes one.
function eachInRow(tree, layout, row, view, widthPx, paint) {
  const [left, right] = view;
  const scale = widthPx / (right - left);
  const end = layout.rowStarts[row + 1];
  let place = firstAfter(tree, layout, layout.rowStarts[row], end, left);
  while (place < end) {
    const node = layout.rowNodes[place];
    const start = layout.starts[node];
    if (start >= right) break;
    const x = Math.max(0, (start - left) * scale);
    const width = Math.min(widthPx, (start + tree.widths[node] - left) * scale) - x;
    if (width >= LEAST_PX) {
      paint(node, x, width);
      place += 1;
    } else {
      // All that ends before the next pixel would be painted over itself.
      paint(node, Math.floor(x), 1);
      place = soonAfter(tree, layout, place + 1, end, left + (Math.floor(x) + 1) / scale);
    }
  }
}
