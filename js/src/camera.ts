// Where to look from. NGL's start camera has x to the left; ours has x to the right, y up and z towards the viewer.

import { NGLModule, Stage } from "./ngl";

export interface LookMessage {
  center: [number, number, number];
  /** Half width and half height of the scene as seen after turning, and its radius, in Å. */
  half: [number, number];
  radius: number;
  /** Degrees to turn about the vertical and the horizontal axis, so that a box is seen as a box. */
  turn: number;
  tilt: number;
}

export type Quaternion = [number, number, number, number];

/** Opening angle in degrees; NGL's orthographic camera shows what the perspective one would show in the plane of its centre. */
export const FIELD_OF_VIEW = 40;
const MARGIN = 1.08;

/** Half a turn about y (x to the right), then `turn` about y and `tilt` about x, as one unit quaternion x, y, z, w. */
export function orientation(turn: number, tilt: number): Quaternion {
  const a = ((180 + turn) * Math.PI) / 360;
  const b = (tilt * Math.PI) / 360;
  // quaternion of x-rotation b times that of y-rotation a
  return [Math.sin(b) * Math.cos(a), Math.cos(b) * Math.sin(a), Math.sin(b) * Math.sin(a), Math.cos(b) * Math.cos(a)];
}

/** Distance of the camera from which a scene of these half sizes fits a canvas of this shape; never 0. */
export function distance(half: [number, number], width: number, height: number): number {
  const tall = Math.max(half[1], (half[0] * height) / width, 1e-3);
  return (MARGIN * tall) / Math.tan((FIELD_OF_VIEW * Math.PI) / 360);
}

/**
 * Bring the whole scene into view. `rotate` also sets the direction; once the user has turned the scene (`moved`), its shape on the
 * canvas is no longer known and its radius must fit.
 */
export function look(stage: Stage, NGL: NGLModule, message: LookMessage, rotate: boolean, moved: boolean): void {
  const { viewer, viewerControls } = stage;
  const half: [number, number] = moved ? [message.radius, message.radius] : message.half;
  const center = new NGL.Vector3(...message.center);
  stage.animationControls.zoomMove(center, -distance(half, viewer.width, viewer.height), 0);
  if (rotate) viewerControls.rotate(new NGL.Quaternion(...orientation(message.turn, message.tilt)));
}
