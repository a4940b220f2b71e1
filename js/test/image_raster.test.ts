import { describe, expect, it } from "vitest";
import { Frame, fit } from "../src/image_geometry";
import { Pyramid, Raster, colourTable, fromRuns, halve, levelFor, levelOf, lookup, paintColours, paintImage, paintMask } from "../src/image_raster";

const raster = (data: number[], cols: number, missing = NaN, Type: new (v: number[]) => Raster["data"] = Float32Array): Raster => ({
  data: new Type(data),
  rows: data.length / cols,
  cols,
  missing,
});
/** Each voxel is one device pixel. */
const plain = (rows: number, cols: number): Frame => ({ width: cols, height: rows, rows, cols, dy: 1, dx: 1 });
const at = (rows: number, cols: number) => lookup(plain(rows, cols), fit(plain(rows, cols)), 1, 0);
const grey = Uint8Array.from({ length: 3 * 256 }, (_, i) => Math.floor(i / 3));

describe("coarser copies", () => {
  it("are means that leave out what is missing", () => {
    const half = halve(raster([1, 3, 9, 5, NaN, NaN, NaN, 7, 2], 3), "mean");
    expect([half.rows, half.cols]).toEqual([2, 2]);
    expect([...half.data]).toEqual([3, 9, 7, 2]);
    expect([...halve(raster([1, 255, 255, 255], 2, 255, Uint8Array), "mean").data]).toEqual([1]);
    expect([...halve(raster([255, 255, 255, 255], 2, 255, Uint8Array), "mean").data]).toEqual([255]);
    expect([...halve(raster([1, 2, 2, 2], 2, 255, Uint8Array), "mean").data]).toEqual([2]); // rounded, not cut
  });

  it("keep a class, and every pixel of a mask", () => {
    expect([...halve(raster([3, 9, 9, 9], 2, 255, Uint8Array), "first").data]).toEqual([3]);
    const mask = new Pyramid(fromRuns(Uint32Array.of(7, 1), 5, 5), "any");
    for (let level = 0; level < 4; level++) expect([...mask.at(level).data].reduce((a, b) => a + b)).toBe(1);
    expect(mask.at(1).data[0 * 3 + 1]).toBe(1);
  });

  it("are taken where there are several samples for a pixel", () => {
    const big: Frame = { width: 100, height: 100, rows: 1600, cols: 1600, dy: 1, dx: 1 };
    expect(levelFor(big, fit(big), 1)).toBe(4);
    expect(levelFor(big, fit(big), 2)).toBe(3);
    expect(levelFor(big, { ...fit(big), zoom: 1 }, 1)).toBe(0);
    expect(levelFor(big, { ...fit(big), zoom: 20 }, 1)).toBe(0);
    const thin: Frame = { width: 10, height: 10, rows: 1, cols: 4000, dy: 1, dx: 1 };
    expect(levelFor(thin, fit(thin), 1)).toBe(0);
  });
});

describe("runs", () => {
  it("become a bitmap and may go on in the next row", () => {
    expect([...fromRuns(Uint32Array.of(0, 1, 2, 3), 2, 3).data]).toEqual([1, 0, 1, 1, 1, 0]);
    expect([...fromRuns(new Uint32Array(0), 1, 2).data]).toEqual([0, 0]);
  });
});

describe("places on the canvas", () => {
  it("every voxel covers its device pixels and the rest is outside", () => {
    const frame: Frame = { width: 8, height: 3, rows: 1, cols: 2, dy: 1, dx: 1 };
    expect([...lookup(frame, fit(frame), 1, 0).cols]).toEqual([-1, 0, 0, 0, 1, 1, 1, -1]);
    expect([...lookup(frame, fit(frame), 2, 0).cols].filter((c) => c === 0).length).toBe(6);
    expect([...lookup(frame, fit(frame), 1, 0).rows]).toEqual([0, 0, 0]);
  });
});

describe("colours", () => {
  it("are those of the table, ends included", () => {
    expect([0, 0.1, 127.9, 255, 300, -4].map((v) => levelOf(v, 0, 255, 256))).toEqual([0, 0, 128, 255, 255, 0]);
    const out = new Uint32Array(6);
    paintImage(out, at(2, 3), raster([0, 10, 20, NaN, -50, 99], 3), colourTable(grey), 0, 20);
    expect([...new Uint8Array(out.buffer)].filter((_, i) => i % 4 === 0)).toEqual([0, 128, 255, 0, 0, 255]);
    expect([...new Uint8Array(out.buffer)].filter((_, i) => i % 4 === 3)).toEqual([255, 255, 255, 0, 255, 255]);
  });

  it("agree with the level of each value", () => {
    const values = Array.from({ length: 256 }, (_, i) => i);
    for (const [low, high] of [[0, 255], [3, 201], [7.5, 8.25]] as const) {
      const out = new Uint32Array(256);
      paintImage(out, at(16, 16), raster(values, 16, NaN, Uint8Array), colourTable(grey), low, high);
      const red = [...new Uint8Array(out.buffer)].filter((_, i) => i % 4 === 0);
      expect(red).toEqual(values.map((v) => levelOf(v, low, high, 256)));
    }
  });

  it("of classes are blended, missing ones not", () => {
    const out = new Uint8ClampedArray(8).fill(100);
    paintColours(out, at(1, 2), raster([1, 255], 2, 255, Uint8Array), Uint8Array.of(0, 0, 0, 200, 0, 100), 0.5);
    expect([...out]).toEqual([150, 50, 100, 128, 100, 100, 100, 100]);
  });

  it("of a mask are blended inside and opaque at its border", () => {
    const mask = fromRuns(Uint32Array.from([1, 2, 3].flatMap((row) => [row * 5 + 1, 3])), 5, 5);
    const red = (line: number) => {
      const out = new Uint8ClampedArray(100);
      paintMask(out, at(5, 5), mask, [200, 0, 0], 0.5, line);
      return [...out].filter((_, i) => i % 4 === 0);
    };
    expect(red(0)).toEqual([0, 0, 0, 0, 0, 0, 100, 100, 100, 0, 0, 100, 100, 100, 0, 0, 100, 100, 100, 0, 0, 0, 0, 0, 0]);
    expect(red(1)).toEqual([0, 0, 0, 0, 0, 0, 200, 200, 200, 0, 0, 200, 100, 200, 0, 0, 200, 200, 200, 0, 0, 0, 0, 0, 0]);
  });
});
