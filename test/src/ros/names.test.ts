import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { endNodes, startNodeProcess } from "./harness/node-process.js";
import { changeState, stateOf } from "./harness/parameters.js";
import { type Peer, publishUntil, startPeer } from "./harness/peer.js";
import { describeWithRos } from "./harness/with-ros.js";

describeWithRos("names and quality of service from outside", (ros) => {
  let peer: Peer | undefined;
  afterAll(async () => {
    endNodes();
    await peer?.end();
  });

  it("puts topics into the namespace, renames node and topics, and takes ROS 2's own QoS overrides", async () => {
    peer = await startPeer(ros);
    const node = startNodeProcess(ros, "mux", [
      ...[
        "-r",
        "__ns:=/car1",
        "-r",
        "__node:=chooser",
        "-r",
        "policy/drive:=model/drive",
        "-p",
        "relative_topics:=true",
      ],
      ...["-p", "qos_overrides./car1/teleop/drive.subscription.reliability:=best_effort"],
    ]);
    await peer.waitFor("publishers", "/car1/drive");
    await peer.waitFor("subscriptions", "/car1/model/drive");
    await peer.waitFor("services", "/car1/chooser/get_state");
    expect(await stateOf(peer, "/car1/chooser")).toBe("active");
    // It keeps them when it is configured a second time.
    for (const label of ["deactivate", "cleanup", "configure", "activate"])
      expect(await changeState(peer, "/car1/chooser", label)).toBe(true);
    // A best-effort joystick's commands come through: only where the override holds.
    await peer.subscribe("/car1/drive", "ackermann_msgs/msg/AckermannDriveStamped");
    await peer.advertise("/car1/teleop/drive", "ackermann_msgs/msg/AckermannDriveStamped", { best_effort: true });
    await peer.waitFor("subscriptions", "/car1/teleop/drive");
    await publishUntil(
      peer.until("/car1/drive", ({ drive }) => drive.speed === 0.5),
      () => peer!.publish("/car1/teleop/drive", { drive: { steering_angle: 0, speed: 0.5 } }),
    );
    expect(await node.end("SIGINT")).toBe(0);
  });

  it("takes a parameter file that names the node in full, as ROS 2's launch writes one for each node", async () => {
    const folder = mkdtempSync(join(tmpdir(), "polypilot-parameters-"));
    const file = (name: string, lines: readonly string[]) => {
      const path = join(folder, name);
      writeFileSync(path, `${lines.join("\n")}\n`);
      return ["--params-file", path];
    };
    const own = [
      "/car2/world:",
      "  ros__parameters:",
      "    seed: 7",
      "    use_sim_time: false",
      "    autostart: false",
    ];
    const another = ["/world:", "  ros__parameters:", "    seed: 9"];
    const everyone = ["/**:", "  ros__parameters:", "    real_time_factor: 0.5"];
    const node = startNodeProcess(ros, "sim", [
      ...["-r", "__ns:=/car2", "-r", "__node:=world"],
      ...file("own.yaml", own),
      ...file("another.yaml", another),
      ...file("everyone.yaml", everyone),
    ]);
    peer ??= await startPeer(ros);
    await peer.waitFor("services", "/car2/world/get_parameters");
    const names = ["seed", "autostart", "real_time_factor"];
    const { values } = await peer.call("/car2/world/get_parameters", "rcl_interfaces/srv/GetParameters", { names });
    expect([values[0].integer_value, values[1].bool_value, values[2].double_value]).toEqual([7, false, 0.5]);
    expect(await stateOf(peer, "/car2/world")).toBe("unconfigured");
    expect(await node.end("SIGINT")).toBe(0);
    rmSync(folder, { recursive: true });
  });
});
