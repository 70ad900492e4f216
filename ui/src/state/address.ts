// The address of a server as it is typed, read at every keystroke so that a slip shows at once. The owner reads it again by
// the same rules, and its word counts.

export type Address = { address: string } | { problem: 'unreadable' | 'scheme' | 'plainHttp' | 'credentials' };

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Without a scheme it is https. A page's address is as good as the server's: what follows the path goes. */
export function readAddress(text: string): Address {
  const typed = text.trim();
  let url: URL;
  try {
    url = new URL(HAS_SCHEME.test(typed) ? typed : `https://${typed}`);
  } catch {
    return { problem: 'unreadable' };
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { problem: 'scheme' };
  if (url.username || url.password) return { problem: 'credentials' };
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) return { problem: 'plainHttp' };
  return { address: url.origin + url.pathname.replace(/\/+$/, '') };
}

/** A server on this computer, as `host`, `host:port` or an address: what is sent there stays here. */
export function isHere(server: string): boolean {
  const typed = server.trim();
  // An IPv6 address may stand without its brackets.
  for (const text of [typed, `[${typed}]`]) {
    try {
      return LOOPBACK.test(new URL(`http://${text}`).hostname);
    } catch {
      continue;
    }
  }
  return false;
}
