// Audits an endpoint against the GraphQL-over-HTTP specification.
//
//   node audit.mjs URL [TOKEN]
//
// Prints one line per audit. Exits 1 when any is an error or a warning, that is a
// MUST or a SHOULD not followed, and 2 when the endpoint could not be asked.
import { auditServer } from "graphql-http";

const [url, token] = process.argv.slice(2);
if (!url) {
  console.error("usage: node audit.mjs URL [TOKEN]");
  process.exit(2);
}

const fetchFn = (input, init = {}) => {
  const headers = new Headers(init.headers);
  if (token) headers.set("authorization", `Bearer ${token}`);
  return fetch(input, { ...init, headers });
};

let results;
try {
  results = await auditServer({ url, fetchFn });
} catch (err) {
  console.error(`${url}: ${err.cause ?? err}`);
  process.exit(2);
}

const count = { ok: 0, notice: 0, warn: 0, error: 0 };
for (const { id, name, status, reason } of results) {
  count[status]++;
  console.log(`${status.padEnd(6)}  ${id}  ${name}${reason ? `\n        ${reason}` : ""}`);
}
console.log(
  `\n${results.length} audits: ${count.ok} ok, ${count.notice} notices, ${count.warn} warnings, ${count.error} errors`,
);
process.exit(count.warn + count.error > 0 ? 1 : 0);
