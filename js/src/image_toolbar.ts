// The buttons above the canvas. All texts come from Python, so that they can be translated.

export type Tool = "move" | "rectangle" | "lasso";
export type Words = Record<string, string>;

export interface Actions {
  tool(tool: Tool): void;
  zoom(factor: number): void;
  fit(): void;
  clear(): void;
  colours(name: string): void;
  contrast(low: number, high: number): void;
}

const TOOLS: Tool[] = ["move", "rectangle", "lasso"];
const STEPS = 1000;

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", ...children: Node[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

export class Toolbar {
  readonly element = make("div", "phi-bar");
  readonly keys = make("div", "phi-keys");
  private readonly tools = TOOLS.map((tool) => this.button(() => this.actions.tool(tool)));
  private readonly clear = this.button(() => this.actions.clear());
  private readonly zoom = [this.button(() => this.actions.zoom(1 / 1.5)), this.button(() => this.actions.zoom(1.5)),
    this.button(() => this.actions.fit())];
  private readonly maps = make("select");
  private readonly mapsLabel = make("label", "phi-group");
  private readonly contrastLabel = make("span");
  private readonly low = this.slider();
  private readonly high = this.slider();
  private readonly numbers = make("span", "phi-numbers");
  private readonly ramp = make("canvas", "phi-ramp");
  private readonly auto = this.button(() => this.setContrast(this.automatic, true));
  private readonly help = this.button(() => this.toggleKeys());
  private range: [number, number] = [0, 1];
  private automatic: [number, number] = [0, 1];

  constructor(private readonly actions: Actions) {
    this.keys.hidden = true;
    this.ramp.width = 64;
    this.ramp.height = 1;
    this.maps.addEventListener("change", () => this.actions.colours(this.maps.value));
    const group = (...children: Node[]) => make("span", "phi-group", ...children);
    this.element.append(
      group(...this.tools, this.clear),
      group(...this.zoom),
      group(this.mapsLabel),
      this.help,
      group(this.contrastLabel, this.low, this.ramp, this.high, this.numbers, this.auto),
    );
    this.setTool("move");
    this.setRegion(false);
  }

  /** Write all texts anew. */
  setWords(words: Words): void {
    const name = (element: HTMLElement, key: string) => {
      element.textContent = words[key] ?? key;
      element.title = words[`${key}_tip`] ?? "";
    };
    this.tools.forEach((button, i) => name(button, TOOLS[i]!));
    name(this.clear, "clear");
    ["zoom_out", "zoom_in", "fit"].forEach((key, i) => name(this.zoom[i]!, key));
    for (const [i, text] of [[0, "−"], [1, "+"]] as const) {
      this.zoom[i]!.setAttribute("aria-label", words[i ? "zoom_in" : "zoom_out"] ?? "");
      this.zoom[i]!.textContent = text;
    }
    name(this.mapsLabel, "colours");
    this.mapsLabel.append(" ", this.maps);
    name(this.contrastLabel, "contrast");
    name(this.auto, "auto");
    name(this.help, "keys");
    this.help.title = words.keys_text ?? "";
    this.keys.textContent = words.keys_text ?? "";
    for (const [slider, key] of [[this.low, "darkest"], [this.high, "brightest"]] as const) {
      slider.title = words[key] ?? "";
      slider.setAttribute("aria-label", words[key] ?? "");
    }
  }

  setTool(tool: Tool): void {
    this.tools.forEach((button, i) => button.setAttribute("aria-pressed", String(TOOLS[i] === tool)));
  }

  setRegion(there: boolean): void {
    this.clear.disabled = !there;
  }

  setMaps(names: string[]): void {
    this.maps.replaceChildren(...names.map((name) => new Option(name, name)));
  }

  /** Show the colours between the two contrast sliders. */
  setTable(table: Uint32Array): void {
    const pen = this.ramp.getContext("2d")!;
    const pixels = pen.createImageData(this.ramp.width, 1);
    new Uint32Array(pixels.data.buffer).forEach((_, i, out) => (out[i] = table[Math.floor((i * table.length) / out.length)]!));
    pen.putImageData(pixels, 0, 0);
  }

  setRange(range: [number, number], automatic: [number, number]): void {
    this.range = range;
    this.automatic = automatic;
    this.setContrast(automatic, false);
  }

  private setContrast(window: [number, number], tell: boolean): void {
    const [low, high] = this.range;
    const place = (value: number) => String(Math.round(((value - low) / (high - low)) * STEPS));
    this.low.value = place(window[0]);
    this.high.value = place(window[1]);
    this.apply(window, tell);
  }

  private apply(window: [number, number], tell: boolean): void {
    const text = (value: number) => String(Number(value.toPrecision(3)));
    this.numbers.textContent = `${text(window[0])} … ${text(window[1])}`;
    if (tell) this.actions.contrast(...window);
  }

  private slider(): HTMLInputElement {
    const input = make("input");
    input.type = "range";
    input.min = "0";
    input.max = String(STEPS);
    input.addEventListener("input", () => {
      // the two ends never cross: the one that is moved pushes the other
      if (input === this.low && +this.low.value >= +this.high.value) this.high.value = String(+this.low.value + 1);
      if (input === this.high && +this.high.value <= +this.low.value) this.low.value = String(+this.high.value - 1);
      const [low, high] = this.range;
      const value = (slider: HTMLInputElement) => low + (+slider.value / STEPS) * (high - low);
      if (+this.low.value < +this.high.value) this.apply([value(this.low), value(this.high)], true);
    });
    return input;
  }

  private button(click: () => void): HTMLButtonElement {
    const button = make("button");
    button.type = "button";
    button.addEventListener("click", click);
    return button;
  }

  private toggleKeys(): void {
    this.keys.hidden = !this.keys.hidden;
    this.help.setAttribute("aria-expanded", String(!this.keys.hidden));
  }
}
