// A page that takes the place of another begins at its top: what scrolls keeps how far the one before was scrolled.

/** Whatever scrolls around `node`: the page beside the side bar, or in a small window all of it. */
export function toTop(node: Element | undefined): void {
  for (const one of [node?.closest('main'), document.scrollingElement]) if (one) one.scrollTop = 0;
}

/** For `use:` on what takes another's place. It runs before the focus goes anywhere, so that a field far below is still shown. */
export function fromTop(node: HTMLElement): void {
  toTop(node);
}
