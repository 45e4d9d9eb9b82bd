/** Message texts as React elements. No string ever becomes markup (rule W19). */

import { type ReactNode, useEffect, useMemo, useState } from "react";
import { t } from "../strings";
import { Icon } from "../ui/icon";

const FENCE = /```([\w+-]{0,20})\n([\s\S]*?)(?:\n```|```)/g;
/** Emphasis, code, and addresses of pages and mail; without a full stop after the address. */
const INLINE = new RegExp(
  [
    /`([^`\n]+)`/,
    /\*\*(?=\S)(.+?)(?<=\S)\*\*/,
    /(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])/,
    /(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)/,
    /~~(?=\S)(.+?)(?<=\S)~~/,
    /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}'”])/,
    /(?<![\p{L}\p{N}_.@/-])(www\.(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?![\p{L}\p{N}_@-])(?::\d+)?(?:[/?#](?:[^\s<>"]*[^\s<>".,;:!?)\]}'”])?)?)/u,
    /(?<![\p{L}\p{N}_.+@/-])([\p{L}\p{N}_.+-]{1,64}@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?![\p{L}\p{N}_@-]))/u,
  ]
    .map((each) => each.source)
    .join("|"),
  "gu",
);

export interface Block {
  readonly kind: "text" | "code";
  readonly text: string;
  readonly language: string;
}

/** Paragraphs and code, in order. */
export function blocksOf(body: string): Block[] {
  const blocks: Block[] = [];
  let from = 0;
  const addText = (text: string) => {
    const trimmed = text.replace(/^\n+|\n+$/g, "");
    if (trimmed) blocks.push({ kind: "text", text: trimmed, language: "" });
  };
  for (const match of body.matchAll(FENCE)) {
    addText(body.slice(from, match.index));
    blocks.push({ kind: "code", text: match[2] ?? "", language: match[1] ?? "" });
    from = match.index + match[0].length;
  }
  addText(body.slice(from));
  return blocks;
}

/** Emphasis, code and links within a line of text. */
export function inline(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push(element(match, match.index));
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

/** The addresses of the pages that a text links. */
export function linksOf(body: string): string[] {
  return [...body.matchAll(INLINE)].flatMap(([, , , , , , page, www]) =>
    www ? `https://${www}` : (page ?? []),
  );
}

function element(match: RegExpMatchArray, key: number): ReactNode {
  const [, code, strong, star, underscore, struck, page, www, mail] = match;
  if (code !== undefined) return <code key={key}>{code}</code>;
  if (strong !== undefined) return <strong key={key}>{strong}</strong>;
  if (struck !== undefined) return <s key={key}>{struck}</s>;
  if (mail !== undefined) {
    return (
      <a key={key} className="inline" href={`mailto:${mail}`}>
        {mail}
      </a>
    );
  }
  const address = www ? `https://${www}` : page;
  if (address === undefined) return <em key={key}>{star ?? underscore}</em>;
  return (
    <a key={key} className="inline" href={address} target="_blank" rel="noopener noreferrer ugc">
      {www ?? address.replace(/^https?:\/\//, "")}
    </a>
  );
}

/** `\p{RGI_Emoji}` is equivalent, but takes a browser seconds to compile. */
const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|\p{RI}{2})/u;
const MOST_LARGE = 3;

/** True for a text of one to three emoji only, which is shown large. */
export function isEmojiOnly(body: string): boolean {
  const text = body.replace(/\s/g, "");
  if (text.length === 0 || text.length > 40 || /^[\p{L}\p{N}]/u.test(text)) return false;
  const graphemes = [...new Intl.Segmenter().segment(text)];
  return graphemes.length <= MOST_LARGE && graphemes.every(({ segment }) => EMOJI.test(segment));
}

export function CodeBlock({ block }: { readonly block: Block }) {
  const highlighted = useHighlighted(block);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(block.text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <div className="code">
      <div className="code__bar">
        <span>{block.language}</span>
        <button type="button" onClick={() => void copy()}>
          <Icon name={copied ? "check" : "copy"} size={16} />
          {copied ? t.copied : t.copy}
        </button>
      </div>
      <pre tabIndex={0} aria-label={t.code(block.language)}>
        {highlighted}
      </pre>
    </div>
  );
}

type Highlight = typeof import("./highlight").highlight;
let loaded: Highlight | null = null;

/** The code in colours, once the highlighter has loaded. */
function useHighlighted({ text, language }: Block): ReactNode {
  const [highlight, setHighlight] = useState(() => loaded);
  useEffect(() => {
    if (!language || highlight) return;
    import("./highlight").then(
      (module) => {
        loaded = module.highlight;
        setHighlight(() => loaded);
      },
      () => {}, // code stays plain
    );
  }, [language, highlight]);
  return useMemo(
    () => (language && highlight ? highlight(text, language) : text),
    [text, language, highlight],
  );
}
