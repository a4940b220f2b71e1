import { expect, it } from "vitest";
import { distance, orientation } from "../src/camera";

it("turns half around y when nothing else is asked", () => {
  expect(orientation(0, 0).map((v) => Math.round(v * 1e9) / 1e9)).toEqual([0, 1, 0, 0]);
});

it("is a rotation", () => {
  expect(Math.hypot(...orientation(-25, 15))).toBeCloseTo(1);
});

it("fits the side that needs more room, and a single point", () => {
  expect(distance([4, 1], 200, 100)).toBeCloseTo(distance([1, 2], 200, 100));
  expect(distance([0, 0], 200, 100)).toBeGreaterThan(0);
});
