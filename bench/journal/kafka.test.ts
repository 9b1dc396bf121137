/** The measurement at a broker still runs and counts what it has done; its figures mean nothing here. */
import { expect, test } from "@jest/globals";
import { benchKafka, KAFKA_BENCH_TINY } from "./kafka.ts";

test("the journal at a broker and a bare producer, each with the same frames", async () => {
  const { rows, share_of_bare, checksum } = await benchKafka(KAFKA_BENCH_TINY);
  expect(rows.map(({ commands, bytes }) => [commands, bytes])).toEqual([
    [1, 224],
    [512, 49_280],
  ]);
  expect(share_of_bare).toBe(Math.min(...rows.map(({ share }) => share)));
  expect(checksum).toBe((1 + 512) * 5 * 3);
});
