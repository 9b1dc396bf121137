/**
 * A test's exchange in a process of its own, which can be stopped and go on: `LIMITS` as JSON is its one
 * argument. Says where it is and how to log on in one line, and ends with its standard input.
 */
import { startTestExchange } from "./exchange.ts";

const exchange = await startTestExchange({ limits: JSON.parse(process.argv[2]!) as object });
const { key, privateKey } = await exchange.makeKey("alice");
const pem = privateKey.export({ format: "pem", type: "pkcs8" });
process.stdout.write(`${JSON.stringify({ url: exchange.url, key, pem })}\n`);
process.stdin.resume().on("end", () => {
  void exchange.stop().then(() => process.exit(0));
});
