// pnpm check: what must hold before a commit. In the order in which it fails soonest.
import { generateCheck, lint, runChecks, types, unused } from "./checks/run-checks.mjs";

process.exit(await runChecks([generateCheck, lint, types, "tests", unused], process.argv.slice(2)));
