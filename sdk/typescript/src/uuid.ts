/** Ids that are generated on the device (RFC 9562). */

/** A random UUID. Pages over plain HTTP and React Native have no `crypto.randomUUID`. */
export function newKey(): string {
  const bytes = new Uint8Array(16);
  if (globalThis.crypto) crypto.getRandomValues(bytes);
  else for (let at = 0; at < 16; at++) bytes[at] = Math.random() * 256;
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40; // version 4 of RFC 9562
  return uuidOf(bytes);
}

/** Sixteen bytes as a UUID of the variant of RFC 9562. */
export function uuidOf(bytes: Uint8Array): string {
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
