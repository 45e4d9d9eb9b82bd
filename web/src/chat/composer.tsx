import type { Conversation, Message } from "backchannel-client";
import {
  type KeyboardEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { typingHere, typingStopped } from "../state/actions";
import { readPreference } from "../state/preferences";
import { t } from "../strings";
import { Icon } from "../ui/icon";
import { useRecorder, type VoiceDraft } from "../voice/use-recorder";
import { EmojiPicker } from "./emoji";
import { useImeGuard } from "./ime";
import { previewOf } from "./names";

export interface Editing {
  readonly message: Message;
  readonly text: string;
}

interface Props {
  readonly conversation: Conversation | null;
  readonly name: string;
  readonly text: string;
  readonly reply: { readonly message: Message; readonly mine: boolean } | null;
  readonly editing: Editing | null;
  readonly toast: ReactNode;
  readonly jump: ReactNode;
  readonly tray: ReactNode;
  /** There are files to send with the text, or uploads that must finish first. */
  readonly attached: boolean;
  readonly busy: boolean;
  /** Null where voice messages are not offered. */
  readonly voice: VoiceDraft | null;
  /** An answer is being given: Stop replaces Send (rule W18). */
  readonly onStop: (() => void) | null;
  readonly onFiles: (files: Iterable<File>) => void;
  readonly onText: (text: string) => void;
  readonly onSend: () => void;
  readonly onCancel: () => void;
  readonly onEditLast: () => void;
}

/** The message field and its buttons. */
export function Composer(props: Props) {
  const { conversation, name, text, reply, editing, onText, onSend, onCancel } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const composing = useImeGuard();
  const chooser = useRef<HTMLInputElement>(null);
  const [picking, setPicking] = useState(false);
  const assistant = conversation?.kind === "session";
  const filled = text.trim().length > 0 || props.attached || props.busy;
  const full = filled && !props.busy;
  const recorder = useRecorder(props.voice);
  useAutoGrow(field, text, filled);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of each begins something new
  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, [conversation?.id, reply?.message.id, editing?.message.id]);
  // Browsers put the caret at the start of a text that was not typed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text replaces the draft
  useLayoutEffect(() => {
    const end = field.current?.value.length ?? 0;
    field.current?.setSelectionRange(end, end);
  }, [editing?.message.id]);

  const closePicker = useCallback(() => setPicking(false), []);
  const insert = (emoji: string) => {
    field.current?.focus();
    // Unlike a new value, this keeps the caret where it is and can be undone.
    document.execCommand("insertText", false, emoji);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (composing.holds(event)) return;
    const sends = readPreference("enterSends") === "yes" ? !event.shiftKey : event.ctrlKey;
    if (event.key === "Enter" && sends && !event.altKey) {
      event.preventDefault();
      if (full && !props.onStop) onSend();
    } else if (event.key === "Escape" && (reply || editing)) {
      event.stopPropagation();
      onCancel();
    } else if (event.key === "ArrowUp" && !text && !editing) {
      event.preventDefault();
      props.onEditLast();
    }
  };

  return (
    <div className="dock">
      {props.jump}
      <div className="dock__inner">
        {props.toast}
        {picking && (
          <EmojiPicker
            onClose={closePicker}
            onPick={(emoji) => {
              insert(emoji);
              closePicker();
            }}
          />
        )}
        <div className="composer">
          {(reply || editing) && (
            <Strip name={name} reply={reply} editing={editing} onCancel={onCancel} />
          )}
          {props.tray}
          <div className="composer__row">
            {(!editing && recorder.bar) || (
              <>
                <button
                  className="icon-btn"
                  type="button"
                  aria-label={t.attach}
                  hidden={editing !== null}
                  onClick={() => chooser.current?.click()}
                >
                  <Icon name="plus" />
                </button>
                <input
                  ref={chooser}
                  type="file"
                  multiple
                  hidden
                  onChange={(event) => {
                    props.onFiles(event.target.files ?? []);
                    event.target.value = "";
                  }}
                />
                <textarea
                  ref={field}
                  className="composer__field"
                  id="message-field"
                  rows={1}
                  dir="auto"
                  value={text}
                  placeholder={assistant ? t.ask(t.assistant) : t.message}
                  aria-label={t.messageTo(assistant ? t.assistant : name)}
                  onChange={(event) => {
                    onText(event.target.value);
                    if (conversation && event.target.value) typingHere(conversation.id);
                  }}
                  onBlur={typingStopped}
                  onKeyDown={onKeyDown}
                  onPaste={(event) => {
                    const files = [...event.clipboardData.files];
                    // Spreadsheets add a picture to their text.
                    const isText = event.clipboardData.types.includes("text/rtf");
                    if (files.length === 0 || isText) return;
                    event.preventDefault();
                    props.onFiles(files);
                  }}
                  {...composing.handlers}
                />
                <button
                  className="icon-btn"
                  type="button"
                  aria-label={t.emoji}
                  aria-expanded={picking}
                  onClick={() => setPicking(!picking)}
                >
                  <Icon name="smile" />
                </button>
              </>
            )}
            {props.onStop ? (
              <StopButton onStop={props.onStop} />
            ) : (
              <button
                className="send"
                type="button"
                aria-label={t.send}
                hidden={!filled}
                disabled={!full}
                onClick={onSend}
              >
                <Icon name={editing ? "check" : "send"} />
              </button>
            )}
            {!filled && !editing && recorder.button}
          </div>
        </div>
      </div>
    </div>
  );
}

function StopButton({ onStop }: { readonly onStop: () => void }) {
  return (
    <button className="stop" type="button" onClick={onStop}>
      <Icon name="stop" size={18} />
      {t.stop}
      <span className="sr"> {t.stopAnswering}</span>
    </button>
  );
}

interface StripProps {
  readonly name: string;
  readonly reply: Props["reply"];
  readonly editing: Editing | null;
  readonly onCancel: () => void;
}

function Strip({ name, reply, editing, onCancel }: StripProps) {
  const message = editing?.message ?? reply?.message;
  const title = editing ? t.editing : reply?.mine ? t.replyingToSelf : t.replyingTo(name);
  return (
    <div className="strip">
      <span className="strip__rule" />
      <div className="strip__body">
        <b>
          {editing && <Icon name="edit" size={16} />}
          {title}
        </b>
        <span className="truncate" dir="auto">
          {message ? previewOf(message).text : ""}
        </span>
      </div>
      <button
        className="icon-btn"
        type="button"
        aria-label={editing ? t.cancelEdit : t.cancelReply}
        onClick={onCancel}
      >
        <Icon name="close" size={18} />
      </button>
    </div>
  );
}

/** As high as its content, up to the limit of its style. */
function useAutoGrow(
  field: React.RefObject<HTMLTextAreaElement | null>,
  text: string,
  narrowed: boolean,
): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows text and width
  useLayoutEffect(() => {
    const element = field.current;
    if (!element || CSS.supports("field-sizing", "content")) return; // its style does it
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text, narrowed]);
}
