import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { peakMiB } from "./peak-memory.mjs";

const PARENT = 512; // MiB
const file = new URL("./peak-memory.mjs", import.meta.url).href;

const child = (script) =>
  Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));

it("tells a program's own peak, not what the one held that began it", () => {
  const held = Buffer.alloc(PARENT * 2 ** 20, 1);
  expect(peakMiB()).toBeGreaterThan(PARENT);
  expect(child(`import { peakMiB } from "${file}"; console.log(peakMiB());`)).toBeLessThan(PARENT);
  expect(held).toHaveLength(PARENT * 2 ** 20);
});

it("counts what was freed again", () => {
  const script = `import { peakMiB } from "${file}"; Buffer.alloc(${PARENT} * 2 ** 20, 1); globalThis.gc?.(); console.log(peakMiB());`;
  expect(child(script)).toBeGreaterThan(PARENT);
});
