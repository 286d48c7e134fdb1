// Runs a program that prints its figures as one JSON line, ours or a peer's.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../setup/places.mjs";

/** The last line of a program's output as JSON. @throws Error if it is none. */
export function figuresIn(stdout) {
  const last = stdout.trim().split("\n").at(-1);
  try {
    return JSON.parse(last);
  } catch {
    throw new Error(`the last line is JSON. Found ${last.slice(0, 80) || "nothing"}`);
  }
}

function run(name, program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const end = () => child.kill("SIGTERM");
    process.once("exit", end);
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"])
      child[name].on("data", (data) => {
        text[name] = (text[name] + data).slice(-1e6);
      });
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("exit", end);
      const last = text.stderr.trim().split("\n").at(-1);
      if (code !== 0) return reject(new Error(`${name} ended with exit code ${code}: ${last}`));
      try {
        return resolve(figuresIn(text.stdout));
      } catch (error) {
        return reject(error);
      }
    });
  });
}

/** What a Python program of scripts/peers prints. */
export const python = (interpreter, script, args = [], env = {}) =>
  run(script, interpreter, [join(root, "scripts/peers", script), ...args], { PYTHONDONTWRITEBYTECODE: "1", ...env });

/** What an exported function of a compiled bench of ours gives, in a process of its own. */
export function ours(file, call, args = []) {
  const script = `
    const bench = await import(${JSON.stringify(`./${file}`)});
    const figures = await bench[${JSON.stringify(call)}](...${JSON.stringify(args)});
    const { peakMiB } = await import("./scripts/peers/peak-memory.mjs");
    console.log(JSON.stringify({ ...figures, peakMiB: peakMiB() }));
    process.exit();`;
  return run(`${file}, ${call}`, process.execPath, ["--input-type=module", "-e", script], {});
}
