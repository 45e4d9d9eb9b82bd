// Shows the frames of the AsyncAPI document.

import { block, card, make, prose, section, table } from "./elements.js";
import { fields } from "./schemas.js";

function frameCard(name, message, direction, api) {
  const about = [
    make("span", { class: `method ${direction}` }, direction === "sent" ? "send" : "receive"),
    make("code", {}, message.name),
    make("span", { class: "summary" }, ...prose(message.summary)),
  ];
  const shape = fields(message.payload, api.components.schemas);
  const examples = message.examples.map(({ payload }) => block(JSON.stringify(payload, null, 2), "frame"));
  return card(`frame-${name}`, about, ...examples, shape);
}

function frames(operation, direction, api) {
  return operation.messages.map(({ $ref }) => {
    const name = $ref.split("/").pop();
    return frameCard(name, api.components.messages[name], direction, api);
  });
}

function closeCodes(channel) {
  const rows = channel["x-close-codes"].map(({ code, reason, reconnect }) => [
    [make("code", {}, String(code))],
    prose(reason),
    [reconnect ? "yes" : "no"],
  ]);
  return make("div", { class: "plain" }, table(["Code", "Reason", "Reconnect?"], rows));
}

/** The sections that show the socket. */
export function socketSections(api) {
  const channel = api.channels.socket;
  const { receiveFromClient, sendToClient } = api.operations;
  const url = `${location.origin.replace(/^http/, "ws")}${channel.address}`;
  const opening = `const socket = new WebSocket("${url}");
socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token }));
socket.onmessage = ({ data }) => console.log(JSON.parse(data));`;
  return [
    section("Frames you send", api.info.description, block(opening, "JavaScript"), ...frames(receiveFromClient, "sent", api)),
    section("Frames you receive", sendToClient.summary && "What the server sends.", ...frames(sendToClient, "received", api)),
    section("Close codes", channel.description.replace(" with the codes in `x-close-codes`", " with one of these codes"), closeCodes(channel)),
  ];
}
