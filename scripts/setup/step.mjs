// One tidy line for each step of set-up, on stderr: stdout belongs to the program that follows.
const width = 30;

/** Runs `work` and prints `name … note … time` when it has ended. `work` returns a short note. */
export async function step(name, work) {
  const start = performance.now();
  const live = process.stderr.isTTY;
  if (live) process.stderr.write(`  ${name.padEnd(width)} …`);
  const line = (note) => {
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    process.stderr.write(`${live ? "\r\x1b[2K" : ""}  ${name.padEnd(width)} ${seconds.padStart(6)} s  ${note}\n`);
  };
  try {
    const note = await work();
    line(note ?? "done");
    return note;
  } catch (error) {
    line("failed");
    throw error;
  }
}

export const say = (text) => process.stderr.write(`${text}\n`);
