// What the canvas shows, for Python: pixels and where the voxels are among them, or a picture.

import { Panel } from "./image_panel";
import { make } from "./image_toolbar";

/** What goes back to Python with the acknowledgement. */
export interface Answer {
  content?: Record<string, unknown>;
  buffer?: ArrayBuffer;
}

const GAP = 8; // device pixels between the slices of a volume

/** RGBA of what a panel shows, and where voxel (0, 0) begins on it, in device pixels. */
export function pixels(panel: Panel, what: "image" | "all", state: Record<string, unknown>): Answer {
  if (!panel.resize()) throw new Error("the canvas is hidden");
  const canvas = what === "all" ? flat([panel]) : panel.canvas;
  const { width, height } = canvas;
  const { frame, view } = panel;
  const scale = [(frame.dy * view.zoom * height) / frame.height, (frame.dx * view.zoom * width) / frame.width];
  const origin = [height / 2 - view.row * scale[0]!, width / 2 - view.col * scale[1]!];
  const data = canvas.getContext("2d")!.getImageData(0, 0, width, height).data;
  const more = { ...state, index: panel.index, window: panel.look.window, ratio: panel.ratio };
  return { content: { width, height, scale, origin, ...more }, buffer: data.buffer as ArrayBuffer };
}

/** PNG of all that is shown. */
export async function png(panels: Panel[]): Promise<Answer> {
  panels.forEach((panel) => panel.resize());
  const blob = await new Promise<Blob | null>((done) => flat(panels).toBlob(done));
  if (!blob) throw new Error("the canvas is hidden");
  return { buffer: await blob.arrayBuffer() };
}

/** Pictures and lines of some panels on one canvas, side by side. */
function flat(panels: Panel[]): HTMLCanvasElement {
  const out = make("canvas");
  out.width = panels.reduce((sum, panel) => sum + panel.canvas.width + GAP, -GAP);
  out.height = Math.max(...panels.map((panel) => panel.canvas.height));
  const pen = out.getContext("2d")!;
  let x = 0;
  for (const { canvas, top } of panels) {
    if (canvas.width) pen.drawImage(canvas, x, 0), pen.drawImage(top, x, 0);
    x += canvas.width + GAP;
  }
  return out;
}
