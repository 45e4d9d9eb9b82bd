// Shows the OpenAPI and AsyncAPI documents to people.

import { make, prose } from "./elements.js";
import { operationSections } from "./operations.js";
import { socketSections } from "./socket.js";

const byId = (id) => document.getElementById(id);
const SOCKET = "WebSocket";

async function read(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} cannot be read: ${response.status}`);
  return response.json();
}

function showGroup(name, sections) {
  byId("groups").append(make("strong", {}, name), ...sections.map(({ link }) => link));
  byId("operations").append(make("h2", {}, name), ...sections.map(({ part }) => part));
}

function show(api, socket) {
  const sections = operationSections(api);
  byId("version").textContent = api.info.version;
  byId("introduction").append(
    ...api.info.description.split("\n\n").map((text) => make("p", {}, ...prose(text))),
    make(
      "p",
      { class: "documents" },
      make("a", { href: "/docs/openapi.json" }, "OpenAPI document"),
      socket ? make("a", { href: "/docs/asyncapi.json" }, "AsyncAPI document") : null,
    ),
  );
  const groups = api["x-tagGroups"];
  groups.forEach(({ name, tags }, at) => {
    showGroup(name, tags.map((tag) => sections.get(tag)));
    if (at === 0 && socket) showGroup(SOCKET, socketSections(socket));
  });
}

function filter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const part of document.querySelectorAll("main .group")) {
    const cards = [...part.querySelectorAll("details")];
    const matches = (element) => words.every((word) => element.textContent.toLowerCase().includes(word));
    for (const card of cards) card.hidden = !matches(card);
    part.hidden = cards.length ? cards.every((card) => card.hidden) : !matches(part);
    found += part.hidden ? 0 : 1;
  }
  document.body.classList.toggle("searching", words.length > 0);
  byId("status").textContent = found ? "" : `Nothing matches “${text.trim()}”.`;
}

function openLinked() {
  const linked = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
  if (linked?.localName === "details") linked.open = true;
  linked?.scrollIntoView?.();
}

async function load() {
  const [api, socket] = await Promise.all([read("/docs/openapi.json"), read("/docs/asyncapi.json").catch(() => null)]);
  show(api, socket);
  byId("status").textContent = "";
  byId("search").disabled = false;
  byId("search").addEventListener("input", ({ target }) => filter(target.value));
  const asked = new URLSearchParams(location.search).get("search");
  if (asked) {
    byId("search").value = asked;
    filter(asked);
  }
  addEventListener("hashchange", openLinked);
  openLinked();
}

load().catch((error) => {
  byId("status").textContent = String(error.message);
});
