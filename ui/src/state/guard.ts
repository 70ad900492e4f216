// The click guard: a control that just appeared, or moved under the pointer, does not take a click for 400 ms. A card
// comes up while a person is clicking elsewhere, and a late match pushes buttons down; neither may press anything.
// Keys go where the focus is and are never held back.

const HOLD = 400;
const CONTROLS = 'button, a[href], input, select, textarea, summary, [role="option"], [role="tab"]';
/** Pixels below which a control counts as not moved. */
const SLACK = 4;

interface Place {
  left: number;
  right: number;
  top: number;
  bottom: number;
  since: number;
}

/** Neither edge is where it was. A control that only grows or shrinks, as a count of seconds does, has not moved away. */
const moved = (before: number, after: number, other: number, there: number): boolean =>
  Math.abs(before - after) > SLACK && Math.abs(other - there) > SLACK;

/** A Svelte action for the root of a window's content. */
export function guard(root: HTMLElement, now: () => number = () => performance.now()) {
  const places = new WeakMap<Element, Place>();
  let frame = 0;

  const look = (control: Element): Place => {
    const box = control.getBoundingClientRect();
    // Where it is on the screen: a card that sits at the bottom grows upwards, and takes its buttons with it.
    const [left, top] = [box.x + (window.screenX || 0), box.y + (window.screenY || 0)];
    const [right, bottom] = [left + box.width, top + box.height];
    const known = places.get(control);
    const still = known && !moved(known.left, left, known.right, right) && !moved(known.top, top, known.bottom, bottom);
    const place = { left, right, top, bottom, since: still ? known.since : now() };
    places.set(control, place);
    return place;
  };
  const lookAll = () => {
    frame = 0;
    for (const control of root.querySelectorAll(CONTROLS)) look(control);
  };
  const soon = () => {
    frame ||= requestAnimationFrame(lookAll);
  };

  const onClick = (event: MouseEvent) => {
    // `detail` counts clicks of a pointer; a key or assistive technology sends 0.
    if (event.detail === 0 || !(event.target instanceof Element)) return;
    const control = event.target.closest(CONTROLS);
    if (!control || !root.contains(control) || now() - look(control).since >= HOLD) return;
    event.preventDefault();
    event.stopPropagation();
  };

  const changes = new MutationObserver(lookAll);
  changes.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ['class', 'hidden'] });
  root.addEventListener('click', onClick, true);
  root.addEventListener('pointermove', soon, { passive: true });
  // Where things come to rest without the tree changing: the card has slid in, the window has been shown in its corner.
  root.addEventListener('animationend', lookAll);
  document.addEventListener('visibilitychange', soon);
  window.addEventListener('resize', lookAll);
  lookAll();

  return {
    destroy() {
      changes.disconnect();
      cancelAnimationFrame(frame);
      root.removeEventListener('click', onClick, true);
      root.removeEventListener('pointermove', soon);
      root.removeEventListener('animationend', lookAll);
      document.removeEventListener('visibilitychange', soon);
      window.removeEventListener('resize', lookAll);
    },
  };
}
