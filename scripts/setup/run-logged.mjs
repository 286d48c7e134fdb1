// Runs a program silently; what it printed is shown only if it fails.
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cache, root } from "./places.mjs";

/** A step that failed: what to tell, the end of its log, and where the whole log is. */
export class StepError extends Error {
  constructor(message, log) {
    super(message);
    this.log = log;
  }

  /** The last lines of the log, without npm's warnings about configuration. */
  tail(lines = 15) {
    if (!this.log) return "";
    return meaningful(this.log)
      .slice(-lines)
      .map((line) => `    ${line}`)
      .join("\n");
  }
}

const meaningful = (log) =>
  readFileSync(log, "utf8")
    .trimEnd()
    .split("\n")
    .filter((line) => !/^npm (warn|notice)/.test(line));

/** The line of a log that says best what went wrong. */
export function errorLine(log) {
  const lines = meaningful(log).map((line) => line.trim());
  return lines.find((line) => /error:/i.test(line)) ?? lines.at(-1) ?? "";
}

const running = new Set();

/** Ends what is running: Ctrl-C during set-up must not leave a compiler behind. */
export function endChildren() {
  for (const child of running) child.kill("SIGTERM");
}

/**
 * @param name - of the log file.
 * @param options - cwd, env (added to this process's), timeoutMs.
 * @returns what it printed. Throws a StepError if it exits with anything but 0.
 */
export function runLogged(name, program, args, options = {}) {
  const log = join(cache, "logs", `${name}.log`);
  mkdirSync(dirname(log), { recursive: true });
  const file = createWriteStream(log);
  file.write(`$ ${program} ${args.join(" ")}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32" && /\.cmd$/.test(program),
    });
    running.add(child);
    const timer = options.timeoutMs && setTimeout(() => child.kill("SIGTERM"), options.timeoutMs);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        file.write(data);
        text = (text + data).slice(-1e6);
      });
    }
    const end = (message) => {
      clearTimeout(timer);
      running.delete(child);
      file.end(() => (message ? reject(new StepError(message, log)) : resolve(text)));
    };
    child.on("error", (error) => end(`${program} could not be started (${error.code ?? error.message})`));
    child.on("close", (code, signal) =>
      end(code === 0 ? undefined : `${name} ended with ${signal ? `signal ${signal}` : `exit code ${code}`}`),
    );
  });
}

/** npm, by the file that started us where there is one, so that PATH does not matter. */
export function npm(name, args, options) {
  const script = process.env.npm_execpath;
  const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
  return script && /npm-cli\.c?js$/.test(script)
    ? runLogged(name, process.execPath, [script, ...args, ...quiet], options)
    : runLogged(name, process.platform === "win32" ? "npm.cmd" : "npm", [...args, ...quiet], options);
}
