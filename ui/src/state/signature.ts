// What a pasted mail signature says: the name, the role, the company, the address, the number. It guesses by what lines look
// like, fills nothing it does not recognise, and leaves the rest to the person, who sees every field before anything is sent.

import { plain } from '../text/name';

export interface Signature {
  name?: string;
  title?: string;
  company?: string;
  email?: string;
  phone?: string;
}

/** A signature is short; what is longer is a whole mail. */
const MAX_LINES = 40;
const MAX_LINE = 200;

const EMAIL = /[^\s<>()[\],;:|"]+@[\p{L}\p{N}.-]+\.\p{L}{2,}/u;
const PHONE = /(?:\+|\(?0|\()[\d\s().\/–-]{5,}\d(?:\s*(?:x|ext\.?|-)\s*\d{1,5})?|\b\d{3}[-.\s]\d{3}[-.\s]\d{4}\b/iu;
const PHONE_LABEL = /^(?:tel(?:efon|ephone)?|phone|fon|mobile?|mobil(?:funk|telefon)?|cell|handy|direct|direkt|office|büro|durchwahl|zentrale|t|m|p|d|o)(?![\p{L}])[\s.:/|]*/iu;
const FAX = /^(?:tele)?fax|^f[:.]\s*[+\d(]/iu;
const WEB = /(?:https?:\/\/|www\.)\S+|^[\p{L}\p{N}-]+\.(?:com|de|org|net|io|co\.uk|eu|at|ch|example)\/?\S*$/iu;
const CLOSING = /^(?:mit (?:freundlichen|besten|herzlichen)|(?:freundliche|viele|beste|liebe|schöne|herzliche) grü(?:ß|ss)e|(?:kind|best|warm)(?:est)? (?:regards|wishes)|regards|best|thanks|thank you|many thanks|cheers|sincerely|yours|danke|vielen dank|gru(?:ß|ss)|lg|vg|mfg|sent from|von meinem|i\. ?[av]\.$|-+$|_+$|=+$)/iu;
const LEGAL = /\bHR[AB]\b|amtsgericht|registergericht|handelsregister|geschäftsführ(?:er|ung)(?:in)?\s*:|managing directors?\s*:|vorstand\s*:|aufsichtsrat|ust-?id|steuernummer|\bVAT\b|registered (?:in|office|number)|company (?:no|number|reg)|sitz der|confidential|vertraulich|unsubscribe/iu;
const ADDRESS = /\b\d{5}\s+\p{L}|\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b|,\s*[A-Z]{2}\s+\d{5}|(?:stra(?:ß|ss)e|str\.|platz|weg|allee|gasse|ufer|damm|ring)\s*\d|^\d+[a-z]?,?\s+\p{L}|\b(?:street|road|avenue|lane|drive|boulevard|suite|floor|p\.?o\.? box|postfach)\b/iu;
const COMPANY = /\b(?:GmbH|AG|KG|OHG|UG|SE|mbH|gGmbH|GbR|eG|e\.\s?V|e\.\s?K|Ltd|Limited|LLC|LLP|Inc|Incorporated|Corp|Corporation|PLC|Pty|S\.?A\.?S?|B\.?V|N\.?V|Oy|A\/S|S\.?r\.?l)\b\.?|\b(?:Group|Gruppe|Holding|Company|Partners|Solutions|Consulting|Industries|Verlag|Stiftung|Universität|University|Kanzlei|Klinik|Hospital|Council|Bank)\b|&\s*(?:Co|Söhne|Sons|Partner)\b/u;
const TITLE = /\b(?:head|manager|director|lead|leiter(?:in)?|leitung|chief|c[eftiom]o|engineer|consultant|berater(?:in)?|vertrieb|sales|einkauf|einkäufer(?:in)?|purchasing|procurement|buyer|assistant|assistent(?:in)?|assistenz|sachbearbeiter(?:in)?|geschäftsführer(?:in)?|prokurist(?:in)?|partner(?:in)?|lawyer|attorney|solicitor|rechtsanw(?:alt|ältin)|ingenieur(?:in)?|entwickler(?:in)?|developer|analyst(?:in)?|president|vice|vp|officer|account|executive|referent(?:in)?|projekt\p{L}*|product|founder|gründer(?:in)?|inhaber(?:in)?|owner|architekt(?:in)?|architect|specialist|spezialist(?:in)?|coordinator|koordinator(?:in)?|support|marketing|personal\p{L}*|recruiter|disponent(?:in)?|controller(?:in)?|buchhaltung|accountant|secretary|sekretariat|\p{L}+(?:leiter|leiterin|leitung|beauftragter?|meister|meisterin|berater|beraterin))(?![\p{L}])/iu;
const SALUTATION = /^(?:herrn?|frau|mrs?|ms|miss|mx)\.?\s+/iu;
/** `M.Sc.`, `B.A.`, `MBA` behind a name. */
const DEGREE = /,\s*(?:[BM]\.?\s?(?:A|Sc|Eng)\.?|MBA|PhD|Ph\.D\.|LL\.?M\.?|CPA)\s*$/u;
const NAME_WORD = /^(?:\p{Lu}[\p{L}'’.-]*|(?:von|van|de|der|den|zu|zur|da|di|del|la|le|bin|al|el|ter|ten|y|und)\b.*)$/u;

/** `null` where it is not a signature: a name alone, or nothing that was recognised. */
export function readSignature(text: string): Signature | null {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/u).slice(0, MAX_LINES);
  if (lines.filter((line) => line.trim()).length < 2) return null;
  const found: Signature = {};
  const rest: string[] = [];
  for (const part of lines.flatMap(parts)) {
    if (!part || part.length > MAX_LINE || CLOSING.test(part) || LEGAL.test(part) || FAX.test(part)) continue;
    const email = EMAIL.exec(part)?.[0];
    if (email) {
      found.email ??= email.replace(/^mailto:/i, '');
      continue;
    }
    if (WEB.test(part)) continue;
    const number = phone(part);
    if (number) {
      found.phone ??= number;
      continue;
    }
    if (!ADDRESS.test(part)) rest.push(part);
  }
  sort(rest.flatMap(divide), found);
  return Object.keys(found).length > 1 ? found : null;
}

/** What stands in one line beside each other. */
function parts(line: string): string[] {
  return line.split(/\s+[|·•]\s+|\s*\|\s*|\s+\/\/\s+|\t+|\s{3,}|\s+[–—]\s+|\s+-\s+|;\s+/u).map(plain);
}

/** Two facts with a comma or a little word between them: `Anna Meier, Buyer`, `Buyer at ACME Ltd`. */
function divide(part: string): string[] {
  const at = /^(.+?)\s+(?:at|bei|@)\s+(.+)$/iu.exec(part);
  if (at?.[1] && at[2] && TITLE.test(at[1])) return [at[1], at[2]];
  const [first, ...more] = part.split(/,\s+/u);
  const last = more.join(', ');
  if (!first || !last) return [part];
  const fits = (TITLE.test(last) && !TITLE.test(first) && isName(first)) || (COMPANY.test(last) && !COMPANY.test(first)) || (COMPANY.test(first) && TITLE.test(last));
  if (fits) return [first, last];
  return COMPANY.test(first) && !COMPANY.test(last) ? [first] : [part];
}

function sort(rest: string[], found: Signature): void {
  const over: string[] = [];
  for (const part of rest) {
    if (!found.company && COMPANY.test(part)) found.company = part;
    else if (!found.name && isName(part) && !TITLE.test(part)) found.name = named(part);
    else if (!found.title && TITLE.test(part)) found.title = part;
    else over.push(part);
  }
  // A company without any mark of one: what is left next to the name, if it is short.
  const like = over.find((part) => part.split(/\s+/u).length <= 5 && /^\p{Lu}/u.test(part) && !/\d/u.test(part));
  if (!found.company && like && found.name) found.company = like;
}

function phone(part: string): string | null {
  const bare = part.replace(PHONE_LABEL, '');
  const match = PHONE.exec(bare)?.[0];
  if (!match || match.replace(/\D/g, '').length < 7) return null;
  // A number in the middle of other words is part of an address or a sentence.
  return bare.replace(match, '').replace(/[\s():.,/-]/gu, '').length <= 12 ? match.replace(/\s+/gu, ' ').trim() : null;
}

function isName(part: string): boolean {
  const name = named(part).split(/\s+/u);
  return !/[\d@:/]/u.test(part) && name.length >= 2 && name.length <= 6 && name.every((word) => NAME_WORD.test(word)) && !COMPANY.test(part);
}

/** Without salutation and degrees; `Meier, Anna` the way it is spoken. */
function named(part: string): string {
  const bare = part.replace(SALUTATION, '').replace(DEGREE, '').replace(/^i\. ?[AV]\.\s+/u, '').replace(/^ppa\.\s+/u, '');
  const turned = /^(\p{Lu}[\p{L}'’-]+),\s+(\p{Lu}[\p{L}'’. -]+)$/u.exec(bare);
  return turned ? `${turned[2]} ${turned[1]}` : bare;
}
