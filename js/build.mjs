// Bundles js/src into phwidgets/static (or into the folder given as first argument).
// The first line of each bundle carries the SHA-256 of all sources, so that a test without node can tell a stale bundle.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "..", "phwidgets", "static"));

const sources = readdirSync(join(here, "src")).sort().map((name) => `src/${name}`);
const hash = createHash("sha256");
for (const name of [...sources, "build.mjs", "package.json", "package-lock.json"]) {
  hash.update(name).update("\0").update(readFileSync(join(here, name))).update("\0");
}
const head = `// sources sha256 ${hash.digest("hex")} (built by js/build.mjs, do not edit)\n`;

async function bundle(name, options) {
  const result = await build({
    entryPoints: [join(here, "src", `${name}.ts`)],
    bundle: true,
    write: false,
    target: "es2020",
    charset: "utf8",
    legalComments: "none",
    absWorkingDir: here,
    logLevel: "warning",
    ...options,
  });
  return result.outputFiles[0].text;
}

mkdirSync(out, { recursive: true });
// nglview evaluates the text inside a method of its view, where `this` is the view and NGL is in scope
const runtime = await bundle("structure_view", { format: "iife", globalName: "runtime" });
writeFileSync(join(out, "structure_view.js"), `${head}(function (view, NGL) {\n${runtime}runtime.start(view, NGL);\n})(this, NGL);\n`);
// an anywidget module
writeFileSync(join(out, "structure_probe.js"), head + (await bundle("structure_probe", { format: "esm" })));
writeFileSync(join(out, "image_view.js"), head + (await bundle("image_view", { format: "esm", minify: true })));
