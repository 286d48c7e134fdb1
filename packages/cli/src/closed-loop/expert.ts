import { type ExpertDriver, expertDriver } from "@polypilot/sim";
import type { Driver } from "./driver.js";
import { sendCommand } from "./wheel-command.js";

/**
 * The simulator's expert at the wheel.
 *
 * @param options.perturb - disturbs what is executed, never the label.
 */
export function expert(options: { readonly seed: number; readonly perturb?: boolean }): Driver {
  return {
    name: "expert",
    start(simulator, robot) {
      const { command, robot: body } = simulator.contract;
      const driver: ExpertDriver = expertDriver(simulator, options);
      let driving = true;
      driver.start();
      return {
        async stop() {
          if (!driving) return;
          driving = false;
          driver.stop();
          const to = { topic: command.topic, type: command.type, wheelbaseM: body.wheelbase_m };
          sendCommand(robot, to, simulator.clock.nowNs(), { steeringRad: 0, speedMps: 0 });
        },
      };
    },
  };
}
