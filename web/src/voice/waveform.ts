/** The loudness of a recording over time, as bars. */

/** Bars of a voice message (rule W9). */
export const BARS = 48;
/** The highest measured level, which speech rarely reaches. */
const LOUDEST = 255;
/** A quieter recording stays flat, so that noise does not look like speech. */
const QUIET = 24;

/** The loudest sample of each of `count` equal parts, so that the loudest of all is 255. */
export function peaks(samples: readonly number[], count = BARS): Uint8Array<ArrayBuffer> {
  const loudest = Math.max(QUIET, ...samples);
  const result = new Uint8Array(count);
  for (let bar = 0; bar < count; bar += 1) {
    const from = Math.floor((bar * samples.length) / count);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * samples.length) / count));
    const peak = Math.max(0, ...samples.slice(from, to));
    result[bar] = Math.round((peak / loudest) * LOUDEST);
  }
  return result;
}

/** The bars of a file's waveform, from 0 to 1; flat without one. */
export function barsOf(waveform: string | null): readonly number[] {
  const samples = waveform ? [...atob(waveform)].map((each) => each.charCodeAt(0)) : [];
  if (samples.length === BARS) return samples.map((each) => each / LOUDEST);
  return Array.from({ length: BARS }, (_, bar) => {
    const at = Math.floor((bar * samples.length) / BARS);
    return (samples[at] ?? 0) / LOUDEST;
  });
}

/** The loudness of wave values from -1 to 1, as a number from 0 to 255. */
export function loudness(wave: Float32Array): number {
  let sum = 0;
  for (const value of wave) sum += value * value;
  // Perceived loudness is closer to a root of the power.
  return Math.min(LOUDEST, Math.round(Math.sqrt(Math.sqrt(sum / wave.length)) * LOUDEST));
}
