// What scrolls can be scrolled by keyboard. Other engines put such a box into the tab order by themselves; WebKit does not, and
// a box that has nothing to scroll is no stop on anybody's way.

/** For `use:`: takes the focus for as long as there is more in it than can be seen. */
export function scrolls(box: HTMLElement): { destroy: () => void } {
  const look = () => {
    if (box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
    else box.removeAttribute('tabindex');
  };
  const sizes = new ResizeObserver(look);
  sizes.observe(box);
  const texts = new MutationObserver(look);
  texts.observe(box, { childList: true, subtree: true, characterData: true });
  look();
  return {
    destroy: () => {
      sizes.disconnect();
      texts.disconnect();
    },
  };
}
