// Uses the types that openapi-typescript makes: registers, logs in, sends, lists. Compiled strictly.
import createClient from "openapi-fetch";
import type { paths } from "./api";

const [server, name] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: server });
const credentials = { username: name ?? "", password: "mist over the harbour" };

async function main(): Promise<void> {
  const registered = await client.POST("/v1/register", { body: credentials });
  if (!registered.data) throw new Error(registered.error.detail);
  const login = { identifier: credentials.username, password: credentials.password };
  const tokens = await client.POST("/v1/login", { body: login });
  if (!tokens.data) throw new Error(tokens.error.detail);
  const headers = { Authorization: `Bearer ${tokens.data.access_token}` };
  const sent = await client.POST("/v1/messages", { headers, body: { to: "grace", body: "hello" } });
  if (!sent.data) throw new Error(sent.error.detail);
  const path = { conversation_id: sent.data.conversation_id };
  const listed = await client.GET("/v1/conversations/{conversation_id}/messages", {
    headers,
    params: { path, query: { limit: 10 } },
  });
  if (!listed.data) throw new Error(listed.error.detail);
  const wrong = await client.GET("/v1/users", { headers, params: { query: { cursor: "x".repeat(300) } } });
  console.log(JSON.stringify([listed.data.items.map((each) => each.body), wrong.error?.field]));
}

main();
