import { expect, it } from "vitest";
import { hasWebGL } from "../src/structure_probe";

it("says no when the browser offers no context, or fails to", () => {
  expect(hasWebGL({ getContext: () => null } as never)).toBe(false);
  expect(hasWebGL({ getContext: () => { throw new Error("blocked"); } } as never)).toBe(false);
});

it("gives the context back", () => {
  let lost = 0;
  const gl = { getExtension: () => ({ loseContext: () => lost++ }) };
  expect(hasWebGL({ getContext: () => gl } as never)).toBe(true);
  expect(lost).toBe(1);
});
