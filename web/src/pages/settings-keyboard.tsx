import { t } from "../strings";
import { Section, SetLine } from "./settings";

export function Keyboard() {
  const { shortcuts } = t;
  const keys: readonly (readonly [string, readonly string[]])[] = [
    [shortcuts.palette, ["Ctrl", "K"]],
    [shortcuts.conversations, ["Alt", "↑", "↓"]],
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
  ];
  return (
    <Section id="keyboard" title={t.keyboard}>
      <div className="panel">
        {keys.map(([name, combination]) => (
          <SetLine key={name} title={name}>
            <span className="keys-line">
              {combination.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </span>
          </SetLine>
        ))}
      </div>
    </Section>
  );
}
