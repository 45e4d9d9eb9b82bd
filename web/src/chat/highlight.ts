/** Code in colours, as a tree: no string becomes markup (rule W19). */

import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import { createLowlight } from "lowlight";
import { createElement, type ReactNode } from "react";

const LANGUAGES = { bash, c, css, diff, go, java, json, python, rust, sql, typescript, xml };
const lowlight = createLowlight(LANGUAGES);
lowlight.registerAlias({ typescript: ["javascript", "js", "jsx", "mjs"] });

/** Code longer than this stays plain, characters. */
const LONGEST = 20_000;

/** The classes that `.code` has colours for, by the first word of a token's type. */
const CLASSES: Readonly<Record<string, string>> = {
  keyword: "code-keyword",
  built_in: "code-keyword",
  literal: "code-keyword",
  tag: "code-keyword",
  name: "code-keyword",
  "selector-tag": "code-keyword",
  string: "code-string",
  regexp: "code-string",
  addition: "code-string",
  number: "code-number",
  attr: "code-number",
  attribute: "code-number",
  symbol: "code-number",
  comment: "code-comment",
  meta: "code-comment",
  quote: "code-comment",
  deletion: "code-keyword",
};

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly children?: readonly Node[];
  readonly properties?: { readonly className?: unknown };
}

/** Code as elements; plain text for an unknown language. */
export function highlight(text: string, language: string): ReactNode {
  const name = language.toLowerCase();
  if (text.length > LONGEST || !lowlight.registered(name)) return text;
  return elements(lowlight.highlight(name, text).children as readonly Node[]);
}

function elements(nodes: readonly Node[]): ReactNode[] {
  return nodes.map((node, key) => {
    if (node.type === "text") return node.value;
    const [first] = (node.properties?.className ?? []) as readonly string[];
    const className = CLASSES[first?.replace("hljs-", "").split(".")[0] ?? ""];
    return createElement("span", { key, className }, elements(node.children ?? []));
  });
}
