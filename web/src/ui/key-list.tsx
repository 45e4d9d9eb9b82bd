import { t } from "../strings";

/** The keys that work in the chat. */
export function KeyList() {
  const { shortcuts } = t;
  const keys: readonly (readonly [string, readonly string[]])[] = [
    [shortcuts.palette, ["Ctrl", "K"]],
    [shortcuts.search, ["Ctrl", "F"]],
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
    [t.delete, ["Del"]],
    [shortcuts.sheet, ["Ctrl", "/"]],
  ];
  return (
    <div className="panel">
      {keys.map(([name, combination]) => (
        <div className="set" key={name}>
          <span className="set__text">
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
