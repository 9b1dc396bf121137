// Who waits for a shard's topic waits through troubles of the brokers, once they have answered.
import { expect, test } from "@jest/globals";
import { untilMade } from "./topic.ts";

const AWAY = new Error("no broker answers");

test.each([
  { looks: [true], said: [] },
  { looks: [false, false, true], said: ["waiting for the journal to be made"] },
  {
    looks: [false, AWAY, AWAY, true],
    said: [
      "waiting for the journal to be made",
      "still waiting for the journal: no broker answers",
      "still waiting for the journal: no broker answers",
    ],
  },
])("looks that find $looks", async ({ looks, said }) => {
  expect(await waitThrough(looks)).toEqual(said);
});

test("brokers that do not answer the first time are said at once", async () => {
  await expect(waitThrough([AWAY, true])).rejects.toBe(AWAY);
});

/** What was said until it was found. */
async function waitThrough(looks: readonly (boolean | Error)[]): Promise<readonly string[]> {
  const left = [...looks];
  const said: string[] = [];
  const say = (_fields: object, words: string): void => void said.push(words);
  const wanted = { shard: 0, address: { brokers: [], clientId: "test" }, topic: "test" };
  const look = async (): Promise<boolean> => {
    const found = left.shift()!;
    if (found instanceof Error) throw found;
    return found;
  };
  await untilMade(wanted, { info: say, warn: say }, look, 0);
  return said;
}
