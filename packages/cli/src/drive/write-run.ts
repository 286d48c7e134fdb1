import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DriveSummary } from "./summary.js";

/** Writes summary.json, and the report if there is one, into the run's folder. Returns the summary with the report's path. */
export async function writeRun(summary: Omit<DriveSummary, "report">, html: string | undefined): Promise<DriveSummary> {
  const { folder } = summary;
  if (!folder) return { ...summary, report: undefined };
  await mkdir(folder, { recursive: true });
  const report = html === undefined ? undefined : join(folder, "report.html");
  if (report && html !== undefined) await writeFile(report, html);
  const whole = { ...summary, report };
  await writeFile(join(folder, "summary.json"), `${JSON.stringify(whole, null, 2)}\n`);
  return whole;
}
