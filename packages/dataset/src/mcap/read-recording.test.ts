import { mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { McapRecordBuilder } from "@mcap/core";
import { describe, expect, it } from "vitest";
import { summariseRecording } from "../summarise-recording.js";
import { testData, testFolder } from "../testing/files.js";
import { type RecordedMessage, readRecording } from "./read-recording.js";

const folder = testFolder();
const rosbags = testData("rosbag2-bags");
const conformance = testData("mcap-conformance", "tests", "conformance", "data", "TenMessages");

async function all(path: string) {
  const recording = readRecording(path);
  const messages: RecordedMessage[] = [];
  for await (const message of recording) messages.push(message);
  return { messages, report: recording.report };
}

/** A file of these records, with the magic around them. */
async function fileOf(name: string, write: (builder: McapRecordBuilder) => void): Promise<string> {
  const builder = new McapRecordBuilder();
  builder.writeMagic();
  builder.writeHeader({ profile: "ros2", library: "test" });
  write(builder);
  builder.writeDataEnd({ dataSectionCrc: 0 });
  builder.writeFooter({ summaryStart: 0n, summaryOffsetStart: 0n, summaryCrc: 0 });
  builder.writeMagic();
  const path = join(folder, name);
  await writeFile(path, builder.buffer);
  return path;
}

const schema = {
  id: 1,
  name: "std_msgs/msg/String",
  encoding: "ros2msg",
  data: new TextEncoder().encode("string data\n"),
};
const channel = { id: 1, schemaId: 1, topic: "/chatter", messageEncoding: "cdr", metadata: new Map<string, string>() };
const hello = Uint8Array.of(0, 1, 0, 0, 6, 0, 0, 0, 104, 101, 108, 108, 111, 0);
const message = (logTime: bigint) => ({ channelId: 1, sequence: 0, logTime, publishTime: logTime, data: hello });

describe("readRecording", () => {
  it.skipIf(!rosbags)("reads rosbag2's own files: counts and text as rosbag2 wrote them", async () => {
    const at = (...path: string[]) => join(rosbags!, "rosbag2_py", "test", "resources", "mcap", ...path);
    const talker = await all(at("talker", "talker.mcap"));
    expect(talker.messages).toHaveLength(20);
    const said = talker.messages.filter((m) => m.topic === "/topic").map((m) => (m.message as { data: string }).data);
    expect(said).toHaveLength(10);
    expect(said[0]).toMatch(/^Hello, world! \d+$/);
    const log = talker.messages.find((m) => m.topic === "/rosout")!;
    expect([log.type, log.message, log.data.length > 20]).toEqual(["rcl_interfaces/msg/Log", undefined, true]);
    const counts = [];
    for (const n of [0, 1, 2, 3, 4]) counts.push((await all(at("wbag", `wbag_${n}.mcap`))).messages.length);
    expect(counts.reduce((a, b) => a + b)).toBe(6074); // metadata.yaml's message_count
  });

  it.skipIf(!rosbags)("passes a wrong serialization format on as raw bytes", async () => {
    const resources = join(rosbags!, "rosbag2_tests", "resources", "mcap", "wrong_rmw_test");
    const { messages, report } = await all(join(resources, "wrong_rmw_test_0.mcap"));
    expect(messages).toHaveLength(7);
    expect(new Set(messages.map((m) => `${m.encoding} ${m.message}`))).toEqual(new Set(["wrong_format undefined"]));
    expect(report.complete).toBe(true);
  });

  it.skipIf(!conformance)("reads all of MCAP's conformance files to the same ten messages", async () => {
    const names = (await readdir(conformance!)).filter((name) => name.endsWith(".mcap"));
    expect(names.length).toBeGreaterThan(100);
    for (const name of names) {
      const { messages, report } = await all(join(conformance!, name));
      const expected = JSON.parse(await readFile(join(conformance!, name.replace(/mcap$/, "json")), "utf8"));
      const wanted = expected.records
        .filter((r: { type: string }) => r.type === "Message")
        .map((r: { fields: [string, unknown][] }) => Object.fromEntries(r.fields));
      const found = messages.map((m) => ({
        t: String(m.logTimeNs),
        s: String(m.sequence),
        d: [...m.data].map(String),
      }));
      const inIndexless = wanted.map((w: Record<string, unknown>) => ({ t: w.log_time, s: w.sequence, d: w.data }));
      expect([name, found]).toEqual([name, inIndexless]);
      expect([name, report.complete, report.corruptRecords]).toEqual([name, true, 0]);
    }
  });

  it.skipIf(!rosbags)("names rosbag2's SQLite files, folders and empty files for what they are", async () => {
    const resources = join(rosbags!, "rosbag2_py", "test", "resources");
    const refused = (path: string) => expect(all(path)).rejects;
    await refused(join(resources, "sqlite3", "talker", "talker.db3")).toThrow(
      /Found an SQLite database.*ros2 bag convert/,
    );
    await refused(join(resources, "mcap", "talker")).toThrow(/Found a folder\. Give a file in it: talker\.mcap/);
    const empty = join(rosbags!, "rosbag2_tests", "resources", "empty_dir", ".gitkeep");
    await refused(empty).toThrow("Found an empty file");
  });

  it("refuses what is no MCAP with what was found", async () => {
    await expect(all(join(folder, "absent.mcap"))).rejects.toMatchObject({
      code: "DATASET_FILE",
      message: expect.stringContaining("Found no such file"),
    });
    await writeFile(join(folder, "text.mcap"), "polypilot: 1\n");
    await expect(all(join(folder, "text.mcap"))).rejects.toThrow('Found a file that begins with "polypilo"');
    await mkdir(join(folder, "dir"), { recursive: true });
    await expect(all(join(folder, "dir"))).rejects.toThrow("Found a folder. Give the path of an .mcap file");
  });

  it("reads messages outside of chunks, and takes pkg/Type for pkg/msg/Type", async () => {
    const path = await fileOf("flat.mcap", (b) => {
      b.writeSchema({ ...schema, name: "std_msgs/String" });
      b.writeChannel(channel);
      b.writeMessage(message(5n));
    });
    const { messages } = await all(path);
    expect(messages.map((m) => [m.type, m.message])).toEqual([["std_msgs/msg/String", { data: "hello" }]]);
  });

  it("counts corrupt chunks and unknown channels, and reads what is behind them", async () => {
    const inner = new McapRecordBuilder();
    inner.writeMessage(message(6n));
    const chunk = { messageStartTime: 6n, messageEndTime: 6n, compression: "", records: inner.buffer };
    const path = await fileOf("corrupt.mcap", (b) => {
      b.writeMessage(message(1n)); // before its channel
      b.writeSchema(schema);
      b.writeChannel(channel);
      b.writeChunk({ ...chunk, uncompressedSize: BigInt(inner.length), uncompressedCrc: 12345 });
      b.writeChunk({ ...chunk, uncompressedSize: BigInt(inner.length), uncompressedCrc: 0 });
      b.writeMessage(message(7n));
    });
    const { messages, report } = await all(path);
    expect(messages.map((m) => m.logTimeNs)).toEqual([6n, 7n]);
    expect(report).toMatchObject({ corruptChunks: 1, corruptRecords: 1, complete: true });
  });

  it("refuses a compression that it cannot undo by name", async () => {
    const path = await fileOf("lz4.mcap", (b) =>
      b.writeChunk({
        messageStartTime: 0n,
        messageEndTime: 0n,
        uncompressedSize: 4n,
        uncompressedCrc: 0,
        compression: "lz4",
        records: Uint8Array.of(1, 2, 3),
      }),
    );
    await expect(all(path)).rejects.toThrow(/zstd or not at all\. Found the compression lz4/);
  });

  it("survives any bytes behind the magic", async () => {
    const whole = await readFile(await fileOf("seed.mcap", (b) => b.writeMessage(message(1n))));
    const path = join(folder, "noise.mcap");
    for (let i = 8; i < whole.length; i += 1) {
      const bytes = Buffer.from(whole);
      bytes[i] = bytes[i]! ^ 0xff;
      await writeFile(path, bytes);
      const { messages } = await all(path);
      expect(messages).toHaveLength(0); // its channel is unknown
    }
  });

  it("steps over a gigabyte that it does not know without reading it", async () => {
    const builder = new McapRecordBuilder();
    builder.writeMagic();
    builder.writeHeader({ profile: "ros2", library: "test" });
    const head = Buffer.concat([builder.buffer, Buffer.alloc(9)]);
    head[builder.length] = 0x80; // an opcode that MCAP leaves to applications
    head.writeBigUInt64LE(1n << 30n, builder.length + 1);
    const tail = (await readFile(await fileOf("end.mcap", (b) => b.writeSchema(schema)))).subarray(builder.length);
    const path = join(folder, "sparse.mcap");
    const file = await open(path, "w");
    await file.write(head, 0, head.length, 0);
    await file.write(tail, 0, tail.length, head.length + 2 ** 30);
    await file.close();
    const before = process.memoryUsage().rss;
    const { report } = await all(path);
    expect([report.complete, [...report.schemas.keys()]]).toEqual([true, [1]]);
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });
});

describe("summariseRecording", () => {
  it.skipIf(!rosbags)("agrees with rosbag2's metadata on counts and duration", async () => {
    const resources = join(rosbags!, "rosbag2_tests", "resources", "mcap", "cdr_test");
    const summary = await summariseRecording(join(resources, "cdr_test_0.mcap"));
    expect(summary.messages).toBe(7);
    expect(summary.endNs - summary.startNs).toBe(151_137_181n);
    expect(summary.startNs).toBe(1_586_406_456_763_032_325n);
    expect(summary.topics.map(({ topic, type, count }) => [topic, type, count])).toEqual([
      ["/array_topic", "test_msgs/msg/Arrays", 4],
      ["/test_topic", "test_msgs/msg/BasicTypes", 3],
    ]);
    expect(summary.contractText).toBeUndefined();
  });
});
