import { t } from "../strings/settings";

/** The keys that work in the chat. */
export function KeyList() {
  const { keys, shortcuts } = t;
  const list: readonly (readonly [string, readonly string[]])[] = [
    [shortcuts.palette, [keys.control, "K"]],
    [shortcuts.search, [keys.control, "F"]],
    [shortcuts.conversations, ["Alt", "↑", "↓"]],
    [shortcuts.unread, ["Alt", "⇧", "↑", "↓"]],
    [shortcuts.editLast, ["↑"]],
    [shortcuts.newest, ["Esc"]],
    [shortcuts.regions, ["F6"]],
    [shortcuts.send, ["↵"]],
    [shortcuts.line, ["⇧", "↵"]],
    [t.reply, ["R"]],
    [t.edit, ["E"]],
    [t.copyText, ["C"]],
    [t.react, ["+"]],
    [t.delete, [keys.delete]],
    [shortcuts.sheet, [keys.control, "/"]],
  ];
  return (
    <div className="panel">
      {list.map(([name, combination]) => (
        <div className="setting" key={name}>
          <span className="setting__text">
            <b>{name}</b>
          </span>
          <span className="keys-line">
            {combination.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </span>
        </div>
      ))}
    </div>
  );
}
