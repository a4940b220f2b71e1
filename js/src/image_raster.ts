// From samples to the pixels of a canvas: colour tables, coarser copies for small pictures, masks, heat maps, classes. Pure.

import { Frame, View } from "./image_geometry";

export type Samples = Uint8Array | Uint16Array | Float32Array;

/** One slice of samples, row after row. */
export interface Raster {
  data: Samples;
  rows: number;
  cols: number;
  /** Sample that stands for "no value"; NaN always does. */
  missing: number;
}

/** How 2 x 2 samples become one. "first" keeps the upper left one, for classes. */
export type Merge = "mean" | "first" | "any";

/** A raster and its copies at half, a quarter, ... of the size, made when they are first asked for. */
export class Pyramid {
  private readonly levels: Raster[];

  constructor(base: Raster, private readonly merge: Merge) {
    this.levels = [base];
  }

  get base(): Raster {
    return this.levels[0]!;
  }

  at(level: number): Raster {
    while (this.levels.length <= level) this.levels.push(halve(this.levels[this.levels.length - 1]!, this.merge));
    return this.levels[level]!;
  }
}

export function halve(raster: Raster, merge: Merge): Raster {
  const { data, missing } = raster;
  const rows = Math.ceil(raster.rows / 2);
  const cols = Math.ceil(raster.cols / 2);
  const out = new (data.constructor as new (n: number) => Samples)(rows * cols);
  const half = data instanceof Float32Array ? 0 : 0.5;
  for (let row = 0; row < rows; row++) {
    const upper = 2 * row * raster.cols;
    const lower = Math.min(2 * row + 1, raster.rows - 1) * raster.cols;
    for (let col = 0; col < cols; col++) {
      const left = 2 * col;
      const right = Math.min(left + 1, raster.cols - 1);
      const a = data[upper + left]!;
      if (merge === "first") {
        out[row * cols + col] = a;
        continue;
      }
      const b = data[upper + right]!;
      const c = data[lower + left]!;
      const d = data[lower + right]!;
      if (merge === "any") {
        out[row * cols + col] = a | b | c | d;
        continue;
      }
      let sum = 0;
      let count = 0;
      if (a === a && a !== missing) (sum += a), count++;
      if (b === b && b !== missing) (sum += b), count++;
      if (c === c && c !== missing) (sum += c), count++;
      if (d === d && d !== missing) (sum += d), count++;
      out[row * cols + col] = count ? sum / count + half : missing;
    }
  }
  return { data: out, rows, cols, missing };
}

/** Bitmap of runs (first flat index, length). */
export function fromRuns(runs: Uint32Array, rows: number, cols: number): Raster {
  const data = new Uint8Array(rows * cols);
  for (let i = 0; i + 1 < runs.length; i += 2) data.fill(1, runs[i]!, runs[i]! + runs[i + 1]!);
  return { data, rows, cols, missing: -1 };
}

/** Level of a pyramid at which there is about one sample for each device pixel. */
export function levelFor(frame: Frame, view: View, ratio: number): number {
  const samples = 1 / (ratio * view.zoom * Math.max(frame.dx, frame.dy));
  const most = Math.floor(Math.log2(Math.max(1, Math.min(frame.rows, frame.cols))));
  return Math.min(most, Math.max(0, Math.round(Math.log2(samples))));
}

/** Row and column, at some level of a pyramid, of each device pixel; -1 outside the slice. */
export interface Lookup {
  rows: Int32Array;
  cols: Int32Array;
}

export function lookup(frame: Frame, view: View, ratio: number, level: number): Lookup {
  const line = (size: number, middle: number, step: number, count: number) => {
    const out = new Int32Array(Math.round(size * ratio));
    for (let i = 0; i < out.length; i++) {
      const at = Math.floor(middle + ((i + 0.5) / ratio - size / 2) / (step * view.zoom));
      out[i] = at >= 0 && at < count ? at >> level : -1;
    }
    return out;
  };
  return { rows: line(frame.height, view.row, frame.dy, frame.rows), cols: line(frame.width, view.col, frame.dx, frame.cols) };
}

/** Colours of 256 (or fewer) levels as opaque pixels, from bytes r, g, b. */
export function colourTable(rgb: Uint8Array): Uint32Array {
  const bytes = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let i = 0; i < rgb.length / 3; i++) bytes.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
  return new Uint32Array(bytes.buffer);
}

/** Level of a sample in a table of n colours: the same rounding as Matplotlib's. */
export function levelOf(value: number, low: number, high: number, n: number): number {
  const level = Math.floor(((value - low) / (high - low)) * n);
  return level < 0 ? 0 : level >= n ? n - 1 : level;
}

/** Draw samples through a colour table; missing ones, and what lies outside the slice, stay transparent. */
export function paintImage(out: Uint32Array, at: Lookup, raster: Raster, table: Uint32Array, low: number, high: number): void {
  const { data, missing, cols } = raster;
  const n = table.length;
  const scale = n / (high - low);
  const width = at.cols.length;
  for (let y = 0; y < at.rows.length; y++) {
    const row = at.rows[y]!;
    if (row < 0) continue;
    const base = row * cols;
    for (let x = 0; x < width; x++) {
      const col = at.cols[x]!;
      if (col < 0) continue;
      const value = data[base + col]!;
      if (value === missing || value !== value) continue;
      const level = (value - low) * scale;
      out[y * width + x] = table[level < 0 ? 0 : level >= n ? n - 1 : level | 0]!;
    }
  }
}

/** Blend colours over the picture: sample s gets colour s of the table (bytes r, g, b), `missing` none. */
export function paintColours(out: Uint8ClampedArray, at: Lookup, raster: Raster, rgb: Uint8Array, opacity: number): void {
  const { data, missing, cols } = raster;
  const width = at.cols.length;
  for (let y = 0; y < at.rows.length; y++) {
    const row = at.rows[y]!;
    if (row < 0) continue;
    for (let x = 0; x < width; x++) {
      const col = at.cols[x]!;
      if (col < 0) continue;
      const sample = data[row * cols + col]!;
      if (sample !== missing) blend(out, 4 * (y * width + x), rgb[3 * sample]!, rgb[3 * sample + 1]!, rgb[3 * sample + 2]!, opacity);
    }
  }
}

/** Blend a mask over the picture. Device pixels nearer than `line` to its border are drawn opaque, 0: no outline. */
export function paintMask(
  out: Uint8ClampedArray, at: Lookup, mask: Raster, rgb: [number, number, number], opacity: number, line: number,
): void {
  const { data, cols: stride } = mask;
  const { rows, cols } = at;
  const width = cols.length;
  const inside = (row: number | undefined, col: number | undefined) =>
    row === undefined || col === undefined || (row >= 0 && col >= 0 && data[row * stride + col] === 1); // beyond the canvas nothing ends
  for (let y = 0; y < rows.length; y++) {
    const row = rows[y]!;
    if (row < 0) continue;
    for (let x = 0; x < width; x++) {
      const col = cols[x]!;
      if (col < 0 || data[row * stride + col] !== 1) continue;
      const border = line > 0 && !(inside(rows[y - line], col) && inside(rows[y + line], col)
        && inside(row, cols[x - line]) && inside(row, cols[x + line]));
      blend(out, 4 * (y * width + x), rgb[0], rgb[1], rgb[2], border ? 1 : opacity);
    }
  }
}

function blend(out: Uint8ClampedArray, i: number, r: number, g: number, b: number, opacity: number): void {
  out[i] = Math.floor(out[i]! + (r - out[i]!) * opacity + 0.5);
  out[i + 1] = Math.floor(out[i + 1]! + (g - out[i + 1]!) * opacity + 0.5);
  out[i + 2] = Math.floor(out[i + 2]! + (b - out[i + 2]!) * opacity + 0.5);
  out[i + 3] = Math.max(out[i + 3]!, Math.floor(255 * opacity + 0.5));
}
