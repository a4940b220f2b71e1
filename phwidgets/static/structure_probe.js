// sources sha256 bd2b17d6bfecd902a96489155b21a3cab82395d67fbac3b0f03746f7c2b9bd98 (built by js/build.mjs, do not edit)
// src/structure_probe.ts
function hasWebGL(canvas) {
  try {
    const gl = canvas.getContext("webgl2") ?? canvas.getContext("webgl");
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
    return gl !== null;
  } catch {
    return false;
  }
}
function render({ model, el }) {
  const webgl = hasWebGL(document.createElement("canvas"));
  let told = false;
  const observer = new ResizeObserver(() => {
    if (told || !el.clientWidth) return;
    told = true;
    model.send({ type: "ph_probe", webgl });
  });
  observer.observe(el);
  return () => observer.disconnect();
}
var structure_probe_default = { render };
export {
  structure_probe_default as default,
  hasWebGL
};
