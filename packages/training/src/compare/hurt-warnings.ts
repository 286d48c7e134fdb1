import type { ComparedMetric } from "./compare.js";

/**
 * A sentence for each column that is clearly worse than the first at a head: whose further heads hurt.
 *
 * The head's chief metric (its first) decides: the paired difference's interval lies wholly on the bad side of 0.
 *
 * @param first - name of the column that the others are held against.
 */
export function hurtWarnings(
  metrics: readonly Pick<ComparedMetric, "head" | "metric" | "differences">[],
  first: string,
): string[] {
  const chief = metrics.filter(({ head }, i) => metrics.findIndex((m) => m.head === head) === i);
  return chief.flatMap(({ head, metric, differences }) =>
    differences
      .filter(({ interval }) => (metric.better === "lower" ? interval.low > 0 : interval.high < 0))
      .map(({ name }) => `${name} is worse than ${first} at ${head} (${metric.title}): its further heads hurt here.`),
  );
}
