// An invisible widget beside the 3D view: says that a front end is there, whether it is visible, and whether it can draw in 3D.

interface Model {
  send(content: Record<string, unknown>): void;
}

export function hasWebGL(canvas: Pick<HTMLCanvasElement, "getContext">): boolean {
  try {
    const gl = (canvas.getContext("webgl2") ?? canvas.getContext("webgl")) as WebGLRenderingContext | null;
    gl?.getExtension("WEBGL_lose_context")?.loseContext(); // a page has only some 16 contexts
    return gl !== null;
  } catch {
    return false;
  }
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const webgl = hasWebGL(document.createElement("canvas"));
  let told = false;
  const observer = new ResizeObserver(() => {
    if (told || !el.clientWidth) return; // in a hidden tab nothing is late yet
    told = true;
    model.send({ type: "ph_probe", webgl });
  });
  observer.observe(el);
  return () => observer.disconnect();
}

export default { render };
