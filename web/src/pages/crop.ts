/** The square of a picture that its window shows after moving and zooming. Pure. */

export interface View {
  /** The zoom; 1 shows as much as possible. */
  readonly zoom: number;
  /** The distance of the picture from the middle, in widths of the window. */
  readonly x: number;
  readonly y: number;
}

export interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

export const FIRST_VIEW: View = { zoom: 1, x: 0, y: 0 };
export const MOST_ZOOM = 4;

/** Limit a view so that the picture fills the window. */
export function within({ zoom, x, y }: View, width: number, height: number): View {
  const least = Math.min(width, height);
  const near = Math.min(Math.max(zoom, 1), MOST_ZOOM);
  const clamp = (value: number, length: number) => {
    const most = ((length / least) * near - 1) / 2;
    return Math.min(Math.max(value, -most), most);
  };
  return { zoom: near, x: clamp(x, width), y: clamp(y, height) };
}

/** The shown square in pixels of the picture. */
export function squareOf(view: View, width: number, height: number): Square {
  const { zoom, x, y } = within(view, width, height);
  const side = Math.min(width, height) / zoom;
  // Rounding must not exceed the picture.
  const from = (length: number, moved: number) =>
    Math.min(Math.max((length - side) / 2 - moved * side, 0), length - side);
  return { left: from(width, x), top: from(height, y), side };
}
