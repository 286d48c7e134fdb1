import { expect, it } from "vitest";
import { slowBackendText } from "./tell-backend.js";

it("warns where plain JavaScript computes, with the cause and what to type", () => {
  const text = slowBackendText({ name: "cpu", description: "plain JavaScript (tfjs 4.22.0)", missing: "no such file" });
  expect(text).toMatch(/native TensorFlow library is missing \(no such file\).*far too slowly/);
  expect(text).toContain("npm run setup");
});

it("says nothing of the native library, nor of plain JavaScript that was asked for", () => {
  expect(slowBackendText({ name: "tensorflow", description: "TensorFlow 2.13.1" })).toBe("");
  expect(slowBackendText({ name: "cpu", description: "plain JavaScript" })).toBe("");
});
