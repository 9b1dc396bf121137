// Deliberate faults of the shell: what would lose or double an acknowledged order. `npm run mutants -- shell`.
// `find` stands in its file exactly once; when it does no longer, the table is mended with the code.
const shell = (file, what, find, replace) => ({
  file: `engine/shell/${file}`,
  what,
  find,
  replace,
});

export default {
  copies: ["engine", "proto", ".ci", "jest.config.mjs", "package.json", "tsconfig.json"],
  first: [
    ["engine/shell/journal/damage.test", "engine/shell/primary.test", "engine/shell/beside.test"],
  ],
  tests: ["engine/sim/sim.test"],
  mutants: [
    shell(
      "journal/file.ts",
      "acknowledged before it is synced",
      "      writeAll(files, fd, frame, laid.bytes, laid.at);\n      files.sync(fd);",
      "      writeAll(files, fd, frame, laid.bytes, laid.at);",
    ),
    shell(
      "primary.ts",
      "applied and told before it is durable",
      "      commit(count);\n    }",
      "      steps.begin(monotonicMs());\n      steps.confirm();\n      steps.apply();\n      journal.append(count);\n      return count;\n    }",
    ),
    shell(
      "primary.ts",
      "what was begun counts before it is durable",
      "      journal.endAppend();\n      underWay--;\n      count = steps.confirm();",
      "      underWay--;\n      count = steps.confirm();\n      steps.apply();\n      journal.endAppend();\n      return count;",
    ),
    shell(
      "journal/behind.ts",
      "what was begun counts before it is synced",
      "      files.sync(fd);\n",
      "      if (fd < 0) files.sync(fd);\n",
    ),
    shell(
      "journal/behind-worker.ts",
      "the next frame names another than the one before it",
      "    hash.set(hashFrame(frame, payloadBytes));\n",
      "",
    ),
    shell(
      "journal/file.ts",
      "a batch is taken over the one that is being applied",
      "    if (count > 0) turn = (turn + 1) % frames.length;\n",
      "",
    ),
    shell(
      "journal/file.ts",
      "a batch is taken over one that is under way",
      "    if (count > 0) turn = (turn + 1) % frames.length;\n",
      "    if (count > 0) turn = (turn + 1) % 2;\n",
    ),
    shell(
      "journal/behind.ts",
      "a frame is written before the one before it is durable",
      "      if (underWay.push(job) === 1) write(job);",
      "      if (underWay.push(job) > 0) write(job);",
    ),
    shell(
      "journal/file.ts",
      "followers are shown what was only begun",
      "    underWay.push(laid);",
      "    underWay.push(laid);\n    durable = laid;",
    ),
    shell(
      "journal/frame.ts",
      "a payload's checksum is not looked at",
      "  if (bytes.readUInt32LE(120) !== crc32(bytes.subarray(HEADER_BYTES, end))) return false;\n",
      "",
    ),
    shell(
      "journal/frame.ts",
      "a header's checksum is not looked at",
      "if (bytes.readUInt32LE(124) !== crc32(bytes.subarray(0, 124))) {",
      "if (bytes.length < HEADER_BYTES) {",
    ),
    shell(
      "journal/file-ops.ts",
      "a short write counts as a whole one",
      "done += written;",
      "done = length;",
    ),
    shell(
      "journal/kafka/writer.ts",
      "no fence: a writer does not look where its record lies",
      "if (sent.offset !== expected) {",
      "if (expected < 0) {",
    ),
    shell(
      "journal/kafka/judge.ts",
      "no fence: a reader takes what a deposed writer wrote",
      "    if (header.term < place.term || !header.writerId.equals(place.writerId)) return false;\n",
      "",
    ),
    shell(
      "journal/kafka/judge.ts",
      "a copy counts twice",
      "    if (header.durable < place.position && nextSequence <= place.nextSequence) return false;\n",
      "",
    ),
    shell(
      "remote-primary.ts",
      "what is in doubt is taken for durable",
      'if (appended.kind !== "durable") return appended;',
      'if (appended.kind === "fenced") return appended;',
    ),
    shell(
      "standby.ts",
      "any claim is taken for its own",
      " && place.writerId.equals(journal.writerId);",
      ";",
    ),
    shell(
      "journal/segments.ts",
      "what a killed owner left in the cache is not synced before it is told",
      "      files.sync(fd);\n      files.close(fd);\n    }\n    files.syncDirectory(directory);",
      "      files.close(fd);\n    }\n    files.syncDirectory(directory);",
    ),
    shell(
      "journal/segments.ts",
      "a new segment's name is not made durable",
      "  files.rename(draft, path);\n  files.syncDirectory(directory);",
      "  files.rename(draft, path);",
    ),
  ],
};
