// What Python and the canvas say to each other.
// In:  {type: "ph", id, op, to?, ...} with buffers, {type: "ph_seen", to, seq}.
// Out: {type: "ph_ready" | "ph_ack" | "ph_pick" | "ph_region" | "ph_slice", copy, ...}.

import { bytes } from "./decode";
import { Samples } from "./image_raster";

/** Everything about the image but its samples. It comes with every message, so that their order does not matter. */
export interface Scene {
  /** Grows with every image; messages about an earlier one are dropped. */
  generation: number;
  shape: number[];
  spacing: number[];
  unit: string;
  valueUnit: string;
  /** A sample q has the value offset + step * q. */
  offset: number;
  step: number;
  /** Values that the contrast can be set to, and those to begin with. */
  range: [number, number];
  window: [number, number];
}

export interface Part {
  kind: "image" | "mask" | "heat" | "classes" | "markers" | "paths";
  /** Shown in the legend. */
  label?: string;
  color?: string;
  rgb?: [number, number, number];
  opacity?: number;
  outline?: boolean;
  shape?: "dot" | "cross" | "ring";
  /** Type of the samples, and the one that stands for no value. */
  type?: "uint8" | "uint16" | "float32";
  missing?: number | null;
  limits?: [number, number];
  /** Of the classes: name and colour. */
  legend?: [string, string][];
}

export interface Message {
  type: string;
  id: number;
  op: string;
  to?: string;
  layer?: string;
  scene?: Scene;
  panel?: number;
  /** Slice that a part belongs to. */
  index?: number;
  part?: Part;
  slices?: number[];
  /** The copy that asked for them. */
  by?: string | null;
  voxel?: number[];
  what?: "image" | "all";
  seq?: number;
  /** Of "many": operations that are to be seen together, and how many of the buffers each takes. */
  parts?: (Message & { buffers: number })[];
}

/** Samples of an announced type from bytes that may begin anywhere. */
export function samples(type: Part["type"], buffer: ArrayBuffer | ArrayBufferView): Samples {
  const raw = bytes(buffer);
  return type === "float32" ? new Float32Array(raw) : type === "uint16" ? new Uint16Array(raw) : new Uint8Array(raw);
}

/**
 * Tells Python the newest of a quick series of events. One event is on its way at a time; while Python works on it, only the newest
 * waits, and no more than one is sent per frame of the screen.
 */
export class Newest {
  private static count = 0; // an answer names its event, whichever series that belongs to
  private since = -Infinity;
  private underWay = new Set<number>();
  private waiting: (() => void) | null = null;
  private scheduled = false;

  /** `patience`: milliseconds after which an event without an answer no longer holds up the next. */
  constructor(
    private readonly send: (content: Record<string, unknown>, buffers: ArrayBuffer[]) => void,
    private readonly schedule: (call: () => void) => void,
    private readonly now: () => number = () => performance.now(),
    private readonly patience = 4000,
  ) {}

  /** Something that later events replace. */
  passing(content: Record<string, unknown>, buffers: ArrayBuffer[] = []): void {
    this.waiting = () => this.post(content, buffers);
    this.later();
  }

  /** Something that must arrive; what waits is out of date then. */
  final(content: Record<string, unknown>, buffers: ArrayBuffer[] = []): void {
    this.waiting = null;
    this.post(content, buffers);
  }

  /** Python has worked on event `seq`; events of other senders are not ours. */
  seen(seq: number): void {
    if (this.underWay.delete(seq) && this.waiting) this.later();
  }

  private later(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => {
      this.scheduled = false;
      if (this.underWay.size && this.now() - this.since < this.patience) return;
      const next = this.waiting;
      this.waiting = null;
      next?.();
    });
  }

  private post(content: Record<string, unknown>, buffers: ArrayBuffer[]): void {
    const seq = ++Newest.count;
    this.since = this.now();
    if (this.underWay.size > 100) this.underWay.clear(); // a kernel that is gone
    this.underWay.add(seq);
    this.send({ ...content, seq }, buffers);
  }
}
