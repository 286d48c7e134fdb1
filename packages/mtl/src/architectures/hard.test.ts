import { expect, it } from "vitest";
import { buildNetwork } from "../model/network.js";
import { tinyContract } from "../testing/tiny-contract.js";
import { describeArchitecture } from "./describe-architecture.js";
import { hard } from "./hard.js";

describeArchitecture(hard, { size: 10 });

it("shares everything below the heads", () => {
  const owners = buildNetwork(tinyContract()).parameters.map((p) => [p.name.split("/")[0], p.owner]);
  for (const [root, owner] of owners) expect(owner === "shared").toBe(root !== "head");
});
