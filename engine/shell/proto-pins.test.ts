/**
 * Pins the core's permanent numbers to their proto twins, both ways: a constant or an enumeration
 * that one side has alone, or under another number, fails here. So does a command or event type
 * without a message.
 */
import { expect, test } from "@jest/globals";
import type { DescMessage } from "@bufbuild/protobuf";
import * as codes from "../core/codes.ts";
import { EventSchema } from "../../proto/gen/solebook/match/v1/match_pb.ts";
import { file_solebook_order_v1_codes as protoCodes } from "../../proto/gen/solebook/order/v1/codes_pb.ts";
import { CommandSchema } from "../../proto/gen/solebook/order/v1/order_pb.ts";

const enums = Object.entries(codes) as [string, Record<string, number>][];

test("the same enumerations on both sides", () => {
  const names = protoCodes.enums.map((proto) => proto.name);
  expect(names.toSorted()).toEqual(enums.map(([name]) => name).toSorted());
  expect(names.length).toBeGreaterThan(0);
});

test.each(enums)("%s: the same names and numbers on both sides", (name, core) => {
  const proto = protoCodes.enums.find((candidate) => candidate.name === name);
  const values = proto?.values.map((value) => [value.localName, value.number]);
  const constants = Object.entries(core).map(([key, number]) => [
    key === "NONE" ? "UNSPECIFIED" : key, // zero has its own word in proto
    number,
  ]);
  expect(Object.fromEntries(values ?? [])).toEqual(Object.fromEntries(constants));
});

test("every command type has its message, and every message its type", () => {
  expect(choicesOf(CommandSchema)).toEqual(lowered(codes.CommandType));
});

test("every event type has its message, and every message its type", () => {
  expect(choicesOf(EventSchema)).toEqual(lowered(codes.EventType));
});

function choicesOf(message: DescMessage): string[] {
  return message.oneofs.flatMap((oneof) => oneof.fields.map((field) => field.name)).toSorted();
}

function lowered(core: Record<string, number>): string[] {
  return Object.keys(core)
    .filter((key) => key !== "NONE")
    .map((key) => key.toLowerCase())
    .toSorted();
}
