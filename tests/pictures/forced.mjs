// Forced colours, for an engine that has none: what CSS Color Adjust says the browser does to a page, done to it by hand.
// Source: https://www.w3.org/TR/css-color-adjust-1/#forced-colors-properties
//
// Backgrounds, borders and texts get the system's colours; shadows go; whoever says `forced-color-adjust: none` keeps their own.

/** The system's colours in this theme: a black one, as "Night sky" of Windows. */
const SYSTEM = { Canvas: '#000000', CanvasText: '#ffffff', LinkText: '#8080ff', GrayText: '#a6a6a6', Highlight: '#d6b4fd', HighlightText: '#2b2b2b', ButtonFace: '#000000', ButtonText: '#ffee32', Field: '#000000', FieldText: '#ffffff' };
const NAMES = new RegExp(`(?<![\\w-])(${Object.keys(SYSTEM).sort((a, b) => b.length - a.length).join('|')})(?![\\w-])`, 'gi');
const named = Object.fromEntries(Object.entries(SYSTEM).map(([name, value]) => [name.toLowerCase(), value]));

/** A style sheet as it is read while colours are forced. */
export function forced(css) {
  return css
    .replace(/\(\s*forced-colors\s*:\s*active\s*\)/g, '(min-width: 0px)')
    .replace(/\(\s*forced-colors\s*:\s*none\s*\)/g, '(max-width: 0px)')
    .replace(/forced-color-adjust\s*:/g, '--forced-color-adjust:')
    .replace(/(?<=[:\s,(])([A-Za-z]+)(?=[\s;}),!])/g, (word) => (NAMES.test(word) ? ((NAMES.lastIndex = 0), named[word.toLowerCase()] ?? word) : ((NAMES.lastIndex = 0), word)));
}

/** Before anything of the page is there. */
export const FORCED = `:root { color-scheme: dark; background: ${SYSTEM.Canvas}; color: ${SYSTEM.CanvasText} }`;

/** Runs in the page once it is painted; the body of a function. */
export const FORCE = `
  const system = ${JSON.stringify(SYSTEM)};
  const own = (element) => getComputedStyle(element).getPropertyValue('--forced-color-adjust').trim() === 'none';
  for (const element of document.querySelectorAll('body, body *')) {
    if (own(element) || element instanceof SVGElement && element.localName !== 'svg') continue;
    const computed = getComputedStyle(element);
    const set = (name, value) => element.style.setProperty(name, value, 'important');
    const disabled = element.matches(':disabled, :disabled *');
    const kind = disabled ? 'GrayText' : element.closest('button, summary') ? 'ButtonText' : element.matches('input, textarea, select') ? 'FieldText' : element.closest('a') ? 'LinkText' : 'CanvasText';
    set('color', system[kind]);
    set('fill', element.localName === 'svg' && computed.fill !== 'none' ? system.CanvasText : computed.fill);
    if (!/,\\s*0\\)$|transparent/.test(computed.backgroundColor)) set('background-color', system.Canvas);
    set('border-color', system[kind]);
    set('box-shadow', 'none');
    set('text-shadow', 'none');
  }`;
