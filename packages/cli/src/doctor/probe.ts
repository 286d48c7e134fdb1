import { execFile } from "node:child_process";

/**
 * What a program prints, or undefined if it is not there, fails or takes over ten seconds.
 *
 * @param options.env - added to this process's environment.
 */
export function probe(
  program: string,
  args: readonly string[],
  options: { readonly timeoutMs?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { timeout: options.timeoutMs ?? 10_000, env: { ...process.env, ...options.env } },
      (error, stdout) => resolve(error ? undefined : stdout.trim()),
    );
  });
}

/** The first line of what a program prints. */
export async function firstLine(program: string, args: readonly string[]): Promise<string | undefined> {
  return (await probe(program, args))?.split("\n")[0];
}
