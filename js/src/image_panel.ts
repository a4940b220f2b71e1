// One slice on two canvases: the picture below, lines above. Redrawn at most once per frame of the screen.

import { drawCross, drawMarkers, drawPieces, drawRegion, drawScaleBar } from "./image_marks";
import { Frame, Point, View, clamp, fit, touched } from "./image_geometry";
import { Message, Part, Scene, samples } from "./image_messages";
import { Lookup, Pyramid, colourTable, fromRuns, levelFor, lookup, paintColours, paintImage, paintMask } from "./image_raster";
import { bytes } from "./decode";

/** What all panels of a view share. */
export interface Look {
  scene: Scene;
  table: Uint32Array;
  window: [number, number];
  /** Slices shown by the three panels of a volume. */
  slices: number[];
}

export interface Region {
  kind: "rectangle" | "lasso";
  points: Point[];
  index: number;
}

interface Layer {
  index: number;
  part: Part;
  pyramid?: Pyramid;
  rgb?: Uint8Array;
  /** Markers, or pieces of loops: those in the slice, then those in others. */
  lines?: Float32Array[];
}

const OUTLINE = 1.5; // CSS pixels

export class Panel {
  readonly element = document.createElement("div");
  readonly canvas = document.createElement("canvas");
  readonly top = document.createElement("canvas");
  readonly layers = new Map<string, Layer>();
  readonly frame: Frame;
  view: View;
  region: Region | null = null;
  private fitted = true;
  private asked: "picture" | "lines" | null = null;
  private frameRequest = 0;

  /** `axis`: the one that the slice is perpendicular to; null for a two-dimensional image. */
  constructor(readonly number: number, readonly axis: number | null, readonly look: Look) {
    const { shape, spacing } = look.scene;
    const [down, across] = this.inPlane();
    this.frame = { width: 0, height: 0, rows: shape[down]!, cols: shape[across]!, dy: spacing[down]!, dx: spacing[across]! };
    this.view = { zoom: 1, row: this.frame.rows / 2, col: this.frame.cols / 2 };
    this.element.className = "phi-panel";
    this.top.className = "phi-top";
    this.top.tabIndex = 0;
    this.top.setAttribute("role", "application");
    this.element.append(this.canvas, this.top);
  }

  /** Axes of the image that run down and across. */
  inPlane(): [number, number] {
    return this.axis === null ? [0, 1] : ([0, 1, 2].filter((axis) => axis !== this.axis) as [number, number]);
  }

  /** The slice that is wanted now; 0 for a two-dimensional image. */
  get index(): number {
    return this.axis === null ? 0 : this.look.slices[this.axis]!;
  }

  put(key: string, message: Message, buffers: DataView[]): void {
    const part = message.part!;
    const layer: Layer = { index: message.index!, part };
    const { rows, cols } = this.frame;
    if (part.kind === "mask") layer.pyramid = new Pyramid(fromRuns(new Uint32Array(bytes(buffers[0]!)), rows, cols), "any");
    else if (part.kind === "markers" || part.kind === "paths") layer.lines = buffers.map((b) => new Float32Array(bytes(b)));
    else {
      const raster = { data: samples(part.type, buffers[0]!), rows, cols, missing: part.missing ?? NaN };
      if (raster.data.length !== rows * cols) throw new Error(`${key}: ${raster.data.length} samples for ${rows} x ${cols}`);
      layer.pyramid = new Pyramid(raster, part.kind === "classes" ? "first" : "mean");
      if (buffers[1]) layer.rgb = new Uint8Array(bytes(buffers[1]));
    }
    this.layers.set(key, layer);
    this.redraw(part.kind === "markers" || part.kind === "paths" ? "lines" : "picture");
  }

  drop(key: string): void {
    if (this.layers.delete(key)) this.redraw("picture");
  }

  /** Value of the image at a pixel, NaN where there is none. */
  valueAt([row, col]: Point): number {
    const image = this.shown("image");
    const raster = image?.pyramid?.base;
    const sample = raster ? raster.data[row * raster.cols + col]! : NaN;
    const { offset, step } = this.look.scene;
    return raster && sample !== raster.missing ? offset + step * sample : NaN;
  }

  /** Give the canvases the size of the element; false while it is hidden. */
  resize(): boolean {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width || !height) return false;
    const ratio = this.ratio;
    const wide = Math.round(width * ratio);
    const high = Math.round(height * ratio);
    if (this.frame.width !== width || this.frame.height !== height || this.canvas.width !== wide || this.canvas.height !== high) {
      Object.assign(this.frame, { width, height });
      for (const canvas of [this.canvas, this.top]) {
        canvas.width = wide;
        canvas.height = high;
      }
      this.view = this.fitted ? fit(this.frame) : clamp(this.frame, this.view);
    }
    this.draw("picture");
    return true;
  }

  get ratio(): number {
    return window.devicePixelRatio || 1;
  }

  setView(view: View): void {
    this.view = clamp(this.frame, view);
    this.fitted = false;
    this.redraw("picture");
  }

  fit(): void {
    this.view = fit(this.frame);
    this.fitted = true;
    this.redraw("picture");
  }

  setRegion(region: Region | null): void {
    this.region = region;
    this.redraw("lines");
  }

  redraw(what: "picture" | "lines"): void {
    if (this.asked !== "picture") this.asked = what;
    this.frameRequest ||= requestAnimationFrame(() => this.draw(this.asked ?? "lines"));
  }

  /** Draw now, without waiting for the next frame. */
  draw(what: "picture" | "lines"): void {
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = 0;
    this.asked = null;
    if (!this.frame.width) return;
    if (what === "picture") this.drawPicture();
    this.drawLines();
  }

  private shown(key: string): Layer | undefined {
    const layer = this.layers.get(key);
    return layer && (key === "image" || layer.index === this.layers.get("image")?.index) ? layer : undefined;
  }

  private drawPicture(): void {
    const pen = this.canvas.getContext("2d")!;
    const { width, height } = this.canvas;
    const picture = pen.createImageData(width, height);
    const level = levelFor(this.frame, this.view, this.ratio);
    const at = lookup(this.frame, this.view, width / this.frame.width, level);
    const image = this.shown("image");
    if (image) {
      const { offset, step } = this.look.scene;
      const [low, high] = this.look.window.map((value) => (value - offset) / step) as [number, number];
      paintImage(new Uint32Array(picture.data.buffer), at, image.pyramid!.at(level), this.look.table, low, high);
    }
    for (const kind of ["classes", "heat", "mask"] as const) {
      for (const key of this.layers.keys()) {
        const layer = this.shown(key);
        if (layer?.part.kind === kind) this.paint(layer, picture.data, at, level);
      }
    }
    pen.putImageData(picture, 0, 0);
  }

  private paint(layer: Layer, out: Uint8ClampedArray, at: Lookup, level: number): void {
    const { part } = layer;
    const raster = layer.pyramid!.at(level);
    const line = part.outline ? Math.max(1, Math.round(OUTLINE * this.ratio)) : 0;
    if (part.kind === "mask") paintMask(out, at, raster, part.rgb!, part.opacity!, line);
    else paintColours(out, at, raster, layer.rgb!, part.opacity!);
  }

  private drawLines(): void {
    const pen = this.top.getContext("2d")!;
    const { frame, view } = this;
    pen.setTransform(this.top.width / frame.width, 0, 0, this.top.height / frame.height, 0, 0);
    pen.clearRect(0, 0, frame.width, frame.height);
    if (this.axis !== null) {
      const [down, across] = this.inPlane();
      drawCross(pen, frame, view, this.look.slices[down]!, this.look.slices[across]!);
    }
    for (const key of this.layers.keys()) {
      const layer = this.shown(key);
      if (!layer?.lines) continue;
      const { kind, color, shape } = layer.part;
      if (kind === "markers") drawMarkers(pen, frame, view, layer.lines[0]!, color!, shape!);
      else layer.lines.map((pieces, i) => drawPieces(pen, frame, view, pieces, color!, i === 1));
    }
    if (this.region && this.region.index === this.index) drawRegion(pen, frame, view, this.outline(this.region));
    drawScaleBar(pen, frame, view, this.look.scene.unit);
  }

  private outline(region: Region): Point[] {
    if (region.kind === "lasso") return region.points;
    const block = touched(this.frame, region.points[0]!, region.points[1]!);
    if (!block) return [];
    const [[top, bottom], [left, right]] = [block.rows, block.cols];
    return [[top, left], [top, right], [bottom, right], [bottom, left]];
  }

  /** Forget all that belongs to the image. */
  empty(): void {
    this.layers.clear();
    this.region = null;
    this.redraw("picture");
  }

  dispose(): void {
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = 0;
    this.layers.clear();
  }
}

/** Colour table of bytes r, g, b as they come from Python. */
export function tableOf(buffer: DataView | undefined): Uint32Array {
  return colourTable(buffer ? new Uint8Array(bytes(buffer)) : new Uint8Array([0, 0, 0, 255, 255, 255]));
}
