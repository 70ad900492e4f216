//! Commands about what lies on this computer: contacts in and out, all of one person, what is kept, diagnostics.

use std::{
    io::{self, Write},
    path::Path,
    time::Duration,
};

use base64::Engine as _;
use ringside_app::Events;
use ringside_ipc::{
    ApiError, Event,
    command::Nothing,
    import::{
        ImportArgs, ImportColumnsArgs, ImportDto, ImportField, ImportFileArgs, ImportPreviewDto, ImportStateDto,
        StartImportArgs,
    },
    person::{DiagnosticsDto, ErasedDto, ExportArgs, ExportWhat, KeptDto, PersonArgs, PersonDto, SavedFileDto},
};

use crate::{
    args::{Export, Import, Meaning, Person},
    contact::reference,
    exit::{Exit, USAGE, written},
    reach::{Reach, ended},
    show::{self, Out},
};

/// A large file takes its time to be read, and its people to be taken in or erased.
const PATIENCE: Duration = Duration::from_secs(300);
/// No file is read whole that would be refused anyway. Bytes.
const LARGEST: u64 = 20 * 1024 * 1024;

pub async fn import(reach: &Reach, import: &Import, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    if let Some(id) = &import.take_back {
        let args = ImportArgs { import: id.clone() };
        let taken: ImportDto = reach.ask_within("take_back_import", args, PATIENCE).await?;
        written(out.answer(&taken, |taken, out| {
            writeln!(out, "{} is taken back", show::plain(&taken.name))?;
            match taken.done {
                0 => Ok(()),
                stayed => writeln!(
                    out,
                    "{stayed} stay: calls were logged on them, or they were changed since"
                ),
            }
        }))?;
        return Ok(Exit::Done);
    }
    let file = import
        .file
        .as_deref()
        .ok_or_else(|| ApiError::new(USAGE, "a file is needed"))?;
    let mut preview: ImportPreviewDto = reach.ask_within("preview_import", read(file)?, PATIENCE).await?;
    if !import.map.is_empty() {
        let args = ImportColumnsArgs {
            import: preview.import.clone(),
            fields: import.map.iter().map(|meaning| field(*meaning)).collect(),
        };
        preview = reach.ask_within("map_import", args, PATIENCE).await?;
    }
    if import.dry_run {
        written(out.answer(&preview, print_preview))?;
        return Ok(if preview.total > 0 {
            Exit::Done
        } else {
            Exit::NothingFound
        });
    }
    let done = take_in(reach, &preview, import.known_too).await?;
    if let ImportStateDto::Failed { error } = done.state {
        let hint = "What was taken in before is in the address book; `ringside import --take-back` takes it out again";
        return Err(if error.hint.is_some() { error } else { error.hint(hint) });
    }
    let faults = preview.fault_count;
    written(out.answer(&done, |done, out| {
        let people = if done.done == 1 { "person is" } else { "people are" };
        writeln!(out, "{} {people} in the address book now", done.done)?;
        if preview.known > 0 && !import.known_too {
            writeln!(out, "{} were there already, and are left out", preview.known)?;
        }
        print_faults(&preview, out)
    }))?;
    Ok(if faults > 0 && done.done == 0 {
        Exit::Refused
    } else {
        Exit::Done
    })
}

/// The events are listened to before it begins, so that its end is not missed.
async fn take_in(reach: &Reach, preview: &ImportPreviewDto, known_too: bool) -> Result<ImportDto, ApiError> {
    let args = StartImportArgs {
        import: preview.import.clone(),
        known_too,
    };
    let is_over = |import: &ImportDto| import.import == preview.import && import.state != ImportStateDto::Running;
    match reach {
        Reach::Here(app) => {
            let mut events = app.events();
            let _: ImportDto = reach.ask("start_import", args).await?;
            loop {
                match events.recv().await {
                    Ok(Event::Import { import }) if is_over(&import) => return Ok(import),
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => return Err(ended()),
                    _ => {}
                }
            }
        }
        Reach::There(_, folders) => {
            let mut events = Events::open(folders).await?.ok_or_else(ended)?;
            let _: ImportDto = reach.ask("start_import", args).await?;
            while let Some(event) = events.next().await? {
                if let Event::Import { import } = event
                    && is_over(&import)
                {
                    return Ok(import);
                }
            }
            Err(ended())
        }
    }
}

fn read(file: &Path) -> Result<ImportFileArgs, ApiError> {
    let failed = |words: String| ApiError::new(USAGE, format!("{} {words}", file.display()));
    let found = std::fs::metadata(file).map_err(|error| failed(format!("can't be read: {error}")))?;
    if !found.is_file() {
        return Err(failed("is not a file".to_owned()));
    }
    if found.len() > LARGEST {
        return Err(failed("is larger than 20 MB".to_owned()).hint("Divide it into several files"));
    }
    let bytes = std::fs::read(file).map_err(|error| failed(format!("can't be read: {error}")))?;
    Ok(ImportFileArgs {
        name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        data: base64::engine::general_purpose::STANDARD.encode(bytes),
    })
}

fn print_preview(preview: &ImportPreviewDto, out: &mut impl Write) -> io::Result<()> {
    let columns = preview.columns.iter().map(|column| {
        let samples = column.samples.join(" · ");
        vec![word(column.field).to_owned(), column.header.clone(), samples]
    });
    show::table(&columns.collect::<Vec<_>>(), out)?;
    let rows = preview.rows.iter().map(|row| {
        vec![
            row.name.clone(),
            row.company.clone().unwrap_or_default(),
            row.numbers.join(", "),
            row.emails.join(", "),
            if row.known { "known" } else { "" }.to_owned(),
        ]
    });
    show::table(&rows.collect::<Vec<_>>(), out)?;
    writeln!(
        out,
        "{} people, {} known already, {} numbers that can't be read",
        preview.total, preview.known, preview.unreadable
    )?;
    print_faults(preview, out)
}

fn print_faults(preview: &ImportPreviewDto, out: &mut impl Write) -> io::Result<()> {
    for fault in &preview.faults {
        writeln!(out, "line {}: {}", fault.line, show::plain(&fault.message))?;
    }
    let shown = u32::try_from(preview.faults.len()).unwrap_or(u32::MAX);
    match preview.fault_count.saturating_sub(shown) {
        0 => Ok(()),
        more => writeln!(out, "and {more} more faults"),
    }
}

fn field(meaning: Meaning) -> ImportField {
    match meaning {
        Meaning::Ignore => ImportField::Ignore,
        Meaning::Name => ImportField::Name,
        Meaning::Given => ImportField::Given,
        Meaning::Family => ImportField::Family,
        Meaning::Company => ImportField::Company,
        Meaning::Title => ImportField::Title,
        Meaning::Email => ImportField::Email,
        Meaning::Number => ImportField::Number,
        Meaning::Mobile => ImportField::Mobile,
        Meaning::Office => ImportField::Office,
        Meaning::Home => ImportField::Home,
        Meaning::Fax => ImportField::Fax,
    }
}

fn word(field: ImportField) -> &'static str {
    match field {
        ImportField::Ignore => "ignore",
        ImportField::Name => "name",
        ImportField::Given => "given",
        ImportField::Family => "family",
        ImportField::Company => "company",
        ImportField::Title => "title",
        ImportField::Email => "email",
        ImportField::Number => "number",
        ImportField::Mobile => "mobile",
        ImportField::Office => "office",
        ImportField::Home => "home",
        ImportField::Fax => "fax",
    }
}

pub async fn export(reach: &Reach, what: Export, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let what = match what {
        Export::Contacts => ExportWhat::ContactsCsv,
        Export::Cards => ExportWhat::ContactsVcard,
        Export::Calls => ExportWhat::CallsCsv,
    };
    let saved: SavedFileDto = reach.ask_within("export", ExportArgs { what }, PATIENCE).await?;
    print_saved(&saved, out)
}

fn print_saved(saved: &SavedFileDto, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    written(out.answer(saved, |saved, out| {
        writeln!(out, "{} ({} records)", show::plain(&saved.path), saved.count)
    }))?;
    Ok(Exit::Done)
}

pub async fn person(reach: &Reach, person: &Person, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let who = if person.who.contains('/') {
        PersonArgs {
            contact: Some(reference(&person.who)?),
            number: None,
        }
    } else {
        PersonArgs {
            contact: None,
            number: Some(person.who.clone()),
        }
    };
    if person.export {
        let saved: SavedFileDto = reach.ask_within("export_person", who, PATIENCE).await?;
        return print_saved(&saved, out);
    }
    if person.erase {
        let erased: ErasedDto = reach.ask_within("erase_person", who, PATIENCE).await?;
        written(out.answer(&erased, |erased, out| {
            writeln!(
                out,
                "Erased from this computer: {} records, {} calls, {} contacts to create, {} remembered choices. \
                 What lies in a CRM stays there",
                erased.contacts, erased.calls, erased.creations, erased.remembered
            )
        }))?;
        let nothing = erased.contacts + erased.calls + erased.creations + erased.remembered == 0;
        return Ok(if nothing { Exit::NothingFound } else { Exit::Done });
    }
    let found: PersonDto = reach.ask_within("person", who, PATIENCE).await?;
    written(out.answer(&found, |found, out| {
        show::contacts(&found.contacts, out)?;
        show::calls(&found.calls, out)?;
        writeln!(
            out,
            "{} records, {} calls, {} contacts to create, {} remembered choices, {} logs owed to a CRM",
            found.contacts.len(),
            found.call_count,
            found.creations.len(),
            found.remembered,
            found.owed
        )
    }))?;
    let kept = found.contacts.len() + found.creations.len();
    let nothing = kept == 0 && found.call_count == 0 && found.remembered == 0;
    Ok(if nothing { Exit::NothingFound } else { Exit::Done })
}

pub async fn kept(reach: &Reach, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let kept: Vec<KeptDto> = reach.ask("kept", Nothing {}).await?;
    written(out.answer(&kept, |kept, out| {
        let rows = kept.iter().map(|one| {
            let size = one
                .size
                .map_or_else(String::new, |size| format!("{} kB", (size + 999) / 1000));
            let encrypted = if one.encrypted { "encrypted" } else { "" };
            vec![one.what.clone(), size, encrypted.to_owned(), one.place.clone()]
        });
        show::table(&rows.collect::<Vec<_>>(), out)
    }))?;
    Ok(Exit::Done)
}

pub async fn diagnostics(reach: &Reach, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let told: DiagnosticsDto = reach.ask("diagnostics", Nothing {}).await?;
    written(out.answer(&told, |told, out| {
        told.text
            .lines()
            .try_for_each(|line| writeln!(out, "{}", show::plain(line)))
    }))?;
    Ok(Exit::Done)
}
