// Contacts out of a file: enough of it to see every step.

import type { Args, CommandName, OwnerEvent, Reply } from '../backend';
import type { ImportColumnDto, ImportDto, ImportField, ImportPreviewDto } from '../generated';
import { refuse } from './refuse';

interface Owner {
  imports: ImportDto[];
  emit: (event: OwnerEvent) => void;
}

type Names = Extract<CommandName, 'preview_import' | 'map_import' | 'start_import' | 'take_back_import'>;
type Handlers = { [K in Names]: (args: Args<K>) => Reply<K> | Promise<Reply<K>> };

const KNOWN: Record<string, ImportField> = { name: 'name', company: 'company', email: 'email', phone: 'number', mobile: 'mobile' };

export function importHandlers(owner: Owner): Handlers {
  const previews = new Map<string, ImportPreviewDto>();
  const put = (one: ImportDto): ImportDto => {
    owner.imports = [...owner.imports.filter((known) => known.import !== one.import), one];
    owner.emit({ kind: 'import', import: one });
    return one;
  };
  const find = (id: string): ImportPreviewDto => {
    const found = previews.get(id);
    if (!found) throw refuse('not_found', 'this file was forgotten', null, 'Choose it again');
    return found;
  };
  return {
    preview_import: ({ name, data }) => {
      const lines = new TextDecoder().decode(Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0))).split('\n').filter(Boolean);
      const [head = '', ...rest] = lines;
      const cells = rest.map((line) => line.split(','));
      const columns: ImportColumnDto[] = head.split(',').map((header, at) => ({ header, samples: cells.slice(0, 3).map((row) => row[at] ?? ''), field: KNOWN[header.trim().toLowerCase()] ?? 'ignore' }));
      const rows = cells.map((row, at) => ({ line: at + 2, name: row[0] ?? '', company: null, emails: [], numbers: [row[1] ?? ''], is_company: false, known: false }));
      const preview: ImportPreviewDto = { import: name, format: name.endsWith('.vcf') ? 'vcard' : 'csv', encoding: 'UTF-8', columns, rows: rows.slice(0, 20), total: rows.length, known: 0, unreadable: 0, faults: [], fault_count: 0 };
      previews.set(name, preview);
      return preview;
    },
    map_import: ({ import: id, fields }) => {
      const preview = find(id);
      const changed = { ...preview, columns: preview.columns.map((column, at) => ({ ...column, field: fields[at] ?? column.field })) };
      previews.set(id, changed);
      return changed;
    },
    start_import: ({ import: id }) => put({ import: id, name: id, done: 0, total: find(id).total, state: { kind: 'running' } }),
    take_back_import: ({ import: id }) => put({ import: id, name: id, done: 0, total: find(id).total, state: { kind: 'cancelled' } }),
  };
}
