// Mouse, pen, finger and keys on one panel: pan, zoom, pick, rectangle, lasso.

import { Point, pan, pixelAt, polygonRuns, rectangleRuns, toVoxel, touched, zoomAt } from "./image_geometry";
import { Panel, Region } from "./image_panel";
import { Tool } from "./image_toolbar";

export interface Listener {
  tool(): Tool;
  setTool(tool: Tool): void;
  click(panel: Panel, pixel: Point | null, shift: boolean): void;
  hover(panel: Panel, pixel: Point | null, shift: boolean): void;
  /** Runs of pixels; `passing` while the button is still down. */
  region(panel: Panel, runs: Uint32Array, passing: boolean): void;
  /** A region is about to be drawn on this panel. */
  begin(panel: Panel): void;
  /** Take away the region, wherever it is, and say so. */
  clear(): void;
  /** Go `step` slices further, or to the first or last. */
  slice(panel: Panel, step: number): void;
  /** The wheel was turned over a panel that has no focus. */
  wheelIgnored(panel: Panel): void;
}

const CLICK = 4; // CSS pixels that the hand may tremble
const ZOOM = 1.5;
const STEP = 40; // CSS pixels that an arrow key moves the picture

export function runsOf(panel: Panel, region: Region): Uint32Array {
  const { frame } = panel;
  if (region.kind === "lasso") return polygonRuns(region.points, frame.rows, frame.cols);
  const block = touched(frame, region.points[0]!, region.points[1]!);
  return block ? rectangleRuns(frame, block) : new Uint32Array(0);
}

/** Listen to a panel; its listeners vanish with its elements. */
export function listen(panel: Panel, to: Listener): void {
  const { top } = panel;
  let down: { x: number; y: number; lastX: number; lastY: number; moved: boolean; pans: boolean } | null = null;
  let last = ""; // pixel that was reported

  const place = (event: MouseEvent): [number, number] => {
    const box = top.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const report = (event: MouseEvent | null) => {
    const pixel = event && pixelAt(panel.frame, panel.view, ...place(event));
    const key = pixel ? `${panel.index}:${pixel}` : "";
    if (key === last) return;
    last = key;
    to.hover(panel, pixel, !!event?.shiftKey);
  };
  const drawRegion = (x: number, y: number, passing: boolean) => {
    const region = panel.region;
    if (!region) return; // Escape was pressed meanwhile
    const point = toVoxel(panel.frame, panel.view, x, y);
    if (region.kind === "rectangle") region.points[1] = point;
    else if (passing) region.points.push(point);
    panel.setRegion(region);
    to.region(panel, runsOf(panel, region), passing);
  };

  top.addEventListener("pointerdown", (event) => {
    if (event.button > 1) return;
    event.preventDefault(); // neither a text selection nor the browser's own scrolling with the middle button
    top.focus({ preventScroll: true });
    top.setPointerCapture(event.pointerId);
    const [x, y] = place(event);
    down = { x, y, lastX: x, lastY: y, moved: false, pans: event.button === 1 || to.tool() === "move" };
  });

  top.addEventListener("pointermove", (event) => {
    if (!down) return report(event);
    const [x, y] = place(event);
    if (!down.moved) {
      if (Math.hypot(x - down.x, y - down.y) < CLICK) return;
      down.moved = true;
      if (!down.pans) {
        to.begin(panel);
        const start = toVoxel(panel.frame, panel.view, down.x, down.y);
        panel.region = { kind: to.tool() as Region["kind"], points: [start, start], index: panel.index };
      }
    }
    if (down.pans) panel.setView(pan(panel.frame, panel.view, x - down.lastX, y - down.lastY));
    else drawRegion(x, y, true);
    [down.lastX, down.lastY] = [x, y];
  });

  top.addEventListener("pointerup", (event) => {
    if (!down) return;
    const [x, y] = place(event);
    const { moved, pans } = down;
    down = null;
    if (!moved && event.button === 0) to.click(panel, pixelAt(panel.frame, panel.view, x, y), event.shiftKey);
    else if (moved && !pans) drawRegion(x, y, false);
  });
  top.addEventListener("pointercancel", () => (down = null));
  top.addEventListener("pointerleave", () => !down && report(null));

  top.addEventListener(
    "wheel",
    (event) => {
      if ((top.getRootNode() as Document | ShadowRoot).activeElement !== top) return to.wheelIgnored(panel);
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 30 : 1;
      panel.setView(zoomAt(panel.frame, panel.view, Math.exp(-0.0015 * lines * event.deltaY), ...place(event)));
    },
    { passive: false },
  );

  top.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const move = (dx: number, dy: number) => panel.setView(pan(panel.frame, panel.view, dx, dy));
    const keys: Record<string, () => void> = {
      ArrowLeft: () => move(STEP, 0),
      ArrowRight: () => move(-STEP, 0),
      ArrowUp: () => move(0, STEP),
      ArrowDown: () => move(0, -STEP),
      PageUp: () => to.slice(panel, 1),
      PageDown: () => to.slice(panel, -1),
      "+": () => zoom(panel, ZOOM),
      "=": () => zoom(panel, ZOOM),
      "-": () => zoom(panel, 1 / ZOOM),
      r: () => to.setTool("rectangle"),
      l: () => to.setTool("lasso"),
      m: () => to.setTool("move"),
      Escape: () => to.clear(),
      Home: () => panel.fit(),
    };
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    action();
    event.preventDefault();
    event.stopPropagation();
  });
}

/** Zoom about the middle of a panel. */
export function zoom(panel: Panel, factor: number): void {
  panel.setView(zoomAt(panel.frame, panel.view, factor, panel.frame.width / 2, panel.frame.height / 2));
}
