// Loaded by every process and thread that a test starts, before anything else. What a shard asks of the
// compiler (`engine/core/compiler.ts`) pays after a million commands; an exchange of a test is over long before,
// and was compiling for half of its processor's time. It changes no behaviour, so that it is left out here.
"use strict";
const { syncBuiltinESMExports } = require("node:module");
const v8 = require("node:v8");

const setFlags = v8.setFlagsFromString;
v8.setFlagsFromString = (flag) => {
  if (!flag.startsWith("--max-inlined-")) setFlags(flag);
};
syncBuiltinESMExports();
