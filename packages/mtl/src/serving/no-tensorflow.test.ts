import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const compiled = fileURLToPath(new URL("../../dist/serving/index.js", import.meta.url));

it.skipIf(!existsSync(compiled))("loads nothing of TensorFlow until asked to run on it", async () => {
  const script = `
    await import(${JSON.stringify(compiled)});
    const { createRequire } = await import("node:module");
    const loaded = Object.keys(createRequire(import.meta.url).cache ?? {});
    console.log(JSON.stringify(loaded.filter((file) => /tfjs|tensorflow/.test(file))));
    console.log(globalThis._tfengine === undefined);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  expect(stdout.trim().split("\n")).toEqual(["[]", "true"]);
});
