// Deliberate faults of what satellites take the match stream with. `npm run mutants -- kit`.
const inbox = (what, find, replace) => ({
  file: "satellites/kit/inbox.ts",
  what,
  find,
  replace,
});

export default {
  copies: ["engine", "proto", "satellites", ".ci", "jest.config.mjs", "package.json"],
  tests: ["satellites/kit"],
  mutants: [
    inbox(
      "the cursor is moved outside the transaction of the effects",
      "      await moveTo(client, shard, nextSequence);",
      '      await client.query("COMMIT; BEGIN");\n      await moveTo(client, shard, nextSequence);',
    ),
    inbox(
      "the cursor is moved before the effects, in a transaction of its own",
      "      if (events.length > 0) await apply(client, events);\n      await moveTo(client, shard, nextSequence);",
      '      await moveTo(client, shard, nextSequence);\n      await client.query("COMMIT; BEGIN");\n      if (events.length > 0) await apply(client, events);',
    ),
    inbox("what was taken is taken again", "sequence >= cursor.nextSequence", "sequence >= 0"),
    inbox(
      "a gap is passed over",
      "      if (firstSequence > cursor.nextSequence) throw gap(batch, cursor);\n",
      "",
    ),
    inbox(
      "another journal's events are taken",
      "      if (cursor.journalId !== journalId) throw foreign(batch, cursor);\n",
      "",
    ),
    inbox("two copies do not take turns", '"FOR UPDATE"', '""'),
  ],
};
