// Named NGL buffers on the stage: created, replaced in place, removed, and made pale while others are to be seen.

import { Decoded, Kind, PutMessage, decode, paled } from "./decode";
import { Buffer3D, NGLModule, Stage } from "./ngl";

interface Layer {
  buffer: Buffer3D;
  kind: Kind;
  count: number;
  atoms: Uint32Array | null;
  role: PutMessage["role"];
  colors: Record<string, Float32Array>;
}

/** Only these can be given new values without being built again: a mesh would keep its old normals, a text its old letters. */
const IN_PLACE: Kind[] = ["sphere", "cylinder"];

export class Layers {
  readonly shown = new Map<string, Layer>();
  private pale = false;
  private hidden = new Set<string>();
  /** The buffer that each layer showed last. A shader is thrown away with the last buffer that uses it, and compiling it takes long. */
  private readonly retired = new Map<string, Buffer3D>();

  /** `slow`: a processor draws, so that layers which a message asks to leave out are left out. */
  constructor(private readonly stage: Stage, private readonly NGL: NGLModule, private readonly slow = false) {}

  put(message: PutMessage, buffers: (ArrayBuffer | ArrayBufferView)[]): void {
    const decoded = decode(message, buffers);
    const old = this.shown.get(message.layer);
    const fits = old && old.kind === message.kind && old.count === decoded.count && !old.atoms === !decoded.atoms;
    if (old && fits && IN_PLACE.includes(old.kind)) this.update(old, message, decoded);
    else {
      this.drop(message.layer);
      if (decoded.count > 0) this.create(message, decoded);
    }
    this.balance();
    if (message.role !== "base") this.hidden.delete(message.layer); // drawn anew: what it shows is of now
    if (message.hide && this.slow) this.hidden = new Set(message.hide);
    for (const [name, layer] of this.shown) layer.buffer.setVisibility(!this.hidden.has(name));
  }

  clear(name: string): void {
    this.drop(name);
    this.balance();
  }

  /** What NGL holds for a layer now: position of balls and corners, both ends of sticks; read from the geometry, not from our messages. */
  positions(name: string): Float32Array {
    const layer = this.shown.get(name);
    if (!layer) return new Float32Array(0);
    const attributes = layer.buffer.geometry.attributes;
    const keys = layer.kind === "cylinder" ? ["position1", "position2"] : ["position"];
    const parts = keys.map((key) => firstOfEach(attributes[key]!.array, layer.count));
    const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
    parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
    return out;
  }

  /** The colour of every item as NGL holds it now, pale or not. */
  colors(name: string): Float32Array {
    const layer = this.shown.get(name);
    return layer ? firstOfEach(layer.buffer.geometry.attributes["color"]!.array, layer.count) : new Float32Array(0);
  }

  private update(layer: Layer, message: PutMessage, { data, atoms }: Decoded): void {
    layer.role = message.role;
    layer.colors = colorsOf(data);
    const pale = this.pale && layer.role === "base";
    layer.buffer.setAttributes(pale ? { ...data, ...map(layer.colors, paled) } : data);
    layer.buffer.setParameters(message.parameters ?? {});
    if (atoms) layer.atoms!.set(atoms);
  }

  private create(message: PutMessage, { data, count, atoms }: Decoded): void {
    const colors = colorsOf(data);
    const all: Record<string, unknown> = { ...data };
    if (this.pale && message.role === "base") Object.assign(all, map(colors, paled));
    if (atoms) all.picking = this.picker(atoms);
    const Buffer = { sphere: this.NGL.SphereBuffer, cylinder: this.NGL.CylinderBuffer, cone: this.NGL.ConeBuffer,
      mesh: this.NGL.MeshBuffer, text: this.NGL.TextBuffer }[message.kind];
    const buffer = new Buffer(all, { disablePicking: !atoms, ...message.parameters });
    this.stage.viewer.add(buffer);
    this.shown.set(message.layer, { buffer, kind: message.kind, count, atoms, role: message.role, colors });
  }

  private drop(name: string): void {
    const layer = this.shown.get(name);
    if (!layer) return;
    this.stage.viewer.remove(layer.buffer);
    this.retired.get(name)?.dispose();
    this.retired.set(name, layer.buffer);
    this.shown.delete(name);
  }

  /** Base layers are pale exactly while there is an emphasis layer. */
  private balance(): void {
    const pale = [...this.shown.values()].some((layer) => layer.role === "emphasis");
    if (pale === this.pale) return;
    this.pale = pale;
    for (const layer of this.shown.values()) {
      if (layer.role === "base") layer.buffer.setAttributes(pale ? map(layer.colors, paled) : layer.colors);
    }
  }

  /** Tells NGL which atom an item stands for. */
  private picker(atoms: Uint32Array) {
    const { stage, NGL } = this;
    const structure = () => stage.compList[0]!.structure;
    const atom = (item: number) => structure().getAtomProxy(atoms[item]!);
    return {
      type: "atom",
      array: atoms,
      get data() {
        return structure();
      },
      getIndex: (item: number) => atoms[item],
      getObject: atom,
      getPosition: (item: number) => new NGL.Vector3().copy(atom(item)),
    };
  }
}

function colorsOf(data: Decoded["data"]): Record<string, Float32Array> {
  const out: Record<string, Float32Array> = {};
  for (const key of ["color", "color2"]) if (data[key]) out[key] = data[key] as Float32Array;
  return out;
}

function map(colors: Record<string, Float32Array>, change: (color: Float32Array) => Float32Array) {
  return Object.fromEntries(Object.entries(colors).map(([key, color]) => [key, change(color)]));
}

/** NGL repeats the values of an item for each corner of what it draws; take the first of each. */
export function firstOfEach(array: ArrayLike<number>, count: number): Float32Array {
  const out = new Float32Array(3 * count);
  const stride = count ? array.length / count : 0;
  for (let i = 0; i < count; i++) for (let k = 0; k < 3; k++) out[3 * i + k] = array[i * stride + k]!;
  return out;
}
