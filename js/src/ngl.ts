// The part of NGL and of nglview's view that the runtime uses.

export interface Buffer3D {
  geometry: { attributes: Record<string, { array: ArrayLike<number> }> };
  setAttributes(data: Record<string, unknown>): void;
  setParameters(parameters: Record<string, unknown>): void;
  setVisibility(visible: boolean): void;
  dispose(): void;
}

export interface Vector {
  x: number;
  y: number;
  z: number;
}

export interface AtomStore {
  count: number;
  x: Float32Array;
  y: Float32Array;
  z: Float32Array;
}

export interface AtomProxy extends Vector {
  index: number;
  atomname: string;
}

export interface Structure3D {
  atomStore: AtomStore;
  getAtomProxy(index: number): AtomProxy;
}

export interface Picked {
  atom?: AtomProxy;
  shiftKey?: boolean;
}

interface Signal<T> {
  add(listener: (value: T) => void): void;
}

export interface Viewer {
  width: number;
  height: number;
  container: HTMLElement;
  renderer: { getContext(): WebGLRenderingContext; forceContextLoss(): void };
  add(buffer: Buffer3D): void;
  remove(buffer: Buffer3D): void;
  render(): void;
  requestRender(): void;
}

export interface Stage {
  viewer: Viewer;
  compList: { structure: Structure3D }[];
  viewerControls: {
    rotate(quaternion: unknown): void;
    getPositionOnCanvas(position: Vector): { x: number; y: number };
  };
  mouseControls: { remove(trigger: string): void };
  signals: { clicked: Signal<Picked | undefined>; hovered: Signal<Picked | undefined>; componentAdded: Signal<unknown> };
  animationControls: { zoomMove(center: Vector, zoom: number, duration: number): void };
  setParameters(parameters: Record<string, unknown>): void;
  handleResize(): void;
  makeImage(parameters: Record<string, unknown>): Promise<Blob>;
  dispose(): void;
}

type BufferClass = new (data: Record<string, unknown>, parameters: Record<string, unknown>) => Buffer3D;

export interface NGLModule {
  SphereBuffer: BufferClass;
  CylinderBuffer: BufferClass;
  ConeBuffer: BufferClass;
  MeshBuffer: BufferClass;
  TextBuffer: BufferClass;
  Vector3: new (x?: number, y?: number, z?: number) => Vector & { copy(v: Vector): Vector };
  Quaternion: new (x: number, y: number, z: number, w: number) => unknown;
}

export interface NGLView {
  el: HTMLElement;
  stage: Stage;
  model: unknown;
  $pickingInfo?: { remove(): void };
  phwidgets?: unknown;
  listenTo(source: unknown, event: string, listener: (...values: never[]) => void): void;
  send(content: Record<string, unknown>, buffers?: ArrayBuffer[]): void;
  remove(): unknown;
}
