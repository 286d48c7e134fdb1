export { exitCode } from "./exit-code.js";
export { createProgram } from "./program.js";
export { run } from "./run.js";
