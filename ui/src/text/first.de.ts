// Die Wörter der ersten Schritte.

import type { first as english } from './first.en';
import { pluralFor } from './plural';

const plural = pluralFor('de');

export const first: typeof english = {
  label: 'Ringside einrichten',
  step: (at, of) => `Schritt ${at} von ${of}`,
  steps: { rehearsal: 'Ausprobieren', phone: 'Ihr Telefon', contacts: 'Ihre Kontakte', numbers: 'Ihre Nummern', done: 'Fertig' },
  next: 'Weiter',
  back: 'Zurück',
  skip: 'Überspringen',
  skipAll: 'Später einrichten',
  finish: 'Los',
  rehearsal: {
    title: 'Wer ruft an?',
    body: 'Wenn Ihr Telefon klingelt, zeigt Ringside, wer es ist: aus all Ihren CRMs zugleich, und bevor Sie sich gemeldet haben. Sehen Sie es jetzt, mit einem erfundenen Anruf.',
    ring: 'Zur Probe klingeln lassen',
    again: 'Noch einmal klingeln',
    ringing: 'Es klingelt…',
    came: 'Das war es. Die Karte kam von selbst und nahm Ihnen weder Maus noch Tastatur.',
    where: 'Sehen Sie in die Ecke Ihres Bildschirms.',
    quiet: 'Es kam keine Karte. Nach Ihren Regeln zeigen Anrufe keine, oder Ringside macht Pause; der Anruf steht trotzdem in der Liste.',
  },
  phone: {
    body: 'Ringside hört auf das Telefon, das Sie haben. Wählen Sie es und rufen Sie sich selbst an: fünf Marken zeigen, was ankommt.',
    none: 'Ohne Telefon erfährt Ringside von keinem Anruf. Sie können es später unter Telefone hinzufügen.',
    heard: (name) => `${name} meldet Anrufe.`,
  },
  contacts: {
    body: 'Wo stehen die Leute, die Sie anrufen? Verbinden Sie ein CRM oder importieren Sie Kontakte aus einer Datei. Schlüssel und Passwörter kommen in den Schlüsselbund des Systems und sonst nirgendwohin.',
    crm: 'CRM verbinden',
    file: 'Datei importieren',
    book: (n, count) => plural(count, { one: `${n} Person ist schon bekannt.`, other: `${n} Personen sind schon bekannt.` }),
  },
  numbers: {
    body: 'Eine Nummer ohne Landesvorwahl gilt als Nummer Ihres Landes. Ihre eigenen Nummern werden nie gesucht und nie protokolliert.',
  },
  done: {
    title: 'Bereit für den nächsten Anruf',
    body: 'Ringside bleibt im Infobereich, wenn Sie dieses Fenster schließen.',
    open: 'Noch offen',
    nothing: 'Nichts mehr zu tun.',
    search: (keys) => `${keys} findet eine Person von überall.`,
    card: (keys) => `${keys} gibt der Karte die Tastatur.`,
    noKeys: 'Die Suche nach Namen ist im Infobereich.',
    noPhone: 'Noch kein Telefon',
    noContacts: 'Noch keine Kontakte',
    noHome: 'Noch kein Heimatland',
    go: 'Jetzt erledigen',
    rules: 'Was am Ende eines Anrufs geschieht und wann eine Karte kommt, steht unter Regeln. Was behalten wird und wie lange, steht unter Datenschutz.',
  },
};
