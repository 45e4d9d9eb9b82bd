import type { CSSProperties } from "react";

const COLOURS = 8;

interface Props {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly online?: boolean;
  readonly assistant?: boolean;
}

/** One letter on one of eight colours; people are round, assistants are rounded squares. */
export function Avatar({ id, name, size, online = false, assistant = false }: Props) {
  const style = { "--size": `${size}px`, "--c": `var(--av-${colourOf(id)})` } as CSSProperties;
  return (
    <span className={`avatar${assistant ? " avatar--assistant" : ""}`} style={style} aria-hidden>
      {firstLetter(name)}
      {online && <span className="presence" />}
    </span>
  );
}

/** The same for a user everywhere: 1 to 8. */
export function colourOf(id: string): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < id.length; index++) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 16_777_619);
  }
  return ((hash >>> 8) % COLOURS) + 1;
}

function firstLetter(name: string): string {
  const [first] = new Intl.Segmenter().segment(name.trim());
  return (first?.segment ?? "?").toLocaleUpperCase();
}
