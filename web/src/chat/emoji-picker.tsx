import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { writePreference } from "../state/preferences";
import { t } from "../strings";
import { Icon, type IconName } from "../ui/icon";
import type { Typed } from "./emoji";
import {
  type Emoji,
  findEmoji,
  loadEmoji,
  recentEmoji,
  remember,
  skinTone,
  tinted,
} from "./emoji-set";

const COLUMNS = 8;
const ICONS: readonly IconName[] = [
  ...(["smile", "leaf", "food", "ball", "car", "bulb", "heart", "flag"] as const),
];
const TONE_SAMPLES = ["✋", "✋🏻", "✋🏼", "✋🏽", "✋🏾", "✋🏿"];

type Row =
  | { readonly key: string; readonly title: string }
  | { readonly key: string; readonly cells: readonly Emoji[]; readonly from: number };

interface Props {
  readonly onPick: (emoji: string) => void;
  readonly typed: RefObject<Typed>;
}

/** All emoji by group, with a search; the arrow keys move, Enter chooses. */
export default function AllEmoji({ onPick, typed }: Props) {
  const [groups, setGroups] = useState<readonly (readonly Emoji[])[]>([]);
  const [text, setText] = useState(typed.current.text);
  const [at, setAt] = useState(0);
  const [group, setGroup] = useState(0);
  const [tone, setTone] = useState(skinTone);
  const grid = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    void loadEmoji().then(setGroups);
  }, []);
  // Before the next key, which is typed after the present text.
  useLayoutEffect(() => {
    const end = typed.current.text.length;
    search.current?.setSelectionRange(end, end);
  }, [typed]);
  const rows = useMemo(() => rowsOf(groups, text), [groups, text]);
  const all = useMemo(() => rows.flatMap((row) => ("cells" in row ? row.cells : [])), [rows]);
  const pick = (emoji: Emoji | undefined) => {
    if (!emoji) return;
    const chosen = tinted(emoji, tone);
    remember(chosen);
    onPick(chosen);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the emoji have loaded
  useEffect(() => {
    if (groups.length > 0 && typed.current.entered) pick(all[0]);
  }, [groups]);
  const move = (to: number) => {
    const next = Math.max(0, Math.min(to, all.length - 1));
    setAt(next);
    const row = rows.findIndex((each) => "cells" in each && each.from + COLUMNS > next);
    list.current?.scrollToIndex(row, { align: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const across = t.dir === "rtl" ? -1 : 1;
    const steps = { ArrowDown: COLUMNS, ArrowUp: -COLUMNS, ArrowRight: across, ArrowLeft: -across };
    const step = steps[event.key as keyof typeof steps];
    if (event.key === "Enter" && groups.length === 0) typed.current.entered = text !== "";
    else if (event.key === "Enter") pick(all[at]);
    else if (step !== undefined && (Math.abs(step) > 1 || !text)) move(at + step);
    else return;
    event.preventDefault();
  };
  const toGroup = (index: number) => {
    setText("");
    list.current?.scrollToIndex(titlesOf(rows)[index] ?? 0);
  };
  const onScroll = (offset: number) => {
    const first = list.current?.findItemIndex(offset) ?? 0;
    setGroup(titlesOf(rows).findLastIndex((title) => title <= first));
  };
  return (
    <>
      <div className="picker__top">
        <div className="searchbox">
          <Icon name="search" size={18} />
          <input
            ref={search}
            type="search"
            role="combobox"
            aria-expanded
            aria-controls="emoji-grid"
            aria-activedescendant={all[at] && `emoji-${at}`}
            aria-label={t.searchEmoji}
            placeholder={t.searchEmoji}
            autoComplete="off"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              typed.current.entered = false;
              setAt(0);
              list.current?.scrollTo(0);
            }}
            onKeyDown={onKeyDown}
            autoFocus
          />
        </div>
        <Tones tone={tone} onChange={setTone} />
      </div>
      <div className="picker__grid" ref={grid} tabIndex={0} role="group" aria-label={t.emoji}>
        <div role="grid" id="emoji-grid" aria-label={t.emoji}>
          <Virtualizer ref={list} scrollRef={grid} data={rows} itemSize={42} onScroll={onScroll}>
            {(row) => (
              <EmojiRow key={row.key} row={row} at={at} tone={tone} onPick={pick} onPoint={setAt} />
            )}
          </Virtualizer>
        </div>
        {groups.length > 0 && all.length === 0 && <p className="picker__none">{t.noHits}</p>}
      </div>
      {!text && <Tabs recent={recentEmoji().length > 0} chosen={group} onChoose={toGroup} />}
    </>
  );
}

interface RowProps {
  readonly row: Row;
  readonly at: number;
  readonly tone: number;
  readonly onPick: (emoji: Emoji) => void;
  readonly onPoint: (index: number) => void;
}

function EmojiRow({ row, at, tone, onPick, onPoint }: RowProps) {
  if ("title" in row) {
    return (
      <div role="row">
        <span className="picker__title" role="columnheader">
          {row.title}
        </span>
      </div>
    );
  }
  return (
    <div className="picker__row" role="row">
      {row.cells.map((emoji, column) => (
        <span
          key={emoji.text}
          id={`emoji-${row.from + column}`}
          role="gridcell"
          aria-selected={at === row.from + column}
          aria-label={emoji.name}
          title={emoji.name}
          onPointerMove={() => at !== row.from + column && onPoint(row.from + column)}
          onClick={() => onPick(emoji)}
        >
          {tinted(emoji, tone)}
        </span>
      ))}
    </div>
  );
}

function Tones({ tone, onChange }: { tone: number; onChange: (tone: number) => void }) {
  const [open, setOpen] = useState(false);
  if (!open) {
    return (
      <button
        className="picker__tone"
        type="button"
        aria-label={t.skinTone(tone)}
        onClick={() => setOpen(true)}
      >
        {TONE_SAMPLES[tone]}
      </button>
    );
  }
  return (
    <div className="picker__tones" role="group" aria-label={t.skinTones}>
      {TONE_SAMPLES.map((hand, each) => (
        <button
          key={hand}
          type="button"
          aria-label={t.skinTone(each)}
          aria-pressed={tone === each}
          onClick={() => {
            writePreference("skinTone", String(each));
            onChange(each);
            setOpen(false);
          }}
        >
          {hand}
        </button>
      ))}
    </div>
  );
}

interface TabsProps {
  readonly recent: boolean;
  /** The category at the top. */
  readonly chosen: number;
  readonly onChoose: (index: number) => void;
}

function Tabs({ recent, chosen, onChoose }: TabsProps) {
  const tabs = recent ? (["clock", ...ICONS] as const) : ICONS;
  const names = recent ? [t.recentEmoji, ...t.emojiGroups] : t.emojiGroups;
  return (
    <div className="picker__tabs" role="group" aria-label={t.emojiCategories}>
      {tabs.map((icon, index) => (
        <button
          key={icon}
          className="icon-btn"
          type="button"
          aria-label={names[index] ?? ""}
          aria-current={index === chosen || undefined}
          onClick={() => onChoose(index)}
        >
          <Icon name={icon} />
        </button>
      ))}
    </div>
  );
}

/** The rows that begin a category. */
function titlesOf(rows: readonly Row[]): readonly number[] {
  return rows.flatMap((row, index) => ("title" in row ? [index] : []));
}

function rowsOf(groups: readonly (readonly Emoji[])[], text: string): Row[] {
  if (groups.length === 0) return [];
  if (text.trim()) return cut("found", findEmoji(groups, text), 0);
  const byText = new Map(groups.flat().map((emoji) => [emoji.text, emoji]));
  const recent = recentEmoji().map(
    (each) => byText.get(each) ?? { text: each, name: each, words: [], hasTones: false },
  );
  const sections = [
    ...(recent.length > 0 ? [{ title: t.recentEmoji, emoji: recent }] : []),
    ...groups.map((emoji, index) => ({ title: t.emojiGroups[index] ?? "", emoji })),
  ];
  let from = 0;
  return sections.flatMap(({ title, emoji }) => {
    const rows: Row[] = [{ key: title, title }, ...cut(title, emoji, from)];
    from += emoji.length;
    return rows;
  });
}

function cut(key: string, emoji: readonly Emoji[], from: number): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < emoji.length; at += COLUMNS) {
    const cells = emoji.slice(at, at + COLUMNS);
    rows.push({ key: `${key}-${at}`, cells, from: from + at });
  }
  return rows;
}
