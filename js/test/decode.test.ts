import { describe, expect, it } from "vitest";
import { PutMessage, bytes, decode, paled, repeat } from "../src/decode";

const message = (more: Partial<PutMessage>): PutMessage => ({ layer: "test", kind: "sphere", keys: [], ...more });

describe("decode", () => {
  it("reads arrays that start anywhere in a larger buffer", () => {
    const whole = new Uint8Array(3 + 24);
    whole.set(new Uint8Array(new Float32Array([1, 2, 3, 4, 5, 6]).buffer), 3);
    const { data, count } = decode(message({ keys: ["position"] }), [new DataView(whole.buffer, 3, 24)]);
    expect(count).toBe(2);
    expect([...(data.position as Float32Array)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("repeats constants for each item and keeps atoms apart", () => {
    const got = decode(message({ keys: ["position", "atoms"], constants: { color: [1, 0, 0.5], radius: 2 } }), [
      new Float32Array(6).buffer,
      new Uint32Array([7, 9]).buffer,
    ]);
    expect([...(got.data.color as Float32Array)]).toEqual([1, 0, 0.5, 1, 0, 0.5]);
    expect([...(got.data.radius as Float32Array)]).toEqual([2, 2]);
    expect([...got.atoms!]).toEqual([7, 9]);
    expect(got.data.atoms).toBeUndefined();
  });

  it("gives both halves of a stick one colour, and each corner of a triangle its own index", () => {
    const stick = decode(message({ kind: "cylinder", keys: ["position1", "position2"], constants: { color: [0, 0, 1] } }), [
      new Float32Array(3).buffer,
      new Float32Array(3).buffer,
    ]);
    expect(stick.data.color2).toBe(stick.data.color);
    expect([...(decode(message({ kind: "mesh", keys: ["position"] }), [new Float32Array(9).buffer]).data.index as Uint32Array)]).toEqual([0, 1, 2]);
  });

  it("is empty for empty arrays", () => {
    expect(decode(message({ keys: ["position"], constants: { radius: 1 } }), [new ArrayBuffer(0)]).count).toBe(0);
  });

  it("refuses what does not fit together", () => {
    expect(() => decode(message({ keys: ["position"] }), [])).toThrow("arrived");
    expect(() => decode(message({ keys: ["position", "radius"] }), [new Float32Array(6).buffer, new Float32Array(3).buffer])).toThrow("radius");
  });
});

it("copies bytes, so that later writes do not reach the message", () => {
  const source = new Float32Array([1]);
  const copy = bytes(source);
  source[0] = 2;
  expect(new Float32Array(copy)[0]).toBe(1);
});

it("repeats and pales", () => {
  expect([...repeat(3, 2)]).toEqual([3, 3]);
  expect([...paled(new Float32Array([0, 1]), 0.5)]).toEqual([0.5, 1]);
});
