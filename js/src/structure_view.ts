// Runs once in every displayed copy of an nglview view: draws named layers from binary messages and reports what is picked.
// In:  {type: "ph", id, op, to?, now?, sync?, ...} with buffers.   Out: {type: "ph_ready" | "ph_ack" | "ph_pick", copy, ...}.

import { FIELD_OF_VIEW, LookMessage, look } from "./camera";
import { PutMessage, bytes } from "./decode";
import { Layers } from "./layers";
import { NGLModule, NGLView, Picked } from "./ngl";

interface Message {
  type: string;
  id: number;
  op: string;
  /** Only this copy of the view is meant. */
  to?: string;
  /** Draw at once: what follows must not hold it up. */
  now?: boolean;
  /** Acknowledge after a frame was really drawn. */
  sync?: boolean;
  buffers?: ArrayBuffer[];
}

/** Whether there is no graphics card behind WebGL. */
function drawnByProcessor(gl: WebGLRenderingContext): boolean {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return /swiftshader|llvmpipe|software|basic render/i.test(String(info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : ""));
}

/** Several operations in one message, drawn in one frame; each takes so many of the message's buffers. */
interface ManyMessage {
  parts: { op: string; buffers: number }[];
}

type Operation = (message: never, buffers: ArrayBuffer[]) => ArrayBuffer | void | Promise<ArrayBuffer>;

export function start(view: NGLView, NGL: NGLModule): void {
  if (view.phwidgets) return; // every new copy makes Python send the runtime to all
  const { stage } = view;
  const { viewer } = stage;
  const copy = Math.random().toString(36).slice(2);
  const slow = drawnByProcessor(viewer.renderer.getContext());
  const layers = new Layers(stage, NGL, slow);
  const structure = () => stage.compList[0]!.structure;
  let camera: LookMessage | null = null;
  let placed = false;
  let moved = false; // by the user

  // A camera placed in a hidden tab (size 0) would hold NaN: wait until there is something to look at, and room for it.
  const place = () => {
    if (!camera || !view.el.clientWidth || !viewer.width || !viewer.height) return;
    look(stage, NGL, camera, !placed, moved);
    placed = true;
  };
  for (const event of ["mousedown", "wheel", "touchstart"])
    viewer.container.addEventListener(event, () => (moved = true), { capture: true, passive: true });

  const operations: Record<string, Operation> = {
    put: (message: PutMessage, buffers) => layers.put(message, buffers),
    clear: (message: { layer: string }) => layers.clear(message.layer),
    many({ parts }: ManyMessage, buffers) {
      let next = 0;
      for (const part of parts) operations[part.op]!(part as never, buffers.slice(next, (next += part.buffers)));
    },
    look(message: LookMessage) {
      camera = message;
      place();
    },
    move(_message: unknown, [positions]) {
      const { count, x, y, z } = structure().atomStore;
      const to = new Float32Array(bytes(positions!));
      for (let i = 0; i < count; i++) [x, y, z].forEach((axis, k) => (axis[i] = to[3 * i + k]!));
    },
    coords() {
      const { count, x, y, z } = structure().atomStore;
      const out = new Float32Array(3 * count);
      for (let i = 0; i < count; i++) out.set([x[i]!, y[i]!, z[i]!], 3 * i);
      return out.buffer;
    },
    layer: (message: { layer: string }) => layers.positions(message.layer).buffer as ArrayBuffer,
    colors: (message: { layer: string }) => layers.colors(message.layer).buffer as ArrayBuffer,
    project(message: { atoms: number[] }) {
      const out = new Float32Array(2 * message.atoms.length);
      message.atoms.forEach((atom, i) => {
        const at = stage.viewerControls.getPositionOnCanvas(new NGL.Vector3().copy(structure().getAtomProxy(atom)));
        out.set([at.x, viewer.height - at.y], 2 * i); // NGL counts from the bottom
      });
      return out.buffer;
    },
    async image(message: { factor?: number; transparent?: boolean }) {
      const picture = await stage.makeImage({ factor: message.factor ?? 2, transparent: !!message.transparent, antialias: true });
      return picture.arrayBuffer();
    },
  };

  async function receive(message: Message, attached: ArrayBuffer[] | undefined): Promise<void> {
    if (message.type !== "ph" || (message.to && message.to !== copy)) return;
    const begin = performance.now();
    let answer: ArrayBuffer | void = undefined;
    let error: string | null = null;
    try {
      const operation = operations[message.op];
      if (!operation) throw new Error(`unknown operation ${message.op}`);
      answer = await operation(message as never, attached ?? message.buffers ?? []);
      if (message.now) viewer.render();
      else await nextFrame();
      if (message.sync) waitForCard();
    } catch (e) {
      error = String(e);
    }
    const content = { type: "ph_ack", copy, id: message.id, op: message.op, error, ms: performance.now() - begin };
    view.send(content, answer ? [answer] : undefined);
  }

  const waitForCard = () => {
    const gl = viewer.renderer.getContext(); // a pixel can be read back only when the frame is finished
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  };

  // Acknowledging after the frame keeps Python from sending faster than we draw. A hidden page draws no frames, hence the timer.
  const nextFrame = () =>
    new Promise<void>((done) => {
      viewer.requestRender();
      requestAnimationFrame(() => done());
      setTimeout(done, 100);
    });

  function reportPicks(): void {
    const label = document.createElement("div");
    label.style.cssText = "position:absolute;left:8px;top:6px;font:12px sans-serif;color:#333;pointer-events:none";
    viewer.container.appendChild(label);
    const indexOf = (picked: Picked | undefined) => picked?.atom?.index ?? -1;
    const send = (kind: string, picked: Picked | undefined) =>
      view.send({ type: "ph_pick", copy, kind, index: indexOf(picked), shift: !!picked?.shiftKey });
    view.$pickingInfo?.remove(); // nglview's box and NGL's tooltip name residues that do not exist
    stage.mouseControls.remove("hoverPick");
    stage.mouseControls.remove("clickPick-*"); // a click must not move the camera
    stage.signals.clicked.add((picked) => send("click", picked));
    let last = -1;
    stage.signals.hovered.add((picked) => {
      const index = indexOf(picked);
      if (index === last) return;
      last = index;
      const name = picked?.atom?.atomname ?? ""; // an element's symbol, which NGL writes in capitals
      label.textContent = name && `${name[0]}${name.slice(1).toLowerCase()} ${index}`; // as the readout names it, in any language
      send("hover", picked);
    });
  }

  const observer = new ResizeObserver(() => {
    if (!view.el.clientWidth) return;
    viewer.container.style.width = "100%";
    stage.handleResize();
    if (!moved) place(); // the first size may be that of a page whose layout is not finished
  });

  // A page holds about 16 WebGL contexts and the browser drops the oldest: give ours back as soon as the copy is gone.
  const remove = view.remove.bind(view);
  view.remove = () => {
    observer.disconnect();
    const result = remove();
    stage.dispose();
    viewer.renderer.forceContextLoss();
    return result;
  };

  view.phwidgets = { copy, layers };
  const fog = { fogNear: 45, fogFar: 160 }; // per cent of the depth: what is far is paler, but still there
  const camera3D = { cameraType: "orthographic", cameraFov: FIELD_OF_VIEW, clipDist: 0 }; // small scenes are near the camera
  // NGL draws a scene that stands still once more, eight times as fine; a processor would be busy with that for long
  const sampleLevel = slow ? -1 : 0;
  stage.setParameters({ ...camera3D, ...fog, backgroundColor: "white", tooltip: false, sampleLevel });
  reportPicks();
  observer.observe(view.el);
  view.listenTo(view.model, "msg:custom", receive as never);
  const ready = () => view.send({ type: "ph_ready", copy, atoms: structure().atomStore.count });
  if (stage.compList.length) ready();
  else stage.signals.componentAdded.add(() => setTimeout(ready, 0)); // after nglview's own listener
}
