// Makes a fresh clone ready with nothing but Node and npm: pnpm, packages, build, native TensorFlow. A second run takes
// less than a second: each step's answer is kept in node_modules/.polypilot-setup.json with what it depended on.
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, buildReady, sourcesKey } from "./setup/build.mjs";
import { withLock } from "./setup/lock.mjs";
import { checkNode } from "./setup/node-version.mjs";
import { bringPnpm, installPackages, packagesKey, packagesReady } from "./setup/packages.mjs";
import { cache, readJson, root, sha256 } from "./setup/places.mjs";
import { endChildren, StepError } from "./setup/run-logged.mjs";
import { say } from "./setup/step.mjs";
import { bringTensorflow, missingTools, tellMissing, tensorflowReady } from "./setup/tensorflow.mjs";

const stampFile = join(root, "node_modules", ".polypilot-setup.json");
const machine = `${process.platform}-${process.arch}-abi${process.versions.modules}`;

function readStamp() {
  try {
    const stamp = readJson(stampFile);
    return stamp.machine === machine ? stamp : { machine };
  } catch {
    return { machine };
  }
}

function writeStamp(stamp) {
  writeFileSync(`${stampFile}.${process.pid}`, `${JSON.stringify(stamp, null, 2)}\n`);
  renameSync(`${stampFile}.${process.pid}`, stampFile);
}

function isReady(stamp) {
  return packagesReady(stamp, packagesKey()) && buildReady(stamp, sourcesKey()) && tensorflowReady(stamp);
}

async function work(retry) {
  let stamp = readStamp();
  await bringPnpm();
  const packages = packagesKey();
  if (!packagesReady(stamp, packages)) {
    await installPackages();
    stamp = { machine, packages };
    writeStamp(stamp);
  }
  const sources = sourcesKey();
  if (!buildReady(stamp, sources)) {
    await build();
    stamp = { ...stamp, sources };
    writeStamp(stamp);
  }
  if (!tensorflowReady(stamp) || (retry && !stamp.tensorflow.native)) {
    stamp = { ...stamp, tensorflow: await bringTensorflow() };
    writeStamp(stamp);
    if (!stamp.tensorflow.native) tellMissing(stamp.tensorflow);
  }
  return stamp;
}

/**
 * Sets everything up, or finds it so.
 *
 * @param options.retry - tries native TensorFlow again even if nothing has changed since it failed.
 * @returns `{ native }`: whether training is possible.
 */
export async function setup({ retry = false } = {}) {
  checkNode();
  const before = readStamp();
  if (existsSync(stampFile) && isReady(before) && !(retry && !before.tensorflow.native)) {
    if (!before.tensorflow.native) {
      const why = missingTools().length > 0 ? `missing: ${missingTools().join(", ")}` : "see npm run setup";
      say(`  Training is not possible yet (${why}); driving is. To set it up: npm run setup`);
    }
    return { native: before.tensorflow.native };
  }
  say("Setting up Polypilot (only what is not there yet)");
  try {
    mkdirSync(cache, { recursive: true });
  } catch (error) {
    throw new StepError(
      `[setup] [cache] ${cache} can be written. Found ${error.code}. Name another folder: POLYPILOT_CACHE=/some/folder npm start.`,
    );
  }
  const waiting = () => say("  waiting for another set-up of this clone …");
  const stamp = await withLock(`clone-${sha256(root).slice(0, 12)}`, waiting, () => work(retry));
  return { native: stamp.tensorflow.native };
}

/** Runs `main`; a failed step is told in words, with the end of its log. */
export async function guarded(main) {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      endChildren();
      process.exit(signal === "SIGINT" ? 130 : 143);
    });
  }
  try {
    await main();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    say(`\n${error.message}`);
    if (error.log) say(`${error.tail()}\n  The whole log: ${error.log}\n  Cache: ${cache}`);
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await guarded(async () => {
    const { native } = await setup({ retry: true });
    say(`Ready: npm start drives${native ? ", training is possible" : "; training is not possible yet"}.`);
  });
}
