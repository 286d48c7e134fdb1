import { describe, expect, it } from "vitest";
import { howToInstall } from "./compare.mjs";
import { recordingRows } from "./recording.mjs";
import { figuresIn } from "./run-peer.mjs";
import { servingRows } from "./serving.mjs";
import { synchroniserRows } from "./synchronising.mjs";
import { trainingRows } from "./training.mjs";

const step = (cpuMs, wallMs, more = {}) => ({ nets: { net: { cpuMs, wallMs, parameters: 7, ...more } } });

describe("trainingRows", () => {
  it("gives CPU and wall time a row each, and the losses' difference where the peer checked it", () => {
    const rows = trainingRows("PyTorch", [[step(10, 4), step(20, 16, { difference: 3e-6 })]]);
    expect(rows.map(({ name, value }) => [name, value])).toEqual([
      ["step, net: ours / PyTorch, CPU", 0.5],
      ["step, net: ours / PyTorch, wall", 0.25],
    ]);
    expect(rows[0].note).toContain("losses within 3e-6");
  });

  it("prints the target beside Keras's CPU time alone", () => {
    const [cpu, wall] = trainingRows("Keras", [[step(10, 4), step(10, 4)]]);
    expect(cpu.note).toContain("target 1.0");
    expect(wall.note).not.toContain("target");
  });

  it("takes only the nets that the peer has", () => {
    const own = { nets: { ...step(1, 1).nets, other: { cpuMs: 1, wallMs: 1, parameters: 9 } } };
    expect(trainingRows("Keras", [[own, step(1, 1)]])).toHaveLength(2);
  });

  it("tells what the peer took in its other ways, where it has more than one", () => {
    const ways = { "1 thread": { cpuMs: 20, wallMs: 16 }, "2 threads": { cpuMs: 31.25, wallMs: 9 } };
    const [cpu] = trainingRows("PyTorch", [[step(10, 4), step(20, 9, { ways })]], ["cpuMs"]);
    expect(cpu.note).toContain("PyTorch with 1 thread 20.0, with 2 threads 31.3 ms");
    const [alone] = trainingRows("PyTorch", [[step(10, 4), step(20, 9, { ways: { "1 thread": ways["1 thread"] } })]]);
    expect(alone.note).not.toContain("thread");
  });

  it("gives only the measures that are asked for", () => {
    const rows = trainingRows("torch.compile", [[step(10, 4), step(20, 9)]], ["cpuMs"]);
    expect(rows.map(({ name }) => name)).toEqual(["step, net: ours / torch.compile, CPU"]);
  });

  it("refuses nets of other sizes", () => {
    const other = step(1, 1, { parameters: 8 });
    expect(() => trainingRows("Keras", [[step(1, 1), other]])).toThrow("net has 8 parameters in Keras and 7 here");
  });
});

describe("servingRows", () => {
  const round = (pathMs, oneMs, manyMs) => ({
    own: { bareMs: 0.2, pathsMs: { "160×120": pathMs } },
    ...{ one: { p50Ms: oneMs }, many: { p50Ms: manyMs } },
  });

  it("holds each path against 1.3 × the faster of Python's ways + 1 ms, round by round", () => {
    const [bare, path] = servingRows([round(1.2, 0.2, 0.1), round(1.2, 0.1, 0.4), round(1.1, 0.1, 0.4)]);
    expect(bare.value).toBe(2);
    expect(path.value).toBe(1.2);
    expect(path.note).toContain("target 1.3 × onnxruntime in Python + 1 ms: 1.13, met in 1 of 3 rounds");
  });
});

describe("synchroniserRows", () => {
  const side = (sets, seconds) => ({ policies: { approximate: { sets, seconds }, exact: { sets, seconds } } });

  it("compares sets a second", () => {
    const [approximate] = synchroniserRows([[side(1000, 0.5), side(1000, 1)]]);
    expect(approximate.value).toBe(2);
    expect(approximate.note).toContain("1000 sets each");
  });

  it("says loudly if both did not find as many sets", () => {
    expect(synchroniserRows([[side(999, 1), side(1000, 1)]])[1].note).toContain(
      "NOT THE SAME: 999 sets here, 1000 there",
    );
  });
});

describe("recordingRows", () => {
  it("compares bytes a second of the wall's and of processor time, more being better", () => {
    const [own, theirs] = [
      { bytes: 4e6, seconds: 1, cpuSeconds: 2, size: 5e6 },
      { seconds: 4, cpuSeconds: 1, size: 6e6 },
    ];
    const [wall, cpu] = recordingRows({ size: "2×1", compression: "none" }, [[own, theirs]]);
    expect([wall.value, cpu.value]).toEqual([4, 0.5]);
    expect(wall.name).toBe("record 2×1 (none): ours / Python mcap (wall)");
    expect(cpu.note).toContain("files of 5 MB and 6 MB");
  });
});

describe("howToInstall", () => {
  it("is silent where nothing is missing", () => {
    expect(howToInstall([])).toBeUndefined();
  });

  it("names what is missing, the command and the sizes", () => {
    const line = howToInstall(["onnxruntime", "pytorch"]);
    expect(line).toContain("pnpm bench:peers --install");
    expect(line).toMatch(/onnxruntime .*PyTorch .*MB over the network, .*GB on the disk/);
    expect(line).not.toContain("Keras");
  });
});

describe("figuresIn", () => {
  it("reads the last line and passes by what stands before it", () => {
    expect(figuresIn('a warning\n{"p50Ms": 1.5}\n')).toEqual({ p50Ms: 1.5 });
  });

  it("shows what stood there instead of figures", () => {
    expect(() => figuresIn("Killed")).toThrow("Found Killed");
  });
});
