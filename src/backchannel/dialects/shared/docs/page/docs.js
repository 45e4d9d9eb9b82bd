// Shows the OpenAPI document to people. Everything is added as text, never as HTML.

const byId = (id) => document.getElementById(id);

/** An element with attributes and children; strings become text. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Text in which `code` is set as code. */
function prose(text = "") {
  return text.split("`").map((part, at) => (at % 2 ? make("code", {}, part) : part));
}

const nameOf = (schema) => schema.$ref?.split("/").pop();

function typeOf(schema) {
  if (schema.$ref) return nameOf(schema);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  return schema.type ?? "anything";
}

function bounds({ minimum, maximum, maxLength }) {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}. `;
  if (maxLength !== undefined) return `at most ${maxLength} characters. `;
  return "";
}

function table(headings, rows) {
  return make(
    "table",
    {},
    make("thead", {}, make("tr", {}, ...headings.map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, ...cell))))),
  );
}

function field(name, schema, required) {
  const optional = required ? null : make("span", { class: "muted" }, " optional");
  return [
    [make("code", {}, name), optional].filter(Boolean),
    [typeOf(schema)],
    [bounds(schema), ...prose(schema.description)],
  ];
}

function fields(schema, components) {
  const shape = components[nameOf(schema)] ?? schema;
  const required = new Set(shape.required);
  const rows = Object.entries(shape.properties ?? {}).map(([name, each]) => field(name, each, required.has(name)));
  return rows.length ? table(["Field", "Type", "Meaning"], rows) : null;
}

function example(content) {
  const given = content.example ?? Object.values(content.examples ?? {})[0]?.value;
  return given === undefined ? null : make("pre", {}, JSON.stringify(given, null, 2));
}

function parameters(operation) {
  if (!operation.parameters?.length) return [];
  const rows = operation.parameters.map((each) => field(each.name, { ...each.schema, description: each.description }, each.required));
  return [make("h3", {}, "Parameters"), table(["Name", "Type", "Meaning"], rows)];
}

function body(operation, components) {
  const content = operation.requestBody?.content["application/json"];
  if (!content) return [];
  return [make("h3", {}, "Body"), fields(content.schema, components), example(content)];
}

function responses(operation, components) {
  const all = Object.entries(operation.responses);
  const errors = all.filter(([status]) => status >= "400");
  const shown = all.filter(([status]) => status < "400").flatMap(([status, response]) => {
    const content = Object.values(response.content ?? {})[0];
    return [
      make("h3", {}, `Answer ${status}`),
      make("p", {}, ...prose(response.description)),
      content ? fields(content.schema, components) : null,
      content ? example(content) : null,
    ];
  });
  const rows = errors.map(([status, { description }]) => [[make("code", {}, status)], prose(description)]);
  return [...shown, ...(rows.length ? [make("h3", {}, "Errors"), table(["Status", "Meaning"], rows)] : [])];
}

function operationCard(path, method, operation, components) {
  const login = operation.security?.length ? "needs a login" : "open to everybody";
  return make(
    "details",
    { id: operation.operationId },
    make(
      "summary",
      {},
      make("span", { class: `method ${method}` }, method),
      make("code", {}, path),
      make("span", { class: "muted" }, operation.summary ?? ""),
    ),
    make(
      "div",
      { class: "open" },
      make("p", {}, ...prose(operation.description), make("span", { class: "muted" }, ` (${login})`)),
      ...parameters(operation),
      ...body(operation, components).filter(Boolean),
      ...responses(operation, components).filter(Boolean),
    ),
  );
}

/** Operations by their first tag, in the document's order. */
function grouped(paths) {
  const groups = new Map();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? "Other";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push([path, method, operation]);
    }
  }
  return groups;
}

function show(api) {
  const components = api.components.schemas ?? {};
  const described = new Map((api.tags ?? []).map((tag) => [tag.name, tag.description]));
  byId("version").textContent = api.info.version;
  byId("introduction").append(...api.info.description.split("\n\n").map((text) => make("p", {}, ...prose(text))));
  for (const [tag, operations] of grouped(api.paths)) {
    const id = `group-${tag.toLowerCase().replaceAll(/\W+/g, "-")}`;
    byId("groups").append(make("a", { href: `#${id}` }, tag));
    const cards = operations.map(([path, method, operation]) => operationCard(path, method, operation, components));
    const about = described.has(tag) ? make("p", {}, ...prose(described.get(tag))) : null;
    byId("operations").append(make("section", { id, "aria-label": tag }, make("h2", {}, tag), about, ...cards));
  }
  byId("status").textContent = "";
}

function filter(words) {
  for (const card of document.querySelectorAll("details")) {
    const text = card.textContent.toLowerCase();
    card.hidden = !words.every((word) => text.includes(word));
  }
  for (const section of document.querySelectorAll("main section[aria-label]")) {
    section.hidden = !section.querySelector("details:not([hidden])");
  }
}

async function load() {
  const response = await fetch("/docs/openapi.json");
  if (!response.ok) throw new Error(`the document cannot be read: ${response.status}`);
  show(await response.json());
  const opened = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
  if (opened) opened.open = true;
  opened?.scrollIntoView?.();
  byId("asyncapi").hidden = !(await fetch("/docs/asyncapi.json", { method: "HEAD" })).ok;
}

byId("search").addEventListener("input", (event) => filter(event.target.value.toLowerCase().split(/\s+/).filter(Boolean)));
load().catch((error) => {
  byId("status").textContent = String(error.message);
});
