// What the file of calls and the address book say, in German. By the English sentence, as it stands in crates/; `{1}` is a gap without a name.

import type { Sentences } from './sentences';

export const store: Sentences = {
  // store/person/erase
  'a contact for this person is being created just now': 'Gerade wird ein Kontakt für diese Person angelegt',
  'Erase them in a moment': 'Löschen Sie sie gleich noch einmal',
  // store/key
  'one or more characters are wrong: compare the groups with what you wrote down': 'Ein oder mehrere Zeichen sind falsch: Vergleichen Sie die Gruppen mit dem, was Sie sich notiert haben',
  // store/journal/writes
  'this call has a log already, written by a newer version of Ringside': 'Dieser Anruf hat schon ein Protokoll, geschrieben von einer neueren Version von Ringside',
  'Install that version or a later one': 'Installieren Sie jene Version oder eine spätere',
  'there is no such write in the journal': 'Ein solches Protokoll steht nicht im Verlauf',
  // store/file
  'there is a folder where the database should be': 'Wo die Datenbank sein sollte, ist ein Ordner',
  'there is no file yet whose key could be changed': 'Es gibt noch keine Datei, deren Schlüssel sich ändern ließe',
  'the database did not take its key': 'Die Datenbank hat ihren Schlüssel nicht angenommen',
  'This build of Ringside may lack encryption; install it anew': 'Diesem Ringside fehlt vielleicht die Verschlüsselung; installieren Sie es neu',
  'the database does not open with this key': 'Die Datenbank öffnet sich mit diesem Schlüssel nicht',
  'Type its recovery code, or unlock the keyring that holds its key. The file was left as it is': 'Geben Sie ihren Wiederherstellungscode ein, oder entsperren Sie den Schlüsselbund, der ihren Schlüssel enthält. Die Datei blieb, wie sie war',
  'the database file can\'t be reached': 'Die Datei der Datenbank ist nicht zu erreichen',
  'Check that the profile folder exists, is yours, and is not full': 'Prüfen Sie, ob es den Profilordner gibt, ob er Ihnen gehört und nicht voll ist',
  // store/thread
  'the system gave no thread for the database': 'Das System gab der Datenbank keinen Thread',
  'the database is closed, or its thread failed': 'Die Datenbank ist geschlossen, oder ihr Thread ist abgebrochen',
  'Restart Ringside; what was saved is in the file': 'Starten Sie Ringside neu; was gespeichert war, ist in der Datei',
  // store/rows/mod
  'a row could not be written as JSON': 'Eine Zeile ließ sich nicht als JSON schreiben',
  // store/merge
  'what was kept in memory could not be read': 'Was im Arbeitsspeicher lag, war nicht zu lesen',
  // store/memory
  'a connection can keep {LONGEST_MEMORY} bytes under one name, and was given more': 'Eine Verbindung kann unter einem Namen {LONGEST_MEMORY} Bytes behalten und bekam mehr',
  // store/error
  'the disk is full': 'Der Datenträger ist voll',
  'Free some space; nothing that was saved before is lost': 'Schaffen Sie Platz; nichts, was vorher gespeichert war, ist verloren',
  'another program is holding the database': 'Ein anderes Programm hält die Datenbank fest',
  'Close other copies of Ringside that use this profile': 'Schließen Sie andere Ringsides, die dieses Profil benutzen',
  'the database may not be opened or written': 'Die Datenbank darf nicht geöffnet oder geschrieben werden',
  'Check who owns the profile folder and what its permissions are': 'Prüfen Sie, wem der Profilordner gehört und welche Zugriffsrechte er hat',
  'the disk did not read or write': 'Der Datenträger hat nicht gelesen oder geschrieben',
  'Check the disk; nothing that was saved before is changed': 'Prüfen Sie den Datenträger; nichts, was vorher gespeichert war, ist verändert',
  'the database is damaged': 'Die Datenbank ist beschädigt',
  'Keep a copy of the file before anything else; what can still be read stays usable': 'Behalten Sie vor allem anderen eine Kopie der Datei; was noch zu lesen ist, bleibt benutzbar',
  'this is in the database already, in another shape': 'Das steht schon in der Datenbank, in anderer Gestalt',
  'the database did not do what was asked': 'Die Datenbank hat nicht getan, was verlangt war',
  // store/store
  'the store is in another file already': 'Was gespeichert ist, liegt schon in einer anderen Datei',
  // store/schema
  'the database was made by a newer version of Ringside': 'Die Datenbank stammt von einer neueren Version von Ringside',
  'Install that version or a later one; the file was left as it is': 'Installieren Sie jene Version oder eine spätere; die Datei blieb, wie sie war',
  'the database could not be brought up to date': 'Die Datenbank ließ sich nicht auf den neuesten Stand bringen',
  'The file was left as it is; keep a copy of it': 'Die Datei blieb, wie sie war; behalten Sie eine Kopie davon',
  // store/address_book/people
  'Correct the field and save again': 'Berichtigen Sie das Feld, und speichern Sie noch einmal',
  'the address book holds persons, companies and leads only': 'Im Adressbuch stehen nur Personen, Firmen und Interessenten',
  'a contact needs a name': 'Ein Kontakt braucht einen Namen',
  'this field takes at most {LONGEST} characters': 'Dieses Feld nimmt höchstens {LONGEST} Zeichen',
  'this is no e-mail address: it needs an @ with something on both sides': 'Das ist keine E-Mail-Adresse: Nötig ist ein @ mit etwas auf beiden Seiten',
  'a number is missing, or much too long': 'Eine Nummer fehlt oder ist viel zu lang',
  'Type the number and save again': 'Geben Sie die Nummer ein, und speichern Sie noch einmal',
  'this contact is not in the address book any more': 'Dieser Kontakt ist nicht mehr im Adressbuch',
  // store/address_book/imports
  'this import was taken back': 'Dieser Import wurde zurückgenommen',
  // store/address_book/logs
  'this log is not in the address book any more': 'Dieses Protokoll ist nicht mehr im Adressbuch',
  'answer of a newer version': 'Antwort einer neueren Version',
};
