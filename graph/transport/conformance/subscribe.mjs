// Subscribes with graphql-ws and with graphql-sse, each until an event arrives.
//
//   node subscribe.mjs URL SUBSCRIPTION [TOKEN] [SECONDS]
//
// URL is http or https; the WebSocket is on the same path. Prints "ready" once
// both are connected: cause an event then, and again until this exits, for the
// server may take a moment to subscribe. Exits 0 when both have had one, 1 on an
// error or after SECONDS (30) without.
import { createClient as createSSE } from "graphql-sse";
import { createClient as createWS } from "graphql-ws";
import WebSocket from "ws";

const [url, query, token, seconds = "30"] = process.argv.slice(2);
if (!url || !query) {
  console.error("usage: node subscribe.mjs URL SUBSCRIPTION [TOKEN] [SECONDS]");
  process.exit(2);
}
const authorization = token ? { authorization: `Bearer ${token}` } : {};

const fail = (reason) => {
  console.error(reason instanceof Error || typeof reason === "string" ? reason : JSON.stringify(reason));
  process.exit(1);
};
setTimeout(() => fail(`no event within ${seconds} seconds`), Number(seconds) * 1000).unref();

let waiting = 2;
const connected = () => {
  if (--waiting === 0) console.log("ready");
};

const ws = createWS({
  url: url.replace(/^http/, "ws"),
  webSocketImpl: WebSocket,
  connectionParams: authorization,
  retryAttempts: 0,
  on: { connected },
});
const sse = createSSE({
  url,
  headers: authorization,
  retryAttempts: 0,
  on: { connected },
});

// first resolves with the first event, and rejects when the stream has none.
const first = (name, client) =>
  new Promise((resolve, reject) => {
    client.subscribe(
      { query },
      {
        next: (event) => {
          if (event.errors) return reject(new Error(`${name}: ${JSON.stringify(event.errors)}`));
          console.log(`${name}  ${JSON.stringify(event)}`);
          resolve();
        },
        error: (err) => reject(err instanceof Error ? err : new Error(`${name}: ${JSON.stringify(err)}`)),
        complete: () => reject(new Error(`${name}: the stream ended without an event`)),
      },
    );
  });

try {
  await Promise.all([first("graphql-ws", ws), first("graphql-sse", sse)]);
} catch (err) {
  fail(err);
}
ws.dispose();
sse.dispose();
process.exit(0);
