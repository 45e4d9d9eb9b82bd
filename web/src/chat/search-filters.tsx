import type { Conversation, SearchFilter } from "backchannel-client";
import { useId, useState } from "react";
import { inOrder } from "../state/model";
import { useStore } from "../state/store";
import { t } from "../strings";
import { Icon } from "../ui/icon";
import { nameOf } from "./names";
import "../styles/search-filters.css";

interface Props {
  /** The conversation to which the search is limited. */
  readonly within: string | null;
  readonly filter: SearchFilter;
  readonly onChange: (filter: SearchFilter) => void;
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The filters of a search in messages: user, conversation, kind and days. */
export function SearchFilters({ within, filter, onChange }: Props) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const me = useStore((state) => state.me);
  const conversations = useStore((state) => state.conversations);
  const listed = inOrder(conversations).filter((each) => !each.request);
  const people = listed.filter(
    (each) => each.kind !== "session" && (!within || each.id === within),
  );
  const set = (change: Partial<SearchFilter>) => {
    const chosen = Object.entries({ ...filter, ...change }).filter(([, value]) => value);
    onChange(Object.fromEntries(chosen) as SearchFilter);
  };
  const count = Object.keys(filter).length;
  return (
    <div className="search-filters">
      <div className="pills">
        <button
          className="pill"
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
        >
          {t.filters}
          {count > 0 && <span className="num">{count}</span>}
          <Icon name="down" size={16} />
        </button>
        {count > 0 && (
          <button className="pill" type="button" onClick={() => onChange({})}>
            {t.clearFilters}
          </button>
        )}
      </div>
      <div className="search-filters__fields" id={id} hidden={!open}>
        <Choice
          label={t.filterSender}
          value={filter.sender}
          choices={[[me?.id ?? "", t.you], ...people.map(asPerson)]}
          none={t.filterAnyone}
          onChange={(sender) => set({ sender })}
        />
        <Choice
          label={t.filterKind}
          value={filter.has}
          choices={[
            ["files", t.filterFiles],
            ["links", t.filterLinks],
          ]}
          none={t.filterAnything}
          onChange={(has) => set({ has: has as "files" | "links" })}
        />
        {!within && (
          <Choice
            label={t.filterConversation}
            value={filter.conversation_id}
            choices={listed.map((each) => [each.id, nameOf(each)])}
            none={t.all}
            onChange={(conversation_id) => set({ conversation_id })}
          />
        )}
        <Day
          label={t.filterSince}
          value={filter.since}
          later={0}
          onChange={(since) => set({ since })}
        />
        <Day
          label={t.filterUntil}
          value={filter.until}
          later={1}
          onChange={(until) => set({ until })}
        />
      </div>
    </div>
  );
}

const asPerson = (each: Conversation) => [each.peer_id, nameOf(each)] as const;

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly choices: readonly (readonly [string, string])[];
  /** The label while nothing is chosen. */
  readonly none: string;
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, choices, none, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value ?? ""} onChange={(event) => onChange(event.target.value)}>
        <option value="">{none}</option>
        {choices.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

interface DayProps {
  readonly label: string;
  readonly value: string | undefined;
  /** Days to add to the shown day: 1 if the filter ends with that day, otherwise 0. */
  readonly later: number;
  readonly onChange: (value: string) => void;
}

/** A day in the device's time zone; the filter has the time at which it begins or ends. */
function Day({ label, value, later, onChange }: DayProps) {
  const change = (typed: string) => {
    if (!DAY.test(typed)) return onChange("");
    const [year = 0, month = 1, day = 1] = typed.split("-").map(Number);
    onChange(new Date(year, month - 1, day + later).toISOString());
  };
  const id = useId();
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="date"
        value={value ? dayBefore(value, later) : ""}
        onChange={(event) => change(event.target.value)}
      />
    </div>
  );
}

function dayBefore(at: string, days: number): string {
  const date = new Date(at);
  date.setDate(date.getDate() - days);
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((each, index) => String(each).padStart(index ? 2 : 4, "0")).join("-");
}
