type Counts = Readonly<Record<string, number>>;

/**
 * What was lost, apart from what was only replaced.
 *
 * `superseded` counts samples of a faster stream that a newer one replaced before they were needed: no loss.
 */
export function losses({ superseded = 0, ...lost }: Counts): { readonly lost: Counts; readonly replaced: number } {
  return { lost, replaced: superseded };
}
