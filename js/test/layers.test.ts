import { beforeEach, describe, expect, it } from "vitest";
import { PutMessage } from "../src/decode";
import { Layers, firstOfEach } from "../src/layers";
import { NGLModule, Stage } from "../src/ngl";

class FakeBuffer {
  geometry: { attributes: Record<string, { array: ArrayLike<number> }> } = { attributes: {} };
  disposed = false;
  visible = true;
  constructor(public data: Record<string, unknown>) {
    this.setAttributes(data);
  }
  setAttributes(data: Record<string, unknown>) {
    for (const [key, array] of Object.entries(data)) this.geometry.attributes[key] = { array: array as Float32Array };
  }
  setParameters() {}
  setVisibility(visible: boolean) {
    this.visible = visible;
  }
  dispose() {
    this.disposed = true;
  }
}

const on = new Set<FakeBuffer>();
const stage = { viewer: { add: (b: FakeBuffer) => on.add(b), remove: (b: FakeBuffer) => on.delete(b) }, compList: [] } as unknown as Stage;
const NGL = { SphereBuffer: FakeBuffer, CylinderBuffer: FakeBuffer, MeshBuffer: FakeBuffer } as unknown as NGLModule;
const balls = (layer: string, x: number[], role: PutMessage["role"] = null): [PutMessage, ArrayBuffer[]] => [
  { layer, kind: "sphere", keys: ["position"], constants: { color: [0, 0, 0] }, role },
  [new Float32Array(x).buffer],
];

describe("layers", () => {
  let layers: Layers;
  beforeEach(() => {
    on.clear();
    layers = new Layers(stage, NGL);
  });
  const put = (...args: Parameters<typeof balls>) => layers.put(...balls(...args));
  const color = (layer: string) => layers.shown.get(layer)!.buffer.geometry.attributes.color!.array[0];

  it("updates in place when the size is the same, builds anew otherwise", () => {
    put("a", [1, 2, 3]);
    const first = layers.shown.get("a")!.buffer as unknown as FakeBuffer;
    put("a", [4, 5, 6]);
    expect(layers.shown.get("a")!.buffer).toBe(first);
    expect([...layers.positions("a")]).toEqual([4, 5, 6]);
    put("a", [1, 2, 3, 4, 5, 6]);
    expect(on.size).toBe(1);
    expect(first.disposed).toBe(false); // its shader is not compiled again for the next one
    put("a", [1, 2, 3]);
    expect(first.disposed && on.size === 1).toBe(true);
  });

  it("leaves out what a message asks to, until it is drawn anew, where a processor draws", () => {
    const visible = (of: Layers, layer: string) => (of.shown.get(layer)!.buffer as unknown as FakeBuffer).visible;
    for (const slow of [false, true]) {
      const of = new Layers(stage, NGL, slow);
      for (const layer of ["bonds", "rings"]) of.put(...balls(layer, [0, 0, 0], layer === "bonds" ? "base" : null));
      const [message, buffers] = balls("highlight", [0, 0, 0], "emphasis");
      of.put({ ...message, hide: ["bonds", "rings"] }, buffers);
      expect([visible(of, "bonds"), visible(of, "rings")]).toEqual([!slow, !slow]);
      of.put(...balls("rings", [1, 1, 1]));
      of.put(...balls("bonds", [1, 1, 1], "base"));
      expect([visible(of, "bonds"), visible(of, "rings")]).toEqual([!slow, true]);
      of.put({ ...message, hide: [] }, buffers);
      expect(visible(of, "bonds")).toBe(true);
    }
  });

  it("removes a layer that becomes empty", () => {
    put("a", [1, 2, 3]);
    put("a", []);
    expect(on.size).toBe(0);
    expect(layers.positions("a").length).toBe(0);
  });

  it("pales base layers exactly while something is emphasised, whatever comes first", () => {
    put("atoms", [0, 0, 0], "base");
    put("highlight", [0, 0, 0], "emphasis");
    expect(color("atoms")).toBeCloseTo(0.75);
    put("atoms", [1, 1, 1], "base");
    put("bonds", [0, 0, 0], "base");
    expect([color("atoms"), color("bonds")]).toEqual([expect.closeTo(0.75), expect.closeTo(0.75)]);
    layers.clear("highlight");
    expect([color("atoms"), color("bonds")]).toEqual([0, 0]);
  });
});

it("takes one position of each item from NGL's repeated ones", () => {
  expect([...firstOfEach([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6], 2)]).toEqual([1, 2, 3, 4, 5, 6]);
});
