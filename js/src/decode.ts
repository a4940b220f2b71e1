// From a message with binary buffers to the arrays of one NGL buffer. Pure.

export type Kind = "sphere" | "cylinder" | "cone" | "mesh" | "text";

/** Everything about one layer; it replaces what the layer showed before. */
export interface PutMessage {
  layer: string;
  kind: Kind;
  /** What each binary buffer holds, in their order. */
  keys: string[];
  /** Values that are the same for all items: numbers, or three of them. */
  constants?: Record<string, number | number[]>;
  /** Texts of a text layer. */
  text?: string[];
  parameters?: Record<string, unknown>;
  /** "base" layers turn pale while an "emphasis" layer is shown. */
  role?: "base" | "emphasis" | null;
  /** Names of the layers to leave out from now on where drawing is slow, all others are shown again; absent: no change. */
  hide?: string[] | null;
}

export interface Decoded {
  data: Record<string, Float32Array | Uint32Array | string[]>;
  /** Number of balls, sticks, corners of triangles, or labels. */
  count: number;
  /** Atom of each item, where a click on it means an atom. */
  atoms: Uint32Array | null;
}

const WIDTH: Record<string, number> = { position: 3, position1: 3, position2: 3, color: 3, color2: 3, radius: 1, size: 1 };

/** Copy of the bytes of a buffer or of a view into one: views may start anywhere, typed arrays may not. */
export function bytes(buffer: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  return ArrayBuffer.isView(buffer)
    ? (buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) as ArrayBuffer)
    : buffer.slice(0);
}

export function repeat(value: number | number[], count: number): Float32Array {
  const one = typeof value === "number" ? [value] : value;
  const out = new Float32Array(count * one.length);
  for (let i = 0; i < out.length; i++) out[i] = one[i % one.length]!;
  return out;
}

export function decode(message: PutMessage, buffers: (ArrayBuffer | ArrayBufferView)[]): Decoded {
  if (message.keys.length !== buffers.length) {
    throw new Error(`layer ${message.layer}: ${message.keys.length} arrays announced, ${buffers.length} arrived`);
  }
  const data: Decoded["data"] = {};
  let atoms: Uint32Array | null = null;
  message.keys.forEach((key, i) => {
    const raw = bytes(buffers[i]!);
    if (key === "atoms") atoms = new Uint32Array(raw);
    else data[key] = new Float32Array(raw);
  });
  const positions = (data.position ?? data.position1) as Float32Array | undefined;
  const count = positions ? positions.length / 3 : 0;
  for (const [key, value] of Object.entries(message.constants ?? {})) data[key] = repeat(value, count);
  if (message.kind === "cylinder" && data.color && !data.color2) data.color2 = data.color;
  for (const [key, array] of Object.entries(data)) {
    const width = WIDTH[key];
    if (width && array.length !== width * count) throw new Error(`layer ${message.layer}: ${key} does not fit ${count} items`);
  }
  if (message.kind === "mesh") data.index = Uint32Array.from({ length: count }, (_, i) => i);
  if (message.text) data.text = message.text;
  return { data, count, atoms };
}

/** The same colours nearer to white. */
export function paled(color: Float32Array, keep = 0.25): Float32Array {
  return color.map((c) => 1 - keep * (1 - c));
}
