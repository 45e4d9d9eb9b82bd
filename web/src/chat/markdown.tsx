/** Markdown as React elements: raw HTML stays text, and only links to pages and mail work (W19). */

import { lexer, type MarkedToken, type Token, type Tokens } from "marked";
import { createContext, Fragment, memo, type ReactNode, useContext, useId } from "react";
import { CodeBlock } from "./rich";

/** The depth to which lists and quotes are nested; deeper ones are shown as source text. */
const DEEPEST = 12;
const SAFE = /^(?:https?:\/\/|mailto:)/i;

export function Markdown({ text }: { readonly text: string }) {
  const tokens = lexer(text, { gfm: true, breaks: true });
  return tokens.map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other key
    <BlockView key={index} raw={token.raw} token={token} />
  ));
}

/** While a text grows, only its last part is drawn anew. */
const BlockView = memo(
  function BlockView({ token }: { readonly token: Token; readonly raw: string }) {
    return block(token, 0, 0);
  },
  (before, after) => before.raw === after.raw,
);

function blocks(tokens: readonly Token[] | undefined, depth: number): ReactNode[] {
  return (tokens ?? []).map((token, index) => block(token, index, depth));
}

function block(generic: Token, key: number, depth: number): ReactNode {
  const token = generic as MarkedToken;
  if (depth > DEEPEST) return <p key={key}>{token.raw}</p>;
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "hr":
      return <hr key={key} />;
    case "heading":
      return <h3 key={key}>{inlines(token.tokens, depth)}</h3>;
    case "code":
      return (
        <CodeBlock
          key={key}
          block={{ kind: "code", text: token.text, language: wordOf(token.lang) }}
        />
      );
    case "blockquote":
      return <blockquote key={key}>{blocks(token.tokens, depth + 1)}</blockquote>;
    case "list":
      return list(token, key, depth);
    case "table":
      return table(token, key, depth);
    case "text":
    case "checkbox":
      return <span key={key}>{inline(token, key, depth)}</span>;
    case "paragraph":
      return <p key={key}>{inlines(token.tokens, depth)}</p>;
    default:
      return <p key={key}>{token.raw}</p>;
  }
}

function list(token: Tokens.List, key: number, depth: number): ReactNode {
  const items = token.items.map(({ task, tokens }, index) => {
    const Item = task ? Task : ListItem;
    const value = token.ordered ? Number(token.start || 1) + index : undefined;
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other key
    return <Item key={index} value={value} tokens={tokens} depth={depth + 1} />;
  });
  return token.ordered ? (
    <ol key={key} style={{ counterReset: `n ${Number(token.start || 1) - 1}` }}>
      {items}
    </ol>
  ) : (
    <ul key={key}>{items}</ul>
  );
}

/** The id of the text that names the checkbox of a task. */
const TaskName = createContext("");

interface ItemProps {
  readonly tokens: readonly Token[];
  readonly depth: number;
  /** The number of the item. */
  readonly value: number | undefined;
}

function ListItem({ tokens, depth, value }: ItemProps) {
  return <li value={value}>{blocks(tokens, depth)}</li>;
}

/** An item with a checkbox, which is labelled by its first line. */
function Task({ tokens, depth, value }: ItemProps) {
  const id = useId();
  const first = tokens.findIndex(({ type }) => type === "text" || type === "paragraph");
  const parts = tokens.map((token, index) => {
    const part = block(token, index, depth);
    return index === first ? (
      <div key={id} id={id} className="task">
        {part}
      </div>
    ) : (
      part
    );
  });
  return (
    <li className="is-task" value={value}>
      <TaskName value={id}>{parts}</TaskName>
    </li>
  );
}

function Checkbox({ checked }: { readonly checked: boolean }) {
  return (
    <input type="checkbox" checked={checked} disabled aria-labelledby={useContext(TaskName)} />
  );
}

function table(token: Tokens.Table, key: number, depth: number): ReactNode {
  const cells = (row: readonly Tokens.TableCell[], Cell: "th" | "td") => (
    <tr>
      {row.map((cell, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other key
        <Cell key={index} style={cell.align ? { textAlign: cell.align } : undefined}>
          {inlines(cell.tokens, depth)}
        </Cell>
      ))}
    </tr>
  );
  return (
    <div className="table-box" key={key} tabIndex={0}>
      <table>
        <thead>{cells(token.header, "th")}</thead>
        <tbody>
          {token.rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other key
            <Fragment key={index}>{cells(row, "td")}</Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inlines(tokens: readonly Token[] | undefined, depth: number): ReactNode[] {
  return (tokens ?? []).map((token, index) => inline(token, index, depth));
}

function inline(generic: Token, key: number, depth: number): ReactNode {
  const token = generic as MarkedToken;
  if (depth > DEEPEST) return token.raw;
  const inner = () => inlines("tokens" in token ? token.tokens : undefined, depth + 1);
  switch (token.type) {
    case "strong":
      return <strong key={key}>{inner()}</strong>;
    case "em":
      return <em key={key}>{inner()}</em>;
    case "del":
      return <s key={key}>{inner()}</s>;
    case "codespan":
      return <code key={key}>{token.text}</code>;
    case "br":
      return <br key={key} />;
    case "link":
      return (
        <SafeLink key={key} href={token.href}>
          {inner()}
        </SafeLink>
      );
    case "image":
      return (
        <SafeLink key={key} href={token.href}>
          {token.text || token.href}
        </SafeLink>
      );
    case "checkbox":
      return <Checkbox key={key} checked={token.checked} />;
    case "escape":
      return token.text;
    case "text":
      return token.tokens ? inlines(token.tokens, depth + 1) : token.text;
    default:
      return token.raw;
  }
}

function SafeLink({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  if (!SAFE.test(href)) return children;
  return (
    <a className="inline" href={href} target="_blank" rel="noopener noreferrer ugc">
      {children}
    </a>
  );
}

function wordOf(language: string | undefined): string {
  return /^[\w+#-]{0,20}/.exec(language ?? "")?.[0] ?? "";
}
