/** What the command answers to the shell. */
export const exitCode = {
  ok: 0,
  /** Something went wrong that is not the input's fault. */
  failed: 1,
  /** An option, a file or a contract is wrong. */
  badInput: 2,
  /** Ctrl-C; everything was closed first. */
  interrupted: 130,
} as const;
