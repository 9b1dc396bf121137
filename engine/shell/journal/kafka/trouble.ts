/** Why brokers do not let us in, from what kafkajs says of it, in words that say what to do. */
import type { KafkaAddress } from "./link.ts";

type Access = Pick<KafkaAddress, "ssl" | "sasl">;

/** What the error's words hold | what that means to who came this way. */
const SIGNS: readonly (readonly [sign: RegExp, says: (access: Access) => string])[] = [
  [
    /SASL .*authentication failed/,
    ({ sasl }) =>
      `They refuse this user name and password; check both, and that the user is one for ${sasl?.mechanism ?? "SASL"}`,
  ],
  [
    /mechanism is not supported/,
    ({ sasl }) => `They do not take ${sasl?.mechanism ?? "this"}; name another SASL mechanism`,
  ],
  [
    /current SASL state/,
    () => "This port asks for no password; leave SASL away, or name the port that does",
  ],
  [
    /self-signed certificate|unable to (get|verify)|certificate has expired/,
    () => "Their certificate is not trusted here; name the file of the authority that signed it",
  ],
  [
    /does not match certificate/,
    () => "Their certificate is for other names; name the brokers as it does",
  ],
  [
    /before secure TLS|wrong version number|packet length too long/,
    () => "They speak no TLS at this port; name the port that does, or leave TLS away",
  ],
  [/Closed connection|ECONNRESET|socket hang up/, wants],
];

/** One sentence without its end; undefined: nothing that access would mend. */
export function accessTrouble(error: unknown, access: Access): string | undefined {
  const words = error instanceof Error ? error.message : String(error);
  return SIGNS.find(([sign]) => sign.test(words))?.[1](access);
}

/** Who is not spoken to as it wants closes the connection without a word. */
function wants({ ssl, sasl }: Access): string {
  const missing = [
    ...(ssl === undefined ? ["TLS"] : []),
    ...(sasl === undefined ? ["a user name and password (SASL)"] : []),
  ];
  if (missing.length === 0) return "They hung up; look into their log";
  return `They hung up, as brokers do that want ${missing.join(" or ")}`;
}
