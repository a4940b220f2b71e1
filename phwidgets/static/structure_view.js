// sources sha256 bd2b17d6bfecd902a96489155b21a3cab82395d67fbac3b0f03746f7c2b9bd98 (built by js/build.mjs, do not edit)
(function (view, NGL) {
"use strict";
var runtime = (() => {
  var __defProp = Object.defineProperty;
  var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
  var __getOwnPropNames = Object.getOwnPropertyNames;
  var __hasOwnProp = Object.prototype.hasOwnProperty;
  var __export = (target, all) => {
    for (var name in all)
      __defProp(target, name, { get: all[name], enumerable: true });
  };
  var __copyProps = (to, from, except, desc) => {
    if (from && typeof from === "object" || typeof from === "function") {
      for (let key of __getOwnPropNames(from))
        if (!__hasOwnProp.call(to, key) && key !== except)
          __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
    }
    return to;
  };
  var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

  // src/structure_view.ts
  var structure_view_exports = {};
  __export(structure_view_exports, {
    start: () => start
  });

  // src/camera.ts
  var FIELD_OF_VIEW = 40;
  var MARGIN = 1.08;
  function orientation(turn, tilt) {
    const a = (180 + turn) * Math.PI / 360;
    const b = tilt * Math.PI / 360;
    return [Math.sin(b) * Math.cos(a), Math.cos(b) * Math.sin(a), Math.sin(b) * Math.sin(a), Math.cos(b) * Math.cos(a)];
  }
  function distance(half, width, height) {
    const tall = Math.max(half[1], half[0] * height / width, 1e-3);
    return MARGIN * tall / Math.tan(FIELD_OF_VIEW * Math.PI / 360);
  }
  function look(stage, NGL, message, rotate, moved) {
    const { viewer, viewerControls } = stage;
    const half = moved ? [message.radius, message.radius] : message.half;
    const center = new NGL.Vector3(...message.center);
    stage.animationControls.zoomMove(center, -distance(half, viewer.width, viewer.height), 0);
    if (rotate) viewerControls.rotate(new NGL.Quaternion(...orientation(message.turn, message.tilt)));
  }

  // src/decode.ts
  var WIDTH = { position: 3, position1: 3, position2: 3, color: 3, color2: 3, radius: 1, size: 1 };
  function bytes(buffer) {
    return ArrayBuffer.isView(buffer) ? buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) : buffer.slice(0);
  }
  function repeat(value, count) {
    const one = typeof value === "number" ? [value] : value;
    const out = new Float32Array(count * one.length);
    for (let i = 0; i < out.length; i++) out[i] = one[i % one.length];
    return out;
  }
  function decode(message, buffers) {
    if (message.keys.length !== buffers.length) {
      throw new Error(`layer ${message.layer}: ${message.keys.length} arrays announced, ${buffers.length} arrived`);
    }
    const data = {};
    let atoms = null;
    message.keys.forEach((key, i) => {
      const raw = bytes(buffers[i]);
      if (key === "atoms") atoms = new Uint32Array(raw);
      else data[key] = new Float32Array(raw);
    });
    const positions = data.position ?? data.position1;
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
  function paled(color, keep = 0.25) {
    return color.map((c) => 1 - keep * (1 - c));
  }

  // src/layers.ts
  var IN_PLACE = ["sphere", "cylinder"];
  var Layers = class {
    /** `slow`: a processor draws, so that layers which a message asks to leave out are left out. */
    constructor(stage, NGL, slow = false) {
      this.stage = stage;
      this.NGL = NGL;
      this.slow = slow;
      this.shown = /* @__PURE__ */ new Map();
      this.pale = false;
      this.hidden = /* @__PURE__ */ new Set();
      /** The buffer that each layer showed last. A shader is thrown away with the last buffer that uses it, and compiling it takes long. */
      this.retired = /* @__PURE__ */ new Map();
    }
    put(message, buffers) {
      const decoded = decode(message, buffers);
      const old = this.shown.get(message.layer);
      const fits = old && old.kind === message.kind && old.count === decoded.count && !old.atoms === !decoded.atoms;
      if (old && fits && IN_PLACE.includes(old.kind)) this.update(old, message, decoded);
      else {
        this.drop(message.layer);
        if (decoded.count > 0) this.create(message, decoded);
      }
      this.balance();
      if (message.role !== "base") this.hidden.delete(message.layer);
      if (message.hide && this.slow) this.hidden = new Set(message.hide);
      for (const [name, layer] of this.shown) layer.buffer.setVisibility(!this.hidden.has(name));
    }
    clear(name) {
      this.drop(name);
      this.balance();
    }
    /** What NGL holds for a layer now: position of balls and corners, both ends of sticks; read from the geometry, not from our messages. */
    positions(name) {
      const layer = this.shown.get(name);
      if (!layer) return new Float32Array(0);
      const attributes = layer.buffer.geometry.attributes;
      const keys = layer.kind === "cylinder" ? ["position1", "position2"] : ["position"];
      const parts = keys.map((key) => firstOfEach(attributes[key].array, layer.count));
      const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
      parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
      return out;
    }
    /** The colour of every item as NGL holds it now, pale or not. */
    colors(name) {
      const layer = this.shown.get(name);
      return layer ? firstOfEach(layer.buffer.geometry.attributes["color"].array, layer.count) : new Float32Array(0);
    }
    update(layer, message, { data, atoms }) {
      layer.role = message.role;
      layer.colors = colorsOf(data);
      const pale = this.pale && layer.role === "base";
      layer.buffer.setAttributes(pale ? { ...data, ...map(layer.colors, paled) } : data);
      layer.buffer.setParameters(message.parameters ?? {});
      if (atoms) layer.atoms.set(atoms);
    }
    create(message, { data, count, atoms }) {
      const colors = colorsOf(data);
      const all = { ...data };
      if (this.pale && message.role === "base") Object.assign(all, map(colors, paled));
      if (atoms) all.picking = this.picker(atoms);
      const Buffer2 = {
        sphere: this.NGL.SphereBuffer,
        cylinder: this.NGL.CylinderBuffer,
        cone: this.NGL.ConeBuffer,
        mesh: this.NGL.MeshBuffer,
        text: this.NGL.TextBuffer
      }[message.kind];
      const buffer = new Buffer2(all, { disablePicking: !atoms, ...message.parameters });
      this.stage.viewer.add(buffer);
      this.shown.set(message.layer, { buffer, kind: message.kind, count, atoms, role: message.role, colors });
    }
    drop(name) {
      const layer = this.shown.get(name);
      if (!layer) return;
      this.stage.viewer.remove(layer.buffer);
      this.retired.get(name)?.dispose();
      this.retired.set(name, layer.buffer);
      this.shown.delete(name);
    }
    /** Base layers are pale exactly while there is an emphasis layer. */
    balance() {
      const pale = [...this.shown.values()].some((layer) => layer.role === "emphasis");
      if (pale === this.pale) return;
      this.pale = pale;
      for (const layer of this.shown.values()) {
        if (layer.role === "base") layer.buffer.setAttributes(pale ? map(layer.colors, paled) : layer.colors);
      }
    }
    /** Tells NGL which atom an item stands for. */
    picker(atoms) {
      const { stage, NGL } = this;
      const structure = () => stage.compList[0].structure;
      const atom = (item) => structure().getAtomProxy(atoms[item]);
      return {
        type: "atom",
        array: atoms,
        get data() {
          return structure();
        },
        getIndex: (item) => atoms[item],
        getObject: atom,
        getPosition: (item) => new NGL.Vector3().copy(atom(item))
      };
    }
  };
  function colorsOf(data) {
    const out = {};
    for (const key of ["color", "color2"]) if (data[key]) out[key] = data[key];
    return out;
  }
  function map(colors, change) {
    return Object.fromEntries(Object.entries(colors).map(([key, color]) => [key, change(color)]));
  }
  function firstOfEach(array, count) {
    const out = new Float32Array(3 * count);
    const stride = count ? array.length / count : 0;
    for (let i = 0; i < count; i++) for (let k = 0; k < 3; k++) out[3 * i + k] = array[i * stride + k];
    return out;
  }

  // src/structure_view.ts
  function drawnByProcessor(gl) {
    const info = gl.getExtension("WEBGL_debug_renderer_info");
    return /swiftshader|llvmpipe|software|basic render/i.test(String(info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : ""));
  }
  function start(view, NGL) {
    if (view.phwidgets) return;
    const { stage } = view;
    const { viewer } = stage;
    const copy = Math.random().toString(36).slice(2);
    const slow = drawnByProcessor(viewer.renderer.getContext());
    const layers = new Layers(stage, NGL, slow);
    const structure = () => stage.compList[0].structure;
    let camera = null;
    let placed = false;
    let moved = false;
    const place = () => {
      if (!camera || !view.el.clientWidth || !viewer.width || !viewer.height) return;
      look(stage, NGL, camera, !placed, moved);
      placed = true;
    };
    for (const event of ["mousedown", "wheel", "touchstart"])
      viewer.container.addEventListener(event, () => moved = true, { capture: true, passive: true });
    const operations = {
      put: (message, buffers) => layers.put(message, buffers),
      clear: (message) => layers.clear(message.layer),
      many({ parts }, buffers) {
        let next = 0;
        for (const part of parts) operations[part.op](part, buffers.slice(next, next += part.buffers));
      },
      look(message) {
        camera = message;
        place();
      },
      move(_message, [positions]) {
        const { count, x, y, z } = structure().atomStore;
        const to = new Float32Array(bytes(positions));
        for (let i = 0; i < count; i++) [x, y, z].forEach((axis, k) => axis[i] = to[3 * i + k]);
      },
      coords() {
        const { count, x, y, z } = structure().atomStore;
        const out = new Float32Array(3 * count);
        for (let i = 0; i < count; i++) out.set([x[i], y[i], z[i]], 3 * i);
        return out.buffer;
      },
      layer: (message) => layers.positions(message.layer).buffer,
      colors: (message) => layers.colors(message.layer).buffer,
      project(message) {
        const out = new Float32Array(2 * message.atoms.length);
        message.atoms.forEach((atom, i) => {
          const at = stage.viewerControls.getPositionOnCanvas(new NGL.Vector3().copy(structure().getAtomProxy(atom)));
          out.set([at.x, viewer.height - at.y], 2 * i);
        });
        return out.buffer;
      },
      async image(message) {
        const picture = await stage.makeImage({ factor: message.factor ?? 2, transparent: !!message.transparent, antialias: true });
        return picture.arrayBuffer();
      }
    };
    async function receive(message, attached) {
      if (message.type !== "ph" || message.to && message.to !== copy) return;
      const begin = performance.now();
      let answer = void 0;
      let error = null;
      try {
        const operation = operations[message.op];
        if (!operation) throw new Error(`unknown operation ${message.op}`);
        answer = await operation(message, attached ?? message.buffers ?? []);
        if (message.now) viewer.render();
        else await nextFrame();
        if (message.sync) waitForCard();
      } catch (e) {
        error = String(e);
      }
      const content = { type: "ph_ack", copy, id: message.id, op: message.op, error, ms: performance.now() - begin };
      view.send(content, answer ? [answer] : void 0);
    }
    const waitForCard = () => {
      const gl = viewer.renderer.getContext();
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    };
    const nextFrame = () => new Promise((done) => {
      viewer.requestRender();
      requestAnimationFrame(() => done());
      setTimeout(done, 100);
    });
    function reportPicks() {
      const label = document.createElement("div");
      label.style.cssText = "position:absolute;left:8px;top:6px;font:12px sans-serif;color:#333;pointer-events:none";
      viewer.container.appendChild(label);
      const indexOf = (picked) => picked?.atom?.index ?? -1;
      const send = (kind, picked) => view.send({ type: "ph_pick", copy, kind, index: indexOf(picked), shift: !!picked?.shiftKey });
      view.$pickingInfo?.remove();
      stage.mouseControls.remove("hoverPick");
      stage.mouseControls.remove("clickPick-*");
      stage.signals.clicked.add((picked) => send("click", picked));
      let last = -1;
      stage.signals.hovered.add((picked) => {
        const index = indexOf(picked);
        if (index === last) return;
        last = index;
        const name = picked?.atom?.atomname ?? "";
        label.textContent = name && `${name[0]}${name.slice(1).toLowerCase()} ${index}`;
        send("hover", picked);
      });
    }
    const observer = new ResizeObserver(() => {
      if (!view.el.clientWidth) return;
      viewer.container.style.width = "100%";
      stage.handleResize();
      if (!moved) place();
    });
    const remove = view.remove.bind(view);
    view.remove = () => {
      observer.disconnect();
      const result = remove();
      stage.dispose();
      viewer.renderer.forceContextLoss();
      return result;
    };
    view.phwidgets = { copy, layers };
    const fog = { fogNear: 45, fogFar: 160 };
    const camera3D = { cameraType: "orthographic", cameraFov: FIELD_OF_VIEW, clipDist: 0 };
    const sampleLevel = slow ? -1 : 0;
    stage.setParameters({ ...camera3D, ...fog, backgroundColor: "white", tooltip: false, sampleLevel });
    reportPicks();
    observer.observe(view.el);
    view.listenTo(view.model, "msg:custom", receive);
    const ready = () => view.send({ type: "ph_ready", copy, atoms: structure().atomStore.count });
    if (stage.compList.length) ready();
    else stage.signals.componentAdded.add(() => setTimeout(ready, 0));
  }
  return __toCommonJS(structure_view_exports);
})();
runtime.start(view, NGL);
})(this, NGL);
