import { type CSSProperties, useState } from "react";

const COLOURS = 8;

interface Props {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly online?: boolean;
  readonly assistant?: boolean;
  /** The address of the user's picture. */
  readonly picture?: string | null | undefined;
}

/** A picture, or one letter on one of eight colours; people are round, assistants are rounded squares. */
export function Avatar(props: Props) {
  const { id, name, size, online = false, assistant = false, picture } = props;
  const [broken, setBroken] = useState<string | null>(null);
  const style = { "--size": `${size}px`, "--c": `var(--av-${colourOf(id)})` } as CSSProperties;
  return (
    <span className={`avatar${assistant ? " avatar--assistant" : ""}`} style={style} aria-hidden>
      {picture && picture !== broken ? (
        <img src={picture} alt="" onError={() => setBroken(picture)} />
      ) : (
        firstLetter(name)
      )}
      {online && <span className="presence" />}
    </span>
  );
}

/** The colour of a user, the same everywhere: 1 to 8. */
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
