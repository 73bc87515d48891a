// Writes captions, with a checksum of each.
import { createHash } from "node:crypto";

export const handler = async ({ titles }) =>
  titles.map((title) => ({ title, sum: createHash("sha256").update(title).digest("hex") }));
