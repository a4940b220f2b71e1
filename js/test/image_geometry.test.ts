import { describe, expect, it } from "vitest";
import { Frame, Point, clamp, fit, pan, pixelAt, polygonRuns, rectangleRuns, roundLength, toCanvas, toVoxel, touched, zoomAt } from "../src/image_geometry";

const frame: Frame = { width: 600, height: 400, rows: 30, cols: 40, dy: 2, dx: 0.5 };

/** A generator of numbers in 0..1 that is the same in every run. */
export function random(seed: number): () => number {
  return () => {
    seed = (1103515245 * seed + 12345) % 2147483648;
    return seed / 2147483648;
  };
}

function pixels(runs: Uint32Array): number[] {
  const out: number[] = [];
  for (let i = 0; i < runs.length; i += 2) for (let k = 0; k < runs[i + 1]!; k++) out.push(runs[i]! + k);
  return out;
}

describe("places", () => {
  it("fits the whole image, non-square samples included", () => {
    const view = fit(frame);
    expect(toCanvas(frame, view, 0, 20)).toEqual([300, 0]);
    expect(toCanvas(frame, view, 30, 20)[1]).toBeCloseTo(400);
    const [x0, y0] = toCanvas(frame, view, 5, 5);
    const [x1, y1] = toCanvas(frame, view, 6, 6);
    expect((y1 - y0) / (x1 - x0)).toBeCloseTo(4);
  });

  it("goes from voxel to canvas and back", () => {
    const next = random(1);
    for (let k = 0; k < 50; k++) {
      const view = { zoom: 1 + 20 * next(), row: 30 * next(), col: 40 * next() };
      const [row, col] = [30 * next(), 40 * next()];
      const [x, y] = toCanvas(frame, view, row, col);
      const back = toVoxel(frame, view, x, y);
      expect(back[0]).toBeCloseTo(row, 9);
      expect(back[1]).toBeCloseTo(col, 9);
    }
  });

  it("knows the pixel below a point and what is outside", () => {
    const view = fit(frame);
    expect(pixelAt(frame, view, ...toCanvas(frame, view, 29.99, 39.99))).toEqual([29, 39]);
    expect(pixelAt(frame, view, ...toCanvas(frame, view, 0.01, 0.01))).toEqual([0, 0]);
    expect(pixelAt(frame, view, ...toCanvas(frame, view, 3, -0.01))).toBeNull();
    expect(pixelAt(frame, view, ...toCanvas(frame, view, 30.01, 3))).toBeNull();
  });

  it("keeps what is under the mouse while zooming, and moves with it while panning", () => {
    const near = zoomAt(frame, { ...fit(frame), row: 15, col: 20 }, 6, 300, 200);
    const before = toVoxel(frame, near, 320, 180);
    expect(toVoxel(frame, zoomAt(frame, near, 1.2, 320, 180), 320, 180)[0]).toBeCloseTo(before[0]);
    expect(toVoxel(frame, pan(frame, near, 0, 7), 320, 187)[0]).toBeCloseTo(before[0]);
  });

  it("never loses the image", () => {
    const whole = fit(frame);
    expect(clamp(frame, { ...whole, row: -100, col: 900 })).toEqual(whole);
    expect(clamp(frame, { ...whole, zoom: 1e-9 }).zoom).toBeCloseTo(whole.zoom / 2);
    const close = clamp(frame, { zoom: 1e9, row: -5, col: 1e6 });
    expect(close.zoom).toBeLessThan(100);
    expect(toVoxel(frame, close, 0, 0)[0]).toBeCloseTo(0);
    const one: Frame = { ...frame, rows: 1, cols: 1 };
    expect(clamp(one, fit(one))).toEqual(fit(one));
  });

  it("takes round lengths for the scale bar", () => {
    expect([0.3, 1, 1.99, 2, 4.9, 5, 9, 10, 7300].map(roundLength).map((v) => +v.toPrecision(6))).toEqual([0.2, 1, 1, 2, 2, 5, 5, 10, 5000]);
  });
});

describe("regions", () => {
  it("a rectangle has the pixels that it touches, whichever way it is drawn", () => {
    expect(touched(frame, [2.5, 3.5], [2.6, 3.6])).toEqual({ rows: [2, 3], cols: [3, 4] });
    expect(touched(frame, [9.1, -4], [4.9, 2])).toEqual({ rows: [4, 10], cols: [0, 3] });
    expect(touched(frame, [31, 1], [40, 5])).toBeNull();
    expect(pixels(rectangleRuns(frame, { rows: [1, 3], cols: [5, 7] }))).toEqual([45, 46, 85, 86]);
  });

  it("a lasso has the pixels whose centre is inside, also where it crosses itself or leaves the image", () => {
    const next = random(7);
    for (let k = 0; k < 60; k++) {
      const corners: Point[] = Array.from({ length: 3 + Math.floor(9 * next()) }, () => [36 * next() - 3, 46 * next() - 3]);
      const expected: number[] = [];
      for (let row = 0; row < 30; row++) {
        for (let col = 0; col < 40; col++) {
          let odd = false; // a ray to the left crosses the outline an odd number of times
          corners.forEach((a, i) => {
            const b = corners[(i + 1) % corners.length]!;
            if (a[0] <= row + 0.5 !== b[0] <= row + 0.5 && a[1] + ((row + 0.5 - a[0]) / (b[0] - a[0])) * (b[1] - a[1]) <= col + 0.5) odd = !odd;
          });
          if (odd) expected.push(row * 40 + col);
        }
      }
      expect(pixels(polygonRuns(corners, 30, 40))).toEqual(expected);
    }
  });

  it("a lasso of less than three points has no pixels", () => {
    expect(polygonRuns([[1, 1]], 30, 40).length).toBe(0);
    expect(polygonRuns([[1, 1], [9, 9]], 30, 40).length).toBe(0);
  });
});
