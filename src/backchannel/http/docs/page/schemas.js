// Shows JSON schemas as tables of fields.

import { make, prose, table } from "./elements.js";

const nameOf = (schema) => schema.$ref?.split("/").pop();
const choicesOf = (schema) => schema.oneOf ?? schema.anyOf;

function typeOf(schema) {
  if (schema.$ref) return nameOf(schema);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" or ");
  if (choicesOf(schema)) return choicesOf(schema).map(typeOf).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  return schema.type ?? "anything";
}

function boundsOf(schema) {
  const { minimum, maximum, maxLength } = choicesOf(schema)?.[0] ?? schema;
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}. `;
  if (maxLength !== undefined) return `At most ${maxLength} characters. `;
  return "";
}

/** A row of a table: a field or parameter, its type, and what it means. */
export function field(name, schema, required) {
  const optional = required ? null : make("span", { class: "muted" }, " optional");
  const about = schema.description ?? choicesOf(schema)?.map((each) => each.description).find(Boolean);
  return [
    [make("code", {}, name), optional].filter(Boolean),
    [make("span", { class: "type" }, typeOf(schema))],
    [boundsOf(schema), ...prose(about)],
  ];
}

/** The fields of a shape; null if it has none. */
export function fields(schema, components) {
  const shape = components[nameOf(schema)] ?? schema;
  const required = new Set(shape.required);
  const rows = Object.entries(shape.properties ?? {})
    .filter(([name]) => name !== "type" || !shape.properties.type.enum)
    .map(([name, each]) => field(name, each, required.has(name)));
  return rows.length ? table(["Field", "Type", "Meaning"], rows) : null;
}
