interface Props {
  readonly bars: readonly number[];
  /** The played part, from 0 to 1. */
  readonly played: number;
}

const STEP = 4.4;
const WIDTH = 2.6;
const HEIGHT = 30;
const HIGHEST = 28;
const LOWEST = 4;

/** A waveform, from left to right in every language, as in other players. */
export function Bars({ bars, played }: Props) {
  return (
    <svg
      className="voice__wave"
      viewBox={`0 0 ${bars.length * STEP - (STEP - WIDTH)} ${HEIGHT}`}
      fill="currentColor"
      preserveAspectRatio="none"
      aria-hidden
    >
      {bars.map((bar, at) => {
        const height = LOWEST + bar * (HIGHEST - LOWEST);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
            key={at}
            className={at < played * bars.length ? "done" : undefined}
            x={at * STEP}
            y={(HEIGHT - height) / 2}
            width={WIDTH}
            height={height}
            rx={WIDTH / 2}
          />
        );
      })}
    </svg>
  );
}
