import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readStateFile, writeStateFile } from "./state-file.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "polypilot-state-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("state file", () => {
  it("gives back every value and every bit of every array", async () => {
    const arrays = fc.dictionary(fc.string({ minLength: 1 }), fc.float32Array({ maxLength: 30 }), {
      noNullPrototype: true,
    });
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), arrays, async (value, given) => {
        const path = join(folder, "sub", "a.bin");
        await writeStateFile(path, { value, arrays: given });
        const back = await readStateFile(path);
        expect(JSON.stringify(back.value)).toBe(JSON.stringify(value));
        expect(Object.keys(back.arrays)).toEqual(Object.keys(given));
        const bits = (a: Float32Array) => Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString("hex");
        for (const [name, array] of Object.entries(given)) expect(bits(back.arrays[name]!)).toBe(bits(array));
      }),
      { numRuns: 50 },
    );
  });

  it("refuses a file with a bit flipped, and one cut off", async () => {
    const path = join(folder, "b.bin");
    await writeStateFile(path, { value: { epoch: 3 }, arrays: { w: Float32Array.of(1, 2, 3) } });
    const bytes = await readFile(path);
    bytes[30]! ^= 1;
    await writeFile(path, bytes);
    await expect(readStateFile(path)).rejects.toThrow(/checksum does not fit/);
    await writeFile(path, bytes.subarray(0, 10));
    await expect(readStateFile(path)).rejects.toThrow(/Found 10 bytes/);
  });
});
