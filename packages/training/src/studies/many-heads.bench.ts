import { loadBackend } from "@polypilot/mtl";
import { lowerMedian } from "../statistics/median.js";
import { cpuOf } from "./costs.js";
import { BATCH, manyHeads, type Runner, runner } from "./many-heads.js";

type Report = (row: { name: string; value: number; unit: string; note?: string }) => void;

const [FEW, MANY] = [2, 32];
const STEPS = 40;
const WARM_UP = 4;

interface Cost {
  readonly cpu: number;
  readonly wall: number;
}

function costOfStep({ run }: Runner): Cost {
  const start = performance.now();
  const cpu = cpuOf(() => run(1)) / 1000;
  return { cpu, wall: performance.now() - start };
}

/** What thirty more small heads on one encoder cost a training step, for the driving model's pictures and for smaller ones. */
export async function bench(report: Report): Promise<void> {
  const { name, description } = await loadBackend();
  if (name !== "tensorflow") return;
  for (const [width, height] of [
    [80, 48],
    [40, 24],
  ] as const) {
    const runners = [FEW, MANY].map((tasks) => runner(manyHeads(tasks, { width, height })));
    for (const { run } of runners) run(WARM_UP);
    const costs = Array.from({ length: STEPS }, () => runners.map(costOfStep));
    for (const { model } of runners) model.dispose();
    const of = (key: keyof Cost) => runners.map((_, i) => lowerMedian(costs.map((pair) => pair[i]![key])));
    const [[few, many], [fewWall, manyWall]] = [of("cpu"), of("wall")] as [[number, number], [number, number]];
    report({
      name: `step, ${width}×${height}: ${MANY} heads / ${FEW}`,
      value: many / few,
      unit: "× CPU",
      note: `${many.toFixed(1)} and ${few.toFixed(1)} ms, ${(manyWall / fewWall).toFixed(2)} × on the wall, batch ${BATCH}, ${description}`,
    });
  }
}
