import { t } from "../strings/settings";
import { KeyList } from "../ui/key-list";
import { Section } from "./settings";

export function Keyboard() {
  return (
    <Section id="keyboard" title={t.keyboard}>
      <KeyList />
    </Section>
  );
}
