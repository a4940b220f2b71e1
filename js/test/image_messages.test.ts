import { beforeEach, describe, expect, it } from "vitest";
import { Newest, samples } from "../src/image_messages";

describe("the newest of a series", () => {
  let sent: { k: number; seq: number }[];
  let frames: (() => void)[];
  let clock: number;
  let newest: Newest;
  const frame = () => frames.splice(0).forEach((call) => call());

  beforeEach(() => {
    sent = [];
    frames = [];
    clock = 0;
    newest = new Newest((content) => sent.push(content as never), (call) => frames.push(call), () => clock, 1000);
  });

  it("sends at most one per frame, and the next when Python has answered", () => {
    for (let k = 0; k < 5; k++) newest.passing({ k });
    expect(sent.length).toBe(0);
    frame();
    expect(sent.map((s) => s.k)).toEqual([4]);
    for (let k = 5; k < 9; k++) newest.passing({ k });
    frame();
    frame();
    expect(sent.length).toBe(1);
    newest.seen(sent[0]!.seq);
    frame();
    expect(sent.map((s) => s.k)).toEqual([4, 8]);
    newest.seen(sent[1]!.seq);
    frame();
    expect(sent.length).toBe(2);
  });

  it("what must arrive is sent at once, and nothing older after it", () => {
    newest.passing({ k: 1 });
    frame();
    newest.passing({ k: 2 });
    newest.final({ k: 3 });
    sent.forEach(({ seq }) => newest.seen(seq));
    frame();
    expect(sent.map((s) => s.k)).toEqual([1, 3]);
  });

  it("does not wait for ever", () => {
    newest.passing({ k: 1 });
    frame();
    clock = 2000;
    newest.passing({ k: 2 });
    frame();
    expect(sent.map((s) => s.k)).toEqual([1, 2]);
  });

  it("ignores answers that are for others", () => {
    newest.passing({ k: 1 });
    frame();
    newest.passing({ k: 2 });
    frame();
    newest.seen(sent[0]!.seq + 1000);
    frame();
    expect(sent.length).toBe(1);
  });
});

it("reads samples that begin anywhere in a buffer", () => {
  const bytes = new Uint8Array([9, 1, 0, 2, 0]);
  const view = new DataView(bytes.buffer, 1, 4);
  expect([...samples("uint8", view)]).toEqual([1, 0, 2, 0]);
  expect([...samples("uint16", view)]).toEqual([1, 2]);
  const floats = new Uint8Array(9);
  floats.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 1);
  expect([...samples("float32", new DataView(floats.buffer, 1, 8))]).toEqual([1.5, -2]);
});
