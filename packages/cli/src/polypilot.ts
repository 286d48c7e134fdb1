#!/usr/bin/env node
import { run } from "./run.js";

process.exitCode = await run(process.argv.slice(2));
// A command has ended when it says so: a runtime's threads must not keep the terminal waiting.
process.stdout.write("", () => process.exit());
