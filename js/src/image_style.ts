// The looks of the canvas: JupyterLab's own colours where there are any, so that a dark theme is dark here too.

export const STYLE = `
.phi { display: flex; flex-direction: column; gap: 4px; min-width: 0; width: 100%;
  font: var(--jp-ui-font-size1, 13px)/1.4 var(--jp-ui-font-family, sans-serif); color: var(--jp-ui-font-color1, #212121); }
.phi-bar { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 10px; }
.phi-group { display: inline-flex; flex-wrap: wrap; align-items: center; gap: 2px; }
.phi button, .phi select { font: inherit; color: inherit; background: var(--jp-layout-color2, #eeeeee); min-height: 24px;
  border: 1px solid var(--jp-border-color1, #bdbdbd); border-radius: 3px; padding: 1px 8px; cursor: pointer; }
.phi button:hover:not(:disabled) { background: var(--jp-layout-color3, #e0e0e0); }
.phi button:disabled { opacity: 0.45; cursor: default; }
.phi button[aria-pressed="true"] { background: #0072b2; border-color: #0072b2; color: #ffffff; }
.phi button:focus-visible, .phi select:focus-visible, .phi input:focus-visible, .phi-top:focus {
  outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: 1px; }
.phi-top:focus { outline-offset: -2px; }
.phi input[type="range"] { width: 56px; margin: 0 1px; accent-color: #0072b2; }
.phi-numbers { min-width: 4.5em; text-align: center; font-size: 12px; font-variant-numeric: tabular-nums; }
.phi-ramp { width: 30px; height: 10px; border: 1px solid var(--jp-border-color1, #bdbdbd); }
.phi-panels { display: flex; flex-wrap: wrap; gap: 8px; }
.phi-column { flex: 1 1 200px; min-width: 0; display: flex; flex-direction: column; }
.phi-slice { display: flex; align-items: center; gap: 6px; font-size: 12px; white-space: nowrap; }
.phi .phi-slice input[type="range"] { flex: 1; width: auto; min-width: 40px; }
.phi-panel { position: relative; overflow: hidden; background: var(--jp-layout-color2, #eeeeee); }
.phi-panel canvas { position: absolute; inset: 0; width: 100%; height: 100%; image-rendering: pixelated; }
.phi-top { touch-action: none; cursor: crosshair; }
.phi-hint { position: absolute; left: 50%; top: 8px; transform: translateX(-50%); padding: 3px 10px; border-radius: 3px; max-width: 90%;
  background: rgba(0,0,0,0.75); color: #ffffff; pointer-events: none; opacity: 0; transition: opacity 0.2s; text-align: center; }
.phi-hint.phi-on { opacity: 1; }
.phi-foot { display: flex; flex-wrap: wrap; gap: 2px 14px; min-height: 18px; font-size: 12px; align-items: center; }
.phi-value { min-width: 20em; font-variant-numeric: tabular-nums; }
.phi-entry { display: inline-flex; align-items: center; gap: 4px; }
.phi-swatch { display: inline-block; width: 11px; height: 11px; border: 1px solid rgba(0,0,0,0.4); box-sizing: border-box; }
.phi-keys { white-space: pre-line; font-size: 12px; border-left: 3px solid var(--jp-border-color1, #bdbdbd); padding-left: 8px; }
.phi [hidden] { display: none; }
`;
