// Node itself: the one thing that set-up cannot bring.
import { readJson, root } from "./places.mjs";
import { StepError } from "./run-logged.mjs";

/** Refuses a Node that is older than package.json's engines.node says. */
export function checkNode(version = process.versions.node) {
  const needed = readJson(`${root}/package.json`).engines.node.replace(/^>=/, "");
  const [a, b] = [version, needed].map((text) => text.split(".").map(Number));
  const first = a.findIndex((n, i) => n !== b[i]);
  if (first >= 0 && a[first] < b[first]) {
    throw new StepError(
      `[setup] [node] Node is ${needed} or newer. Found ${version}. Install a newer one (https://nodejs.org, or: nvm install 20).`,
    );
  }
}
