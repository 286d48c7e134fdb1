import { createModel, loadBackend, writeCheckpoint } from "@polypilot/mtl";
import { readContract } from "../contract-file.js";
import { shipped } from "../repository.js";

/** A checkpoint for the simulator's car that has learnt nothing: it steers, badly, and the same each time. */
export async function untrainedCheckpoint(folder: string, seed = 1): Promise<string> {
  await loadBackend({ prefer: "cpu" });
  const { contract, text } = await readContract(shipped("contracts/sim-car.yaml"));
  const model = createModel(contract, { seed });
  const card = { command: "a test", seed, data: {}, metrics: {}, versions: {} };
  await writeCheckpoint(folder, { model, contractText: text, card });
  model.dispose();
  return folder;
}
