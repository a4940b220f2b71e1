// Where a voxel is on the canvas, and which pixels a rectangle or a lasso encloses. Pure.
// Pixel (row, col) covers [row, row + 1) x [col, col + 1) in voxel coordinates.

/** A canvas in CSS pixels and the slice that it shows. */
export interface Frame {
  width: number;
  height: number;
  rows: number;
  cols: number;
  /** Size of a sample in units of length, down and across. */
  dy: number;
  dx: number;
}

/** What part of the slice is looked at: CSS pixels per unit of length, and the voxel coordinates in the middle of the canvas. */
export interface View {
  zoom: number;
  row: number;
  col: number;
}

export type Point = [row: number, col: number];

/** A sample is never drawn larger than this many CSS pixels, unless the whole image would be smaller than the canvas then. */
const LARGEST_SAMPLE = 96;

/** The view that shows the whole slice as large as possible. */
export function fit(frame: Frame): View {
  const zoom = Math.min(frame.width / (frame.cols * frame.dx), frame.height / (frame.rows * frame.dy));
  return { zoom, row: frame.rows / 2, col: frame.cols / 2 };
}

export function toCanvas(frame: Frame, view: View, row: number, col: number): [x: number, y: number] {
  return [
    (col - view.col) * frame.dx * view.zoom + frame.width / 2,
    (row - view.row) * frame.dy * view.zoom + frame.height / 2,
  ];
}

export function toVoxel(frame: Frame, view: View, x: number, y: number): Point {
  return [
    view.row + (y - frame.height / 2) / (frame.dy * view.zoom),
    view.col + (x - frame.width / 2) / (frame.dx * view.zoom),
  ];
}

/** Pixel below a point of the canvas, null outside the slice. */
export function pixelAt(frame: Frame, view: View, x: number, y: number): Point | null {
  const [row, col] = toVoxel(frame, view, x, y).map(Math.floor) as Point;
  return row >= 0 && col >= 0 && row < frame.rows && col < frame.cols ? [row, col] : null;
}

/** The nearest view that neither loses the slice nor shows more emptiness than it must. */
export function clamp(frame: Frame, view: View): View {
  const whole = fit(frame).zoom;
  const most = Math.max(whole, LARGEST_SAMPLE / Math.max(frame.dx, frame.dy));
  const zoom = Math.min(Math.max(view.zoom, whole / 2), most);
  const middle = (at: number, count: number, shown: number) =>
    shown >= count ? count / 2 : Math.min(Math.max(at, shown / 2), count - shown / 2);
  return {
    zoom,
    row: middle(view.row, frame.rows, frame.height / (zoom * frame.dy)),
    col: middle(view.col, frame.cols, frame.width / (zoom * frame.dx)),
  };
}

/** Zoom by a factor; what is at (x, y) stays there. */
export function zoomAt(frame: Frame, view: View, factor: number, x: number, y: number): View {
  const [row, col] = toVoxel(frame, view, x, y);
  const zoom = clamp(frame, { ...view, zoom: view.zoom * factor }).zoom;
  return clamp(frame, {
    zoom,
    row: row - (y - frame.height / 2) / (frame.dy * zoom),
    col: col - (x - frame.width / 2) / (frame.dx * zoom),
  });
}

/** Move the picture by so many CSS pixels. */
export function pan(frame: Frame, view: View, dx: number, dy: number): View {
  return clamp(frame, { ...view, row: view.row - dy / (frame.dy * view.zoom), col: view.col - dx / (frame.dx * view.zoom) });
}

/** Rows and columns, ends excluded, of all pixels that the rectangle between two points touches; null outside the slice. */
export function touched(frame: Frame, a: Point, b: Point): { rows: [number, number]; cols: [number, number] } | null {
  const span = (u: number, v: number, count: number): [number, number] => [
    Math.max(0, Math.floor(Math.min(u, v))),
    Math.min(count, Math.floor(Math.max(u, v)) + 1),
  ];
  const rows = span(a[0], b[0], frame.rows);
  const cols = span(a[1], b[1], frame.cols);
  return rows[0] < rows[1] && cols[0] < cols[1] ? { rows, cols } : null;
}

/** Runs (first flat index, length) of a block of pixels. */
export function rectangleRuns(frame: Frame, block: { rows: [number, number]; cols: [number, number] }): Uint32Array {
  const [first, last] = block.rows;
  const out = new Uint32Array(2 * (last - first));
  for (let row = first; row < last; row++) out.set([row * frame.cols + block.cols[0], block.cols[1] - block.cols[0]], 2 * (row - first));
  return out;
}

/** Runs (first flat index, length) of the pixels whose centre lies inside a closed polygon, by the even-odd rule. */
export function polygonRuns(points: Point[], rows: number, cols: number): Uint32Array {
  const out: number[] = [];
  const heights = points.map((p) => p[0]);
  const first = Math.max(0, Math.floor(Math.min(...heights)));
  const last = Math.min(rows - 1, Math.ceil(Math.max(...heights)));
  for (let row = first; row <= last; row++) {
    const crossings = crossingsAt(points, row + 0.5);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const begin = Math.max(0, Math.ceil(crossings[k]! - 0.5));
      const end = Math.min(cols, Math.ceil(crossings[k + 1]! - 0.5));
      if (begin < end) out.push(row * cols + begin, end - begin);
    }
  }
  return Uint32Array.from(out);
}

/** Columns, in order, where the outline of a polygon crosses a line of constant row. */
function crossingsAt(points: Point[], row: number): number[] {
  const out: number[] = [];
  points.forEach((a, i) => {
    const b = points[(i + 1) % points.length]!;
    if (a[0] <= row !== b[0] <= row) out.push(a[1] + ((row - a[0]) / (b[0] - a[0])) * (b[1] - a[1]));
  });
  return out.sort((a, b) => a - b);
}

/** The longest of 1, 2, 5, 10, ... that is at most `longest`. */
export function roundLength(longest: number): number {
  const power = 10 ** Math.floor(Math.log10(longest));
  // a hair of tolerance: 0.3 / 0.1 is a little less than 3
  for (const factor of [5, 2]) if (factor * power <= longest * (1 + 1e-9)) return factor * power;
  return power;
}
