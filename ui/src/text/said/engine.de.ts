// What goes on with calls, logs and new contacts, in German. By the English sentence, as it stands in crates/; `{1}` is a gap without a name.

import type { Sentences } from './sentences';

export const engine: Sentences = {
  // engine/creation
  'There is no such contact waiting to be created': 'Ein solcher Kontakt wartet nicht darauf, angelegt zu werden',
  // engine/logging
  'Nobody is chosen for this call': 'Für diesen Anruf ist niemand gewählt',
  'Choose, search or create the contact first': 'Wählen, suchen oder legen Sie den Kontakt zuerst an',
  'This call has no such write': 'Dieser Anruf hat kein solches Protokoll',
  '{1} does not keep call logs': '{1} führt keine Anrufprotokolle',
  'Choose a contact of another connection': 'Wählen Sie einen Kontakt einer anderen Verbindung',
  '{1} cannot move a log to another person': '{1} kann ein Protokoll nicht auf eine andere Person verschieben',
  'Delete the log there, then log the call again': 'Löschen Sie das Protokoll dort, dann protokollieren Sie den Anruf neu',
  'It is not known whether the log of this call is in the CRM': 'Es ist nicht bekannt, ob das Protokoll dieses Anrufs im CRM ist',
  'Look there first, then say here whether it is': 'Sehen Sie zuerst dort nach, dann sagen Sie hier, ob es da ist',
  'The connection of this contact was removed': 'Die Verbindung dieses Kontakts wurde entfernt',
  'Choose a contact of another connection, or add it again': 'Wählen Sie einen Kontakt einer anderen Verbindung, oder fügen Sie sie neu hinzu',
  'This call is with one of your own numbers, and those are never logged': 'Dieser Anruf ist mit einer Ihrer eigenen Nummern, und die werden nie protokolliert',
  'Take the number off the list of your own numbers in the settings, then log the call': 'Nehmen Sie die Nummer in den Einstellungen aus der Liste der eigenen Nummern, dann protokollieren Sie den Anruf',
  'Calls with this number are never logged, because it is on your list': 'Anrufe mit dieser Nummer werden nie protokolliert, denn sie steht auf Ihrer Liste',
  'Take the number off the list of numbers never to log in the settings, then log the call': 'Nehmen Sie die Nummer in den Einstellungen aus der Liste der nie zu protokollierenden, dann protokollieren Sie den Anruf',
  // engine/draft
  '{1} cannot create contacts of this type': '{1} kann Kontakte dieser Art nicht anlegen',
  'Choose another connection': 'Wählen Sie eine andere Verbindung',
  'It can create: {1}': 'Angelegt werden können: {1}',
  'The name is missing': 'Der Name fehlt',
  'A contact has at most {MAX_EXTRA} fields of its own': 'Ein Kontakt hat höchstens {MAX_EXTRA} eigene Felder',
  '{1} has no such field in {2}': '{1} hat ein solches Feld in {2} nicht',
  'Fill it in, then create again': 'Füllen Sie es aus, dann legen Sie noch einmal an',
  '{1} is none of its choices': '„{1}“ hat diese Auswahl nicht',
  '{label} is longer than {most} bytes': '„{label}“ ist länger als {most} Bytes',
  // engine/delivery/attempt
  'the connector of {name} broke down': 'Der Konnektor von {name} brach zusammen',
  'Please report this; the call itself is safe': 'Bitte melden Sie das; der Anruf selbst ist sicher',
  // engine/delivery/decide
  'the log is being sent right now': 'Das Protokoll wird gerade gesendet',
  'Wait for its answer, then decide': 'Warten Sie auf die Antwort, dann entscheiden Sie',
  // engine/delivery/ends
  '{name} has not answered yet': '{name} hat noch nicht geantwortet',
  'Ringside goes on waiting, and looks there before it sends anything twice': 'Ringside wartet weiter und sieht dort nach, bevor es etwas zweimal sendet',
  '{name} did not answer, and it can\'t be searched for the log: the call may be logged already': '{name} hat nicht geantwortet und lässt sich nicht nach dem Protokoll durchsuchen: Der Anruf ist vielleicht schon protokolliert',
  'Look at the contact in {name}, then say whether it is there or should be sent again': 'Sehen Sie den Kontakt in {name} an, dann sagen Sie, ob es da ist oder noch einmal gesendet werden soll',
  'the call may be logged in {name} already, and looking for it failed: {1}': 'Der Anruf ist vielleicht schon in {name} protokolliert, und die Suche danach schlug fehl: {1!}',
  'the call is logged in {name}, but not all of it: {1}': 'Der Anruf ist in {name} protokolliert, aber nicht ganz: {1!}',
  'the call is in {name} {logs} times: another of your machines logged it as well': 'Der Anruf ist {logs}-mal in {name}: Ein anderer Ihrer Rechner hat ihn auch protokolliert',
  'Delete what is too much in {name}, then say that it is there': 'Löschen Sie in {name}, was zu viel ist, dann sagen Sie, dass es da ist',
  'the connection `{connection}` is no longer there': 'Die Verbindung `{connection}` gibt es nicht mehr',
  'Set it up again and send again, or log the call on another contact': 'Richten Sie sie neu ein und senden Sie noch einmal, oder protokollieren Sie den Anruf bei einem anderen Kontakt',
  'the connection `{connection}` was removed before its answer came: the call may be logged there': 'Die Verbindung `{connection}` wurde entfernt, bevor ihre Antwort kam: Der Anruf ist dort vielleicht protokolliert',
  'Look at the contact in its CRM, then say whether it is there or should be sent again': 'Sehen Sie den Kontakt in seinem CRM an, dann sagen Sie, ob es da ist oder noch einmal gesendet werden soll',
  '{name} does not let a log be changed': 'In {name} lässt sich ein Protokoll nicht ändern',
  'Change it in {name} itself': 'Ändern Sie es in {name} selbst',
  'which log it is in {name} is not known, because its answer was lost': 'Welches Protokoll in {name} es ist, ist nicht bekannt, denn die Antwort ging verloren',
  // engine/delivery/log
  '{1} did not say in time whether the call is logged': '{1} hat nicht rechtzeitig gesagt, ob der Anruf protokolliert ist',
  // engine/delivery/steps
  'a connector wants to repeat a step that was answered': 'Ein Konnektor will einen Schritt wiederholen, der schon beantwortet ist',
  'a connector wants to send something before the step `log`': 'Ein Konnektor will vor dem Schritt `log` etwas senden',
  // engine/engine
  'There is no such call in the journal': 'Einen solchen Anruf gibt es im Verlauf nicht',
  'This call was closed meanwhile': 'Dieser Anruf wurde inzwischen geschlossen',
  // engine/undo
  'There is nothing to take back on this call': 'Bei diesem Anruf gibt es nichts zurückzunehmen',
  'Choose another contact, or log the call': 'Wählen Sie einen anderen Kontakt, oder protokollieren Sie den Anruf',
  // engine/lookup/filing
  'still at work; it goes on by itself': 'noch bei der Arbeit; es geht von selbst weiter',
  // engine/lookup/answer
  'only the first {MAX_CONTACTS} of {records} records were compared': 'Nur die ersten {MAX_CONTACTS} von {records} Einträgen wurden verglichen',
  '{1} records without an id of this connection': '{1} Einträge ohne eine Kennung dieser Verbindung',
  'only the first {MAX_NUMBERS} numbers of each of {crowded} records were compared': 'Nur die ersten {MAX_NUMBERS} Nummern von jedem von {crowded} Einträgen wurden verglichen',
  // engine/lookup/run
  'stopped on a fault of its own; please report it': 'an einem eigenen Fehler gescheitert; bitte melden Sie es',
  'the index did not answer in time': 'Der Index hat nicht rechtzeitig geantwortet',
  'the index holds all of it': 'Der Index enthält alles davon',
  'cannot be searched by number': 'lässt sich nicht nach Nummern durchsuchen',
  'does not know extensions': 'kennt keine Nebenstellen',
  'is not asked for SIP addresses': 'wird nicht nach SIP-Adressen gefragt',
  'is not asked for incomplete numbers': 'wird nicht nach unvollständigen Nummern gefragt',
  'no answer within {seconds} s': 'keine Antwort innerhalb von {seconds} s',
  // engine/contacts
  '{1} cannot add numbers to contacts': '{1} kann keine Nummern zu Kontakten hinzufügen',
  '{name} did not answer in time': '{name} hat nicht rechtzeitig geantwortet',
  // engine/creation/attempt
  'Please report this; what was typed is safe': 'Bitte melden Sie das; was eingegeben wurde, ist sicher',
  // engine/creation/ask
  'This contact was taken back': 'Dieser Kontakt wurde zurückgenommen',
  'Create it again from the form': 'Legen Sie ihn aus dem Formular neu an',
  'There is no such connection': 'Eine solche Verbindung gibt es nicht',
  '{1} cannot create contacts': '{1} kann keine Kontakte anlegen',
  '{1} is about to be created already': '{1} wird schon gleich angelegt',
  'Wait until it is there, or take it back first': 'Warten Sie, bis es so weit ist, oder nehmen Sie es zuerst zurück',
  'This contact may be in the CRM already': 'Dieser Kontakt ist vielleicht schon im CRM',
  'Look there, then drop it here or send it again': 'Sehen Sie dort nach, dann verwerfen Sie ihn hier oder senden Sie ihn noch einmal',
  'This contact is in the CRM by now': 'Dieser Kontakt ist inzwischen im CRM',
  'Delete it there if it is not wanted': 'Löschen Sie ihn dort, wenn er nicht gewünscht ist',
  '{1} was created in {2} meanwhile': '{1} wurde inzwischen in {2} angelegt',
  'Choose it instead': 'Wählen Sie stattdessen diesen',
  'This contact is being sent right now': 'Dieser Kontakt wird gerade gesendet',
  // engine/creation/words
  'Set it up again and send it again, or create the contact in another connection': 'Richten Sie sie neu ein und senden Sie noch einmal, oder legen Sie den Kontakt in einer anderen Verbindung an',
  'the connection `{connection}` was removed before its answer came: the contact may be there': 'Die Verbindung `{connection}` wurde entfernt, bevor ihre Antwort kam: Der Kontakt ist vielleicht dort',
  'Look in its CRM, then create it again or drop it here': 'Sehen Sie in ihrem CRM nach, dann legen Sie ihn noch einmal an oder verwerfen Sie ihn hier',
  '{name} has {records} contacts with this name and number by now': '{name} hat inzwischen {records} Kontakte mit diesem Namen und dieser Nummer',
  'Choose one of them, or send it again all the same': 'Wählen Sie einen davon, oder senden Sie ihn trotzdem noch einmal',
  '{name} did not answer, and it can\'t be searched for the contact: it may be there already': '{name} hat nicht geantwortet und lässt sich nicht nach dem Kontakt durchsuchen: Er ist vielleicht schon da',
  '{name} did not answer, and the contact was not found there afterwards': '{name} hat nicht geantwortet, und der Kontakt war danach dort nicht zu finden',
  '{name} did not answer, and has {records} contacts with this name and number': '{name} hat nicht geantwortet und hat {records} Kontakte mit diesem Namen und dieser Nummer',
  'the contact may be in {name} already, and looking for it failed: {1}': 'Der Kontakt ist vielleicht schon in {name}, und die Suche danach schlug fehl: {1!}',
  'Look in {name}, then send it again if it is not there, or drop it here': 'Sehen Sie in {name} nach, dann senden Sie ihn noch einmal, wenn er fehlt, oder verwerfen Sie ihn hier',
  // engine/fields
  '{1} did not say in time what it wants to know': '{1} hat nicht rechtzeitig gesagt, was es wissen will',
  'Log without it, or try again': 'Protokollieren Sie ohne, oder versuchen Sie es noch einmal',
  'Choose the contact first': 'Wählen Sie zuerst den Kontakt',
  'A log has at most {MAX_FIELDS} fields': 'Ein Protokoll hat höchstens {MAX_FIELDS} Felder',
  'The name of a field has 1 to {MAX_VALUE_BYTES} bytes': 'Der Name eines Felds hat 1 bis {MAX_VALUE_BYTES} Bytes',
  'The value is longer than {MAX_VALUE_BYTES} bytes': 'Der Wert ist länger als {MAX_VALUE_BYTES} Bytes',
  // engine/erasing
  'a call with this person goes on': 'Ein Anruf mit dieser Person läuft noch',
  'Erase them when it is over': 'Löschen Sie sie, wenn er vorbei ist',
  // engine/delivery
  'an attempt to log a call broke off': 'Ein Versuch, einen Anruf zu protokollieren, brach ab',
  'this write is no longer in the journal': 'Dieses Protokoll steht nicht mehr im Verlauf',
  // engine/saver
  'The journal\'s writer has ended': 'Der Verlauf lässt sich nicht mehr schreiben',
  'it was not created, as {name} in {place} has the same number': 'Nicht angelegt, denn {name} in {place} hat dieselbe Nummer',
  'it was not created, as {name} in {place} has the same e-mail address': 'Nicht angelegt, denn {name} in {place} hat dieselbe E-Mail-Adresse',
  'it was not created, as {name} in {place} has nearly the same name': 'Nicht angelegt, denn {name} in {place} heißt fast genauso',
  'Choose that contact, or send it again all the same': 'Wählen Sie jenen Kontakt, oder senden Sie ihn trotzdem noch einmal',
  'a call with this person is being logged just now': 'Ein Anruf mit dieser Person wird gerade protokolliert',
};
