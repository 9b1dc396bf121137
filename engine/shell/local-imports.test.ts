/** Imports as constants: what changes in a source, what must not, and that it still says the same. */
import { expect, test } from "@jest/globals";
import { sourceOf, withLocalImports } from "./local-imports.ts";

test.each([
  {
    name: "one",
    before: 'import { A } from "./a.ts";',
    after: 'import { A as $A } from "./a.ts";const A=$A;',
  },
  {
    name: "several, one by another name",
    before: 'import { A, b as c } from "../a.ts";',
    after: 'import { A as $A, b as $c } from "../a.ts";const A=$A,c=$c;',
  },
  {
    name: "over lines, which stay where they are",
    before: 'import {\n  A,\n  B,\n} from "./a.ts";\nA();',
    after: 'import {\n  A as $A,\n  B as $B,\n} from "./a.ts";const A=$A,B=$B;\nA();',
  },
  {
    name: "where types stood",
    before: 'import {         A } from "./a.ts";',
    after: 'import {         A as $A } from "./a.ts";const A=$A;',
  },
  { name: "of none", before: 'import {  } from "./a.ts";', after: 'import {  } from "./a.ts";' },
])("$name", ({ before, after }) => {
  expect(withLocalImports(before)).toBe(after);
});

test.each([
  'import { readFileSync } from "node:fs";',
  'import { App } from "uWebSockets.js";',
  'import * as core from "./index.ts";',
  'import config from "./config.ts";',
  'import "./a.ts";',
  'export { A } from "./a.ts";',
  'const text = `x import { A } from "./a.ts";`;',
])("left alone: %s", (source) => {
  expect(withLocalImports(source)).toBe(source);
});

test("a source of ours has neither types nor imports that are read where they are used", () => {
  const source = sourceOf(new URL("./primary.ts", import.meta.url).href);
  expect(source).not.toContain("interface ");
  expect(source).toMatch(/CommandType as \$CommandType.*const CommandType=\$CommandType;/);
});
