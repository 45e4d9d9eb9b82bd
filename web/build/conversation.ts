/** The chunk of the conversation: all modules that it needs and the first page does not. */

import { fileURLToPath } from "node:url";

interface Graph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

const ENTRY = fileURLToPath(new URL("../src/chat/conversation.tsx", import.meta.url));

/** The group of a module that the conversation imports, directly or not; otherwise null. */
export function inConversation(): (id: string, graph: Graph) => string | null {
  let reached: ReadonlySet<string> | null = null;
  return (id, graph) => {
    reached ??= importsOf(graph);
    return reached.has(id) ? "conversation" : null;
  };
}

function importsOf(graph: Graph): ReadonlySet<string> {
  const found = new Set([ENTRY]);
  for (const id of found) {
    for (const each of graph.getModuleInfo(id)?.importedIds ?? []) found.add(each);
  }
  return found;
}
