// Shows the operations of the OpenAPI document.

import { block, card, make, prose, section, table } from "./elements.js";
import { field, fields } from "./schemas.js";

const exampleOf = (content) => content.example ?? Object.values(content.examples ?? {})[0]?.value;
const pretty = (value) => JSON.stringify(value, null, 2);
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The request as a command, with the document's examples. */
function command(path, method, operation) {
  const given = operation.parameters ?? [];
  const shown = (each) => encodeURIComponent(exampleOf(each) ?? "…");
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => shown(given.find((each) => each.name === name) ?? {}));
  const query = given.filter((each) => each.in === "query" && each.required).map((each) => `${each.name}=${shown(each)}`);
  const lines = [`curl ${quoted(location.origin + filled + (query.length ? `?${query.join("&")}` : ""))}`];
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (method !== (content ? "post" : "get")) lines[0] = lines[0].replace("curl", `curl -X ${method.toUpperCase()}`);
  if (operation.security.length) lines.push('-H "Authorization: Bearer $TOKEN"');
  const headers = given.filter((each) => each.in === "header" && each.required);
  lines.push(...headers.map((each) => `-H ${quoted(`${each.name}: ${exampleOf(each)}`)}`));
  if (type === "application/json") lines.push(`--json ${quoted(JSON.stringify(exampleOf(content)))}`);
  else if (type === "multipart/form-data") lines.push("-F file=@picture.jpg");
  else if (type) lines.push(`-H ${quoted(`Content-Type: ${type}`)}`, "--data-binary @part");
  return lines.join(" \\\n  ");
}

function parameters(operation) {
  if (!operation.parameters?.length) return [];
  const rows = operation.parameters.map((each) => field(each.name, { ...each.schema, description: each.description }, each.required));
  return [make("h4", {}, "Parameters"), table(["Name", "Type", "Meaning"], rows)];
}

function body(operation, components) {
  const content = Object.values(operation.requestBody?.content ?? {})[0];
  const shape = content && fields(content.schema, components);
  return shape ? [make("h4", {}, "Body"), shape] : [];
}

function success([status, response], components) {
  const [type, content] = Object.entries(response.content ?? {})[0] ?? [];
  const example = content && exampleOf(content);
  return [
    make("h4", {}, `Answer ${status}`),
    make("p", {}, ...prose(response.description)),
    content ? fields(content.schema, components) : null,
    example === undefined ? null : block(pretty(example), type),
  ];
}

function responses(operation, components) {
  const all = Object.entries(operation.responses);
  const rows = all.filter(([status]) => status >= "400").map(([status, { description }]) => [[make("code", {}, status)], prose(description)]);
  return [
    ...all.filter(([status]) => status < "400").flatMap((each) => success(each, components)),
    ...(rows.length ? [make("h4", {}, "Errors"), table(["Status", "Meaning"], rows)] : []),
  ];
}

function operationCard(path, method, operation, components) {
  const login = operation.security.length ? "Needs a login." : "Works without a login.";
  const about = [
    make("span", { class: `method ${method}` }, method),
    make("code", {}, path),
    make("span", { class: "summary" }, operation.summary),
  ];
  return card(
    operation.operationId,
    about,
    make("p", {}, ...prose(operation.description), " ", make("span", { class: "muted" }, login)),
    block(command(path, method, operation), "curl"),
    ...parameters(operation),
    ...body(operation, components),
    ...responses(operation, components),
  );
}

/** A section for each tag, by its name, in the document's order. */
export function operationSections(api) {
  const cards = new Map(api.tags.map((tag) => [tag.name, []]));
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      cards.get(operation.tags[0])?.push(operationCard(path, method, operation, api.components.schemas));
    }
  }
  return new Map(api.tags.map(({ name, description }) => [name, section(name, description, ...cards.get(name))]));
}
