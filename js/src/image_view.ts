// The image canvas, an anywidget: a two-dimensional image, or three orthogonal slices of a volume.

import { Answer, pixels, png } from "./image_answers";
import { Point } from "./image_geometry";
import { Foot } from "./image_legend";
import { Message, Newest, Part, Scene } from "./image_messages";
import { Listener, listen, zoom } from "./image_mouse";
import { Look, Panel, tableOf } from "./image_panel";
import { STYLE } from "./image_style";
import { Tool, Toolbar, Words, make } from "./image_toolbar";

interface Model {
  get(name: string): unknown;
  on(event: string, listener: (...values: never[]) => void): void;
  off(event: string, listener: (...values: never[]) => void): void;
  send(content: Record<string, unknown>, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
}

const AXES = ["plane", "row", "column"];

class ImageCanvas {
  private readonly copy = Math.random().toString(36).slice(2);
  private readonly root = make("div", "phi");
  private readonly stack = make("div", "phi-panels");
  private readonly hint = make("div", "phi-hint");
  private readonly foot = new Foot();
  private readonly toolbar: Toolbar;
  private panels: Panel[] = [];
  private sliders: { input: HTMLInputElement; text: HTMLElement }[] = [];
  private look: Look | null = null;
  private tool: Tool = "move";
  private map = "";
  private hovered: { panel: Panel; pixel: Point } | null = null;
  private hintTimer = 0;
  private gone = false;
  private readonly post = (content: Record<string, unknown>, buffers?: ArrayBuffer[]) => {
    if (!this.gone) this.model.send({ ...content, copy: this.copy }, undefined, buffers);
  };
  private readonly frame = (call: () => void) => {
    // a hidden page draws no frames
    let done = false;
    const once = () => !done && ((done = true), call());
    requestAnimationFrame(once);
    setTimeout(once, 100);
  };
  private readonly newest = () => new Newest((content, buffers) => this.post(content, buffers), this.frame);
  private readonly hovers = this.newest();
  private readonly regions = this.newest();
  private readonly slices = this.newest();
  private readonly observer = new ResizeObserver(() => this.panels.forEach((panel) => panel.resize()));

  constructor(private readonly model: Model, el: HTMLElement) {
    const style = make("style");
    style.textContent = STYLE;
    this.toolbar = new Toolbar({
      tool: (tool) => this.setTool(tool),
      zoom: (factor) => this.panels.forEach((panel) => zoom(panel, factor)),
      fit: () => this.panels.forEach((panel) => panel.fit()),
      clear: () => this.listener.clear(),
      colours: (name) => this.setMap(name),
      contrast: (low, high) => this.setWindow([low, high]),
    });
    this.root.dataset.lmSuppressShortcuts = "true"; // JupyterLab's own R and L would act on the cell
    this.root.append(style, this.toolbar.element, this.toolbar.keys, this.stack, this.foot.element);
    el.append(this.root);
    this.readMaps();
    this.setWords();
    model.on("change:words", this.setWords);
    model.on("change:maps", this.readMaps); // some front ends bring the traits after the view
    model.on("msg:custom", this.receive as never);
    this.foot.value.textContent = this.words.waiting ?? "";
    this.post({ type: "ph_ready" });
  }

  dispose(): void {
    this.gone = true;
    this.model.off("change:words", this.setWords);
    this.model.off("change:maps", this.readMaps);
    this.model.off("msg:custom", this.receive as never);
    this.observer.disconnect();
    clearTimeout(this.hintTimer);
    this.panels.forEach((panel) => panel.dispose());
    this.root.remove();
  }

  private get words(): Words {
    return (this.model.get("words") ?? {}) as Words;
  }

  private get maps(): Record<string, DataView> {
    return (this.model.get("maps") ?? {}) as Record<string, DataView>;
  }

  // -- messages ----------------------------------------------------------------------------------------------------------

  private readonly receive = (message: Message, buffers: DataView[]): void => {
    if (message.to && message.to !== this.copy) return;
    if (message.type === "ph_seen") for (const series of [this.hovers, this.regions, this.slices]) series.seen(message.seq!);
    if (message.type === "ph") void this.perform(message, buffers ?? []);
  };

  private async perform(message: Message, buffers: DataView[]): Promise<void> {
    const begin = performance.now();
    let answer: Answer = {};
    let error: string | null = null;
    try {
      answer = (await this.apply(message, buffers)) ?? {};
      await new Promise<void>((done) => this.frame(done)); // so that Python never sends faster than we draw
    } catch (e) {
      error = String(e);
    }
    const content = { ...answer.content, type: "ph_ack", id: message.id, op: message.op, error, ms: performance.now() - begin };
    this.post(content, answer.buffer && [answer.buffer]);
  }

  private apply(message: Message, buffers: DataView[]): Answer | undefined | Promise<Answer> {
    if (message.op === "many") {
      let next = 0;
      for (const part of message.parts!) this.apply(part, buffers.slice(next, (next += part.buffers)));
      return undefined;
    }
    if (message.scene) this.prepare(message.scene);
    if (message.scene && message.scene.generation < this.look!.scene.generation) return undefined; // of an image that is gone
    return this.operate(message, buffers) ?? undefined;
  }

  private operate(message: Message, buffers: DataView[]): Answer | void | Promise<Answer> {
    const panel = this.panels[message.panel ?? 0];
    switch (message.op) {
      case "part":
        panel?.put(message.layer!.slice(2), message, buffers);
        return this.legend();
      case "clear":
        this.panels[+message.layer![0]!]?.drop(message.layer!.slice(2));
        return this.legend();
      case "slices":
        return message.by === this.copy ? undefined : this.setSlices(message.slices!); // ours may be out of date already
      case "goto":
        return this.panels.forEach((p) => {
          const [down, across] = p.inPlane();
          p.view.row = message.voxel![down]! + 0.5;
          p.view.col = message.voxel![across]! + 0.5;
          if (p.frame.width) p.setView(p.view);
        });
      case "unmark":
        return this.forget();
      case "pixels":
        return pixels(panel!, message.what ?? "image", { tool: this.tool, colours: this.map });
      case "image":
        return png(this.panels);
      default:
        throw new Error(`unknown operation ${message.op}`);
    }
  }

  // -- what is shown -----------------------------------------------------------------------------------------------------

  /** Get ready for another image. One of the same size keeps the panels, and what the user looks at. */
  private prepare(scene: Scene): void {
    if (this.look && this.look.scene.generation >= scene.generation) return;
    const size = (of: Scene) => String([...of.shape, ...of.spacing]);
    if (this.look && size(this.look.scene) === size(scene)) {
      Object.assign(this.look, { scene, window: scene.window });
      this.panels.forEach((panel) => panel.empty());
    } else this.build(scene);
    this.toolbar.setRange(scene.range, scene.window);
    this.hovered = null;
    this.setWords();
    this.setRegion();
  }

  private build(scene: Scene): void {
    this.observer.disconnect();
    this.panels.forEach((panel) => panel.dispose());
    const volume = scene.shape.length === 3;
    const look: Look = { scene, table: this.table(), window: scene.window, slices: scene.shape.map((n) => Math.floor(n / 2)) };
    this.look = look;
    this.panels = (volume ? [0, 1, 2] : [null]).map((axis, i) => new Panel(i, axis, look));
    this.sliders = [];
    this.stack.replaceChildren(
      ...this.panels.map((panel) => {
        const column = make("div", "phi-column", panel.element);
        if (volume) column.append(this.slider(panel));
        panel.element.style.height = String(this.model.get("height"));
        listen(panel, this.listener);
        this.observer.observe(panel.element);
        return column;
      }),
    );
  }

  private slider(panel: Panel): HTMLElement {
    const input = make("input");
    input.type = "range";
    input.min = "0";
    input.max = String(this.look!.scene.shape[panel.axis!]! - 1);
    input.addEventListener("input", () => this.showSlice(panel.axis!, +input.value));
    const text = make("span");
    this.sliders.push({ input, text });
    return make("div", "phi-slice", text, input);
  }

  private showSlice(axis: number, index: number): void {
    const slices = [...this.look!.slices];
    slices[axis] = Math.min(Math.max(index, 0), this.look!.scene.shape[axis]! - 1);
    this.setSlices(slices);
    this.slices.passing({ type: "ph_slice", slices, generation: this.look!.scene.generation });
  }

  private setSlices(slices: number[]): void {
    if (slices.length !== 3) return;
    this.look!.slices.splice(0, 3, ...slices);
    this.sliders.forEach(({ input, text }, axis) => {
      input.value = String(slices[axis]);
      const name = this.words[AXES[axis]!] ?? "";
      text.textContent = `${name} ${slices[axis]} / ${+input.max}`;
      input.setAttribute("aria-label", name);
    });
    this.panels.forEach((panel) => panel.redraw("lines"));
  }

  private legend(): void {
    const parts = new Map<string, Part>();
    for (const panel of this.panels) for (const [key, layer] of panel.layers) parts.set(key, layer.part);
    this.foot.show(parts, this.sliders.length ? (this.words.slices ?? "") : "");
    this.readValue();
  }

  private readonly setWords = (): void => {
    this.toolbar.setWords(this.words);
    this.hint.textContent = this.words.wheel ?? "";
    for (const panel of this.panels) panel.top.setAttribute("aria-label", this.words.picture ?? "");
    if (this.look && this.sliders.length) this.setSlices([...this.look.slices]);
    this.legend();
  };

  private readonly readMaps = (): void => {
    const names = Object.keys(this.maps);
    this.toolbar.setMaps(names);
    this.setMap(names[0] ?? "");
  };

  private table(): Uint32Array {
    return tableOf(this.maps[this.map]);
  }

  private setMap(name: string): void {
    this.map = name;
    const table = this.table();
    this.toolbar.setTable(table);
    if (this.look) this.look.table = table;
    this.panels.forEach((panel) => panel.redraw("picture"));
  }

  private setWindow(window: [number, number]): void {
    if (this.look) this.look.window = window;
    this.panels.forEach((panel) => panel.redraw("picture"));
  }

  private setTool(tool: Tool): void {
    this.tool = tool;
    this.toolbar.setTool(tool);
    this.readValue();
  }

  private setRegion(): void {
    this.toolbar.setRegion(this.panels.some((panel) => panel.region));
  }

  private forget(): void {
    this.panels.forEach((panel) => panel.setRegion(null));
    this.setRegion();
  }

  private readValue(): void {
    if (!this.look) return;
    if (!this.hovered) {
      this.foot.value.textContent = this.words[`${this.tool}_tip`] ?? "";
      return;
    }
    const { panel, pixel } = this.hovered;
    const { scene } = this.look;
    const at = voxelOf(panel, pixel);
    const names = AXES.slice(3 - scene.shape.length);
    const value = panel.valueAt(pixel);
    const shown = Number.isNaN(value) ? "–" : String(Number(value.toPrecision(5)));
    const place = names.map((name, i) => `${this.words[name]} ${at[i]}`).join(", ");
    this.foot.value.textContent = `${place}: ${shown} ${scene.valueUnit}`;
  }

  // -- what the user does ------------------------------------------------------------------------------------------------

  private readonly listener: Listener = {
    tool: () => this.tool,
    setTool: (tool) => this.setTool(tool),
    click: (panel, pixel, shift) => {
      this.forget();
      this.hovers.final(this.pick("click", panel, pixel, shift));
    },
    hover: (panel, pixel, shift) => {
      this.hovered = pixel && { panel, pixel };
      this.readValue();
      this.hovers.passing(this.pick("hover", panel, pixel, shift));
    },
    begin: () => this.forget(),
    region: (panel, runs, passing) => {
      this.setRegion();
      const where = { panel: panel.number, index: panel.index, generation: this.look!.scene.generation };
      const content = { type: "ph_region", passing, ...where };
      this.regions[passing ? "passing" : "final"](content, [runs.buffer as ArrayBuffer]);
    },
    clear: () => {
      this.forget();
      const content = { type: "ph_region", passing: false, panel: 0, index: 0, generation: this.look!.scene.generation };
      this.regions.final(content, [new ArrayBuffer(0)]);
    },
    slice: (panel, step) => panel.axis !== null && this.showSlice(panel.axis, panel.index + step),
    wheelIgnored: (panel) => {
      panel.element.append(this.hint);
      this.hint.classList.add("phi-on");
      clearTimeout(this.hintTimer);
      this.hintTimer = window.setTimeout(() => this.hint.classList.remove("phi-on"), 1500);
    },
  };

  private pick(kind: "click" | "hover", panel: Panel, pixel: Point | null, shift: boolean) {
    const voxel = pixel && voxelOf(panel, pixel);
    return { type: "ph_pick", kind, voxel, shift, panel: panel.number, generation: this.look!.scene.generation };
  }
}

function voxelOf(panel: Panel, [row, col]: Point): number[] {
  const at = [row, col];
  if (panel.axis !== null) at.splice(panel.axis, 0, panel.index);
  return at;
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const canvas = new ImageCanvas(model, el);
  return () => canvas.dispose();
}

export default { render };
