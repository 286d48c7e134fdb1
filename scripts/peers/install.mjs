// Makes the peers' environments: each is whole or not there, what was downloaded before an interruption is kept for the next try.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../setup/lock.mjs";
import { besides, cache, which } from "../setup/places.mjs";
import { runLogged, StepError } from "../setup/run-logged.mjs";
import { say, step } from "../setup/step.mjs";
import { described, environments, folderOf, isBetween, missing, pythonOf } from "./environments.mjs";
import { doWithoutCuda } from "./no-cuda.mjs";

const PROBE = "import sys, venv, pip; print('%d.%d' % sys.version_info[:2])";

/** Pythons of this machine: [{ program, version }], the one that is named first. */
function pythons() {
  const names = [process.env.POLYPILOT_PYTHON, "python3", ...[13, 12, 11, 10, 9, 14, 8].map((n) => `python3.${n}`)];
  const found = [];
  for (const program of names.filter((name) => name && (name.includes("/") || which(name)))) {
    try {
      const options = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
      found.push({ program, version: execFileSync(program, ["-c", PROBE], options).trim() });
    } catch {
      // It lacks venv or pip, or is a name that leads nowhere.
    }
  }
  return found;
}

/** The first Python that has wheels of an environment's packages. @throws StepError if there is none. */
export function fitting(name, found) {
  const { title, pythons: range } = environments[name];
  const python = found.find(({ version }) => isBetween(version, range));
  if (python) return python.program;
  const versions = found.map(({ version }) => version).join(", ") || "no python3 with venv and pip";
  throw new StepError(
    `[bench] [${title}] a Python from ${range[0]} to ${range[1]} with venv and pip is there. Found ${versions}. ` +
      "Install one, or name it: POLYPILOT_PYTHON=/path/to/python3.",
  );
}

/** Runs pip with its own progress bar shown. */
function pipShown(title, program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ["-m", "pip", ...args], { stdio: ["ignore", process.stderr, process.stderr] });
    const end = () => child.kill("SIGTERM");
    process.once("exit", end);
    child.on("error", (error) => reject(new StepError(`${program} could not be started (${error.code})`)));
    child.on("close", (code) => {
      process.off("exit", end);
      if (code === 0) return resolve();
      return reject(
        new StepError(
          `[bench] [${title}] pip downloads its packages. Found pip's error above (exit code ${code}). ` +
            "Check the network (or pip's index), then run pnpm bench:peers --install again: it goes on where it was.",
        ),
      );
    });
  });
}

/** Makes an environment beside its place and moves it there once it has imported what it is for. */
async function assemble(name, program, wheels) {
  const { packages, alone, withoutCuda, check } = environments[name];
  const fresh = besides(folderOf(name));
  const python = join(fresh, "bin/python");
  await runLogged(`peers-${name}-venv`, program, ["-m", "venv", "--without-pip", fresh]);
  const options = ["install", "--quiet", "--no-index", "--find-links", wheels, ...(alone ? ["--no-deps"] : [])];
  await runLogged(`peers-${name}`, program, ["-m", "pip", "--python", python, ...options, ...packages]);
  if (withoutCuda) {
    const where = "import sysconfig; print(sysconfig.get_path('platlib'))";
    const platlib = (await runLogged(`peers-${name}-place`, python, ["-c", where])).trim();
    await doWithoutCuda(join(platlib, "torch/lib"));
  }
  await runLogged(`peers-${name}-check`, python, ["-c", check], { timeoutMs: 300_000 });
  renameSync(fresh, folderOf(name));
}

async function install(name, program) {
  const { title, packages, alone } = environments[name];
  const wheels = join(cache, "peers-downloads", name);
  mkdirSync(wheels, { recursive: true });
  say(`  ${title}: downloading into ${wheels}`);
  const options = ["download", "--only-binary=:all:", "--disable-pip-version-check", "--dest", wheels];
  await pipShown(title, program, [...options, ...(alone ? ["--no-deps"] : []), ...packages]);
  await step(title, async () => {
    await assemble(name, program, wheels);
    const size = execFileSync("du", ["-sm", folderOf(name)], { encoding: "utf8" }).split("\t")[0];
    return `${size} MB in ${folderOf(name)}`;
  });
  rmSync(wheels, { recursive: true, force: true });
}

/**
 * Installs what is missing. One that cannot be installed is told and keeps none of the others back.
 *
 * @returns the names of those that are still missing.
 */
export async function installPeers(wanted = Object.keys(environments)) {
  const names = missing().filter((name) => wanted.includes(name));
  if (names.length === 0) return [];
  say(`Installing the peers of the bench (only what is not there yet)\n  ${described(names)}`);
  const waiting = () => say("  waiting for another installation of peers …");
  await withLock("peers", waiting, async () => {
    const found = pythons();
    for (const name of names.filter((one) => !existsSync(folderOf(one)))) {
      try {
        await install(name, fitting(name, found));
      } catch (error) {
        if (!(error instanceof StepError)) throw error;
        say(`  ${error.message}${error.log ? `\n${error.tail(5)}\n    The whole log: ${error.log}` : ""}`);
      }
    }
  });
  return names.filter((name) => !pythonOf(name));
}
