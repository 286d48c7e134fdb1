import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Contract, parseContract, sizeOf } from "@polypilot/core";
import { loadBackend } from "../backend.js";
import { depthwiseNet, pilotNet } from "../testing/bench-networks.js";
import { BATCH, type Cost, measure, modelWay, networkWay, plainWay, type Way } from "../testing/bench-steps.js";
import { type PeerSubject, writePeerWork } from "../testing/peer-work.js";

type Report = (row: { name: string; value: number; unit: string; note?: string }) => void;

const contractFile = fileURLToPath(new URL("../../../../contracts/sim-car.yaml", import.meta.url));

function tell(report: Report, net: string, ways: readonly Way[], steps: number, note: string): void {
  const costs = measure(ways, steps);
  for (const way of ways) way.dispose();
  const compiled = costs.at(-1)!;
  for (const [i, { name }] of ways.entries()) {
    const { cpuMs, wallMs } = costs[i]!;
    report({
      name: `step, ${net}: ${name}`,
      value: cpuMs,
      unit: "ms CPU",
      note: `${wallMs.toFixed(1)} ms on the wall, ${note}`,
    });
    if (i === ways.length - 1) continue;
    const times = wallMs / compiled.wallMs;
    report({
      name: `step, ${net}: ${name} / compiled`,
      value: cpuMs / compiled.cpuMs,
      unit: "× CPU",
      note: `${times.toFixed(2)} × on the wall`,
    });
  }
}

/** The nets that peers have too: how they are made, the shape of their answers, and steps that are timed. */
const nets = [
  { net: "PilotNet-like", make: pilotNet, answer: [1], steps: 30 },
  { net: "depthwise", make: depthwiseNet, answer: [80, 160, 1], steps: 8 },
] as const;

/** The shipped driving model with other settings: without dropout its steps can be compared, with equal weights LibMTL does the same. */
async function drivingContract({ dropout = true, weighting = "uncertainty" } = {}): Promise<Contract> {
  const text = await readFile(contractFile, "utf8");
  const still = dropout ? text : text.replace("dropout: 0.2", "dropout: 0");
  return parseContract(still.replace("weighting: { method: uncertainty }", `weighting: { method: ${weighting} }`));
}

/** The weightings that the driving model is timed with, by the name under which peers have the same. */
const drives = { "driving model": "uncertainty", "driving model, equal weights": "equal" } as const;

/** Costs of the compiled steps alone, by net: what `scripts/bench-peers.mjs` holds against other programs. */
export async function compiledSteps(): Promise<{ nets: Record<string, Cost & { parameters: number }> }> {
  await loadBackend({ prefer: "tensorflow" });
  const costOf = (way: Way & PeerSubject, steps: number) => {
    const parameters = Object.values(way.weights()).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const [cost] = measure([way], steps);
    way.dispose();
    return { ...cost!, parameters };
  };
  const costs: Record<string, Cost & { parameters: number }> = {};
  for (const { net, make, answer, steps } of nets) {
    costs[net] = costOf(networkWay("compiled", make(true), answer, true), steps);
  }
  for (const [name, weighting] of Object.entries(drives)) {
    costs[name] = costOf(modelWay("compiled", await drivingContract({ weighting }), true), 30);
  }
  return { nets: costs };
}

/** Writes what another program needs to do the same first steps as `compiledSteps`, and their losses; see `writePeerWork`. */
export async function writeSteps(folder: string): Promise<void> {
  await loadBackend({ prefer: "tensorflow" });
  for (const { net, make, answer } of nets) {
    const way = networkWay("compiled", make(true), answer, true);
    await writePeerWork(folder, net, way);
    way.dispose();
  }
  for (const [name, weighting] of Object.entries(drives)) {
    const way = modelWay("compiled", await drivingContract({ dropout: false, weighting }), true);
    await writePeerWork(folder, name, way);
    way.dispose();
  }
}

/** Measures steps of training as one graph against the same operation by operation, in one run. */
export async function bench(report: Report): Promise<void> {
  const { name, description } = await loadBackend();
  if (name !== "tensorflow") return;
  const note = `batch ${BATCH}, ${description}`;
  const contract = await drivingContract();
  const eager = "operation by operation";
  tell(report, "sim-car", [modelWay(eager, contract, false), modelWay("compiled", contract, true)], 30, note);
  for (const { net, make, answer, steps } of nets) {
    const fused = make(true);
    const ways = [
      plainWay(make(false), answer),
      networkWay(eager, fused, answer, false),
      networkWay("compiled", fused, answer, true),
    ];
    tell(report, net, ways, steps, note);
  }
}
