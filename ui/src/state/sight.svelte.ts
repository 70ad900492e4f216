// Which parts of a long list are near the screen. Only those are drawn: a list of thousands costs what a page of it costs.

/** How far beyond the screen a part is drawn already, in CSS pixels: more than a press of Page Down. */
const AHEAD = 800;

type Tell = (near: boolean) => void;

export class Sight {
  readonly #parts = new Map<HTMLElement, Tell>();
  #frame: number | undefined;

  /** Looks again before the next frame, however often it is asked to. */
  soon = (): void => {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.look();
    });
  };

  /** All places are read before anything is drawn, so that they are worked out once. */
  look(): void {
    const seen = [...this.#parts].map(([part, tell]) => {
      const { top, bottom } = part.getBoundingClientRect();
      return { tell, near: top < innerHeight + AHEAD && bottom > -AHEAD };
    });
    for (const { tell, near } of seen) tell(near);
  }

  /** For `use:`: tells a part whether it is near. */
  watch = (part: HTMLElement, tell: Tell) => {
    this.#parts.set(part, tell);
    this.soon();
    return { destroy: () => void this.#parts.delete(part) };
  };

  stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#parts.clear();
  }
}
