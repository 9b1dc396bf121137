/** Every way to be refused has one public code with a sentence, and codes are for ever. */
import { expect, test } from "@jest/globals";
import { CancelReason, Reject } from "../engine/client/layouts.ts";
import { Refusal } from "../engine/client/shard-client.ts";
import { CODES, codeOfRefusal, codeOfReject, errorMembers, nameOfCancelReason } from "./errors.ts";

const rejects = Object.entries(Reject).filter(([, number]) => number !== Reject.NONE);

test.each(rejects)("the core's %s is the public code of the same name", (name, number) => {
  expect(codeOfReject(number)).toBe(name);
  expect(CODES).toHaveProperty(name);
});

test("a reject this build does not know is our mistake, not a crash", () => {
  expect(codeOfReject(250)).toBe("INTERNAL");
});

test("every refusal of a shard has a code of its own", () => {
  const { NONE: _none, ...refusals } = Refusal;
  const codes = Object.values(refusals).map(codeOfRefusal);
  expect(codes).toEqual(["OVERLOADED", "ENGINE_STOPPED", "DISK_FULL", "ENGINE_AWAY"]);
});

test.each(Object.entries(CODES))("%s says what to do, in one sentence", (_code, row) => {
  expect(row.message).toMatch(/^[A-Z].{10,100}\.$/);
  expect(row.status).toBeGreaterThanOrEqual(400);
});

test("whoever is refused for a full disk is told to come again, and when", () => {
  const members = JSON.parse(`{${errorMembers({ code: "DISK_FULL" }, "r")}}`) as object;
  expect(members).toMatchObject({ retryable: true, retry_after_ms: 1_000, execution: "none" });
});

test("every reason of a cancel has a name", () => {
  for (const [name, number] of Object.entries(CancelReason)) {
    expect(nameOfCancelReason(number)).toBe(name);
  }
});

test("an error object is JSON, whatever its texts hold", () => {
  const problem = { code: "VALIDATION", param: 'a"b', message: "line\nbreak" } as const;
  expect(JSON.parse(`{${errorMembers(problem, "r-1")}}`)).toEqual({
    code: "VALIDATION",
    class: "VALIDATION",
    message: "line\nbreak",
    retryable: false,
    param: 'a"b',
    request_id: "r-1",
    execution: "none",
  });
  expect(errorMembers({ code: "DEADLINE_PASSED" }, "r")).toContain('"execution":"unknown"');
});
