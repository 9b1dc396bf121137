/**
 * Who a client speaks for. A machine has a key and signs its logon; a browser has a cookie, and the
 * socket it opens is logged on by that. Signing is WebCrypto's, which browsers and Node both have.
 */
export interface Signer {
  /** The exchange's name for the key, `k_…`. */
  readonly key: string;
  /** base64url of the Ed25519 signature over the text in UTF-8. */
  sign(text: string): Promise<string>;
}

/** `private_key` is PKCS#8 as base64url, base64 or PEM, or 32 raw bytes (the seed) as base64url. */
export async function makeSigner(key: string, privateKey: string): Promise<Signer> {
  const imported = await crypto.subtle.importKey(
    "pkcs8",
    pkcs8Of(privateKey),
    { name: "Ed25519" },
    false,
    ["sign"],
  );
  return {
    key,
    sign: async (text) => {
      const bytes = new TextEncoder().encode(text);
      return writeBase64Url(
        new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, imported, bytes)),
      );
    },
  };
}

/** The parameters of `session.logon`, signed now: they are good for a few seconds. */
export async function logonParams(signer: Signer): Promise<Record<string, string>> {
  const timestamp = new Date().toISOString();
  const signature = await signer.sign(`${timestamp}\nLOGON\n/v1/ws\n`);
  return { key: signer.key, timestamp, signature };
}

/** DER of an Ed25519 private key up to its 32 raw bytes. */
const PKCS8_HEAD = [
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

function pkcs8Of(text: string): Uint8Array<ArrayBuffer> {
  const plain = text.replace(/-----[^-]*-----/g, "").replace(/\s/g, "");
  const bytes = readBase64(plain.replace(/-/g, "+").replace(/_/g, "/"));
  return bytes.length === 32 ? Uint8Array.from([...PKCS8_HEAD, ...bytes]) : bytes;
}

function readBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/=+$/, "")), (each) => each.charCodeAt(0));
}

function writeBase64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
