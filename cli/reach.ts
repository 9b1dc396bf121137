/**
 * Where an exchange that listens on some `--host` can be opened: in addresses that a browser takes,
 * for "every address of this machine" (0.0.0.0, ::) is none.
 */
import { networkInterfaces } from "node:os";

export interface Reach {
  /** From this machine. */
  readonly here: string;
  /** From others; null: they cannot, or this machine has no address that they know. */
  readonly elsewhere: string | null;
  /** Whether others were asked in. */
  readonly isShared: boolean;
  /** Whether this machine's own address is among them: the one that admin is served on. */
  readonly isAdminServed: boolean;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/i;
/** Of a machine that was given none; nobody else has a way there. */
const LINK_LOCAL = /^(169\.254\.|fe80:)/i;

export function reachOf(host: string, port: number, machine = networkInterfaces()): Reach {
  const url = (name: string): string => `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
  const isAll = host === "0.0.0.0" || host === "::";
  if (!isAll) {
    const isHere = LOOPBACK.test(host);
    const elsewhere = isHere ? null : url(host);
    return { here: url(host), elsewhere, isShared: !isHere, isAdminServed: isHere };
  }
  const found = Object.values(machine)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !LINK_LOCAL.test(address));
  const four = found.find(({ family }) => family === "IPv4");
  const other = four ?? (host === "::" ? found[0] : undefined);
  return {
    here: url(host === "::" ? "::1" : "127.0.0.1"),
    elsewhere: other === undefined ? null : url(other.address),
    isShared: true,
    isAdminServed: true,
  };
}
