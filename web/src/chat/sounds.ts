/** The sounds of notifications, synthesised so that there is no file to load. */

import { readPreference } from "../state/preferences";

export const SOUNDS = ["drop", "wood", "none"] as const;

/** The notes: wave form, start and end pitch (Hz), start and duration (seconds). */
const NOTES = {
  drop: [
    ["sine", 660, 990, 0, 0.12],
    ["sine", 990, 1_320, 0.11, 0.22],
  ],
  wood: [
    ["triangle", 420, 300, 0, 0.09],
    ["triangle", 560, 410, 0.1, 0.12],
  ],
  none: [],
} as const;

const LOUDNESS = 0.18;

let audio: AudioContext | null = null;
/** The number of tones that have not ended. */
let playing = 0;

/** Play the chosen sound. Browsers allow none before the first click or key. */
export async function playSound(): Promise<void> {
  const notes = NOTES[readPreference("sound")];
  if (notes.length === 0 || !navigator.userActivation?.hasBeenActive) return;
  audio ??= new AudioContext();
  playing += notes.length; // so that the end of an earlier sound does not suspend this one
  await audio.resume();
  for (const [wave, from, to, after, seconds] of notes) {
    const begin = audio.currentTime + after;
    const tone = new OscillatorNode(audio, { type: wave, frequency: from });
    const volume = new GainNode(audio, { gain: LOUDNESS });
    tone.frequency.exponentialRampToValueAtTime(to, begin + seconds);
    volume.gain.setValueAtTime(LOUDNESS, begin);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + seconds);
    tone.connect(volume).connect(audio.destination);
    tone.addEventListener("ended", rest);
    tone.start(begin);
    tone.stop(begin + seconds);
  }
}

/** Suspend the context after the last tone: while it runs, the device's sound output stays on. */
function rest(): void {
  playing -= 1;
  if (playing === 0) void audio?.suspend();
}
