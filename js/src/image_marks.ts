// What is drawn above the picture with lines: markers, loops, the other slices, the region, the scale bar.

import { Frame, Point, View, roundLength, toCanvas } from "./image_geometry";

export type Pen = CanvasRenderingContext2D;

export const CROSS = "#56b4e9";
const INK = "#ffffff";
const SHADE = "rgba(0,0,0,0.65)";

/** Markers stand in the middle of their pixel and are as large on the screen however far one zooms. */
export function drawMarkers(pen: Pen, frame: Frame, view: View, at: Float32Array, color: string, shape: string): void {
  const size = Math.min(7, Math.max(3.5, 0.35 * view.zoom * Math.min(frame.dx, frame.dy)));
  const path = new Path2D();
  for (let i = 0; i + 1 < at.length; i += 2) {
    const [x, y] = toCanvas(frame, view, at[i]! + 0.5, at[i + 1]! + 0.5);
    if (x < -size || y < -size || x > frame.width + size || y > frame.height + size) continue;
    if (shape === "cross") {
      path.moveTo(x - size, y - size);
      path.lineTo(x + size, y + size);
      path.moveTo(x + size, y - size);
      path.lineTo(x - size, y + size);
    } else {
      path.moveTo(x + size, y);
      path.arc(x, y, size, 0, 2 * Math.PI);
    }
  }
  haloed(pen, path, color, shape === "dot" ? 0 : 2);
}

/** Pieces of loops, (m, 4) of row, col, row, col; pale ones lie in other slices. */
export function drawPieces(pen: Pen, frame: Frame, view: View, pieces: Float32Array, color: string, pale: boolean): void {
  const path = new Path2D();
  for (let i = 0; i + 3 < pieces.length; i += 4) {
    path.moveTo(...toCanvas(frame, view, pieces[i]! + 0.5, pieces[i + 1]! + 0.5));
    path.lineTo(...toCanvas(frame, view, pieces[i + 2]! + 0.5, pieces[i + 3]! + 0.5));
  }
  pen.save();
  if (pale) pen.globalAlpha = 0.35;
  pen.lineCap = "round";
  if (pale) stroke(pen, path, color, 1.5);
  else haloed(pen, path, color, 2.5);
  pen.restore();
}

/** Where the other two slices of a volume cut this one. */
export function drawCross(pen: Pen, frame: Frame, view: View, row: number, col: number): void {
  const [x, y] = toCanvas(frame, view, row + 0.5, col + 0.5);
  const path = new Path2D();
  path.moveTo(x, 0);
  path.lineTo(x, frame.height);
  path.moveTo(0, y);
  path.lineTo(frame.width, y);
  stroke(pen, path, CROSS, 1);
}

export function drawRegion(pen: Pen, frame: Frame, view: View, corners: Point[]): void {
  const path = new Path2D();
  corners.forEach(([row, col], i) => {
    const at = toCanvas(frame, view, row, col);
    if (i) path.lineTo(...at);
    else path.moveTo(...at);
  });
  path.closePath();
  pen.save();
  pen.fillStyle = "rgba(255,255,255,0.12)";
  pen.fill(path, "evenodd");
  stroke(pen, path, SHADE, 3);
  pen.setLineDash([5, 4]);
  stroke(pen, path, INK, 1.5);
  pen.restore();
}

/** A bar of a round length in the lower left corner. */
export function drawScaleBar(pen: Pen, frame: Frame, view: View, unit: string): void {
  const longest = 0.3 * Math.min(frame.width, frame.cols * frame.dx * view.zoom);
  if (longest < 12) return;
  const length = roundLength(longest / view.zoom);
  const text = `${Number(length.toPrecision(3))} ${unit}`;
  pen.save();
  pen.font = "12px sans-serif";
  const bar = length * view.zoom;
  const wide = Math.max(bar, pen.measureText(text).width);
  const y = frame.height - 10;
  pen.fillStyle = SHADE;
  pen.fillRect(6, y - 24, wide + 16, 30);
  pen.fillStyle = INK;
  pen.fillRect(14 + (wide - bar) / 2, y - 2, bar, 3);
  pen.textAlign = "center";
  pen.fillText(text, 14 + wide / 2, y - 8);
  pen.restore();
}

function stroke(pen: Pen, path: Path2D, color: string, width: number): void {
  pen.lineWidth = width;
  pen.strokeStyle = color;
  pen.stroke(path);
}

/** Lines of a colour (filled shapes if `width` is 0) with a dark rim and a light one, so that they show on any picture. */
function haloed(pen: Pen, path: Path2D, color: string, width: number): void {
  stroke(pen, path, "rgba(0,0,0,0.55)", width + 3);
  stroke(pen, path, "rgba(255,255,255,0.9)", width + 1.5);
  if (width) stroke(pen, path, color, width);
  else {
    pen.fillStyle = color;
    pen.fill(path);
  }
}
