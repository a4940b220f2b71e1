// The line below the picture: the value under the mouse, and what the colours mean.

import { CROSS } from "./image_marks";
import { Part } from "./image_messages";
import { make } from "./image_toolbar";

const MOST = 24; // classes that are listed

export class Foot {
  readonly value = make("span", "phi-value");
  private readonly legend = make("span", "phi-foot");
  readonly element = make("div", "phi-foot", this.value, this.legend);

  /** List parts by their key, and what the lines of the `other` slices are; texts are only text, whatever a file said. */
  show(parts: Map<string, Part>, other: string): void {
    const entries: HTMLElement[] = other ? [entry(CROSS, other)] : [];
    for (const part of parts.values()) {
      if (part.kind === "classes") entries.push(...classes(part.legend ?? []));
      else if (part.kind === "heat") entries.push(bar(part));
      else if (part.label) entries.push(entry(part.color!, part.label, part.kind === "markers" ? part.shape : undefined));
    }
    this.legend.replaceChildren(...entries);
  }
}

function entry(color: string, text: string, shape?: string): HTMLElement {
  const swatch = make("span", "phi-swatch");
  if (shape === "cross") {
    swatch.textContent = "×";
    swatch.style.cssText = `border:none;color:${color};font:bold 15px/11px sans-serif`;
  } else if (shape) {
    swatch.style.borderRadius = "50%";
    if (shape === "ring") swatch.style.border = `2px solid ${color}`;
    else swatch.style.background = color;
  } else swatch.style.background = color;
  const label = make("span");
  label.textContent = text;
  return make("span", "phi-entry", swatch, label);
}

function classes(legend: [string, string][]): HTMLElement[] {
  const entries = legend.slice(0, MOST).map(([name, color]) => entry(color, name));
  if (legend.length > MOST) {
    const more = make("span");
    more.textContent = `… ${legend.length - MOST}`;
    entries.push(more);
  }
  return entries;
}

function bar(part: Part): HTMLElement {
  const text = (value: string) => {
    const element = make("span");
    element.textContent = value;
    return element;
  };
  const ramp = make("span");
  ramp.style.cssText = `display:inline-block;width:120px;height:10px;background:linear-gradient(to right, ${part.color})`;
  const [low, high] = part.limits!.map((value) => String(Number(value.toPrecision(3)))) as [string, string];
  return make("span", "phi-entry", text(part.label ?? ""), text(low), ramp, text(high));
}
