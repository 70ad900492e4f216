//! The data on this computer: contacts in and out, one person's, what is kept, and the text for whoever helps.

use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use ringside_ipc::{
    command::ChooseArgs,
    import::{
        ImportArgs, ImportColumnsArgs, ImportDto, ImportField, ImportFileArgs, ImportFormat, ImportPreviewDto,
        ImportStateDto, StartImportArgs,
    },
    person::{ExportArgs, ExportWhat, PersonArgs, UnreadableArgs},
};
use tokio::sync::broadcast::Receiver;

use super::*;

fn file(name: &str, bytes: impl AsRef<[u8]>) -> ImportFileArgs {
    ImportFileArgs {
        name: name.to_owned(),
        data: base64::engine::general_purpose::STANDARD.encode(bytes),
    }
}

fn start(preview: &ImportPreviewDto, known_too: bool) -> StartImportArgs {
    StartImportArgs {
        import: preview.import.clone(),
        known_too,
    }
}

async fn finished(events: &mut Receiver<Event>, id: &str) -> ImportDto {
    let waiting = async {
        loop {
            match events.recv().await.unwrap() {
                Event::Import { import } if import.import == id && import.state != ImportStateDto::Running => {
                    return import;
                }
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap()
}

async fn contacts(app: &App) -> i64 {
    app.snapshot(Nothing {}).await.unwrap().status.contacts
}

fn by_number(number: &str) -> PersonArgs {
    PersonArgs {
        contact: None,
        number: Some(number.to_owned()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_shown_mapped_taken_in_and_taken_back() {
    let house = House::new();
    let app = house.own().await;
    app.create_contact(lead("Ada Lovelace", "+44 20 7946 0123"))
        .await
        .unwrap();
    let text = "Wer;Womit;Name\nx;+44 20 7946 0123;Ada Lovelace\ny;ask the desk;Grace Hopper\nz;+1 202 555 0123;Émile Ñu\n\nbroken\n";
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    let preview = app.preview_import(file("people.csv", &latin)).await.unwrap();
    assert_eq!(
        (preview.format, preview.encoding.as_str()),
        (ImportFormat::Csv, "Windows-1252")
    );
    let fields: Vec<ImportField> = preview.columns.iter().map(|column| column.field).collect();
    assert_eq!(fields, [ImportField::Ignore, ImportField::Ignore, ImportField::Name]);
    assert_eq!(
        (
            preview.total,
            preview.known,
            preview.fault_count,
            preview.faults[0].line
        ),
        (3, 0, 1, 6)
    );
    assert_eq!(preview.columns[1].samples[1], "ask the desk");

    let wrong = ImportColumnsArgs {
        import: preview.import.clone(),
        fields: vec![ImportField::Name],
    };
    assert_eq!(
        app.map_import(wrong).await.unwrap_err().field.as_deref(),
        Some("fields")
    );
    let meant = ImportColumnsArgs {
        import: preview.import.clone(),
        fields: vec![ImportField::Ignore, ImportField::Mobile, ImportField::Name],
    };
    let preview = app.map_import(meant).await.unwrap();
    assert_eq!((preview.known, preview.unreadable), (1, 1));
    assert!(preview.rows[0].known && preview.rows[2].name == "Émile Ñu");
    let early = app
        .take_back_import(ImportArgs {
            import: preview.import.clone(),
        })
        .await
        .unwrap_err();
    assert_eq!(early.code, "invalid");

    let mut events = app.events();
    app.start_import(start(&preview, false)).await.unwrap();
    let done = finished(&mut events, &preview.import).await;
    assert_eq!((done.state, done.done), (ImportStateDto::Done, 2));
    assert_eq!(contacts(&app).await, 3);
    let again = app.start_import(start(&preview, false)).await.unwrap_err();
    assert_eq!((again.code.as_str(), again.hint.is_some()), ("not_found", true));
    let odd = app.unreadable(UnreadableArgs::default()).await.unwrap();
    assert_eq!(
        (odd.rows.len(), odd.rows[0].raw.as_str(), odd.more),
        (1, "ask the desk", false)
    );
    assert_eq!(odd.rows[0].contact.name, "Grace Hopper");
    app.stop().await;

    // Whoever took it in may have ended meanwhile.
    let app = house.own().await;
    let taken = app
        .take_back_import(ImportArgs { import: String::new() })
        .await
        .unwrap();
    assert_eq!(
        (taken.state, taken.done, taken.name.as_str()),
        (ImportStateDto::Cancelled, 0, "people.csv")
    );
    assert_eq!(contacts(&app).await, 1);
    assert_eq!(
        app.take_back_import(ImportArgs { import: taken.import })
            .await
            .unwrap_err()
            .code,
        "not_found"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_runs_is_cancelled_and_nobody_of_it_stays() {
    let house = House::new();
    let app = house.own().await;
    let rows: String = (0..20_000)
        .map(|at| format!("Person {at},+1202555{:04}\n", at % 10_000))
        .collect();
    let preview = app
        .preview_import(file("many.csv", format!("Name,Phone\n{rows}")))
        .await
        .unwrap();
    assert_eq!((preview.total, preview.rows.len()), (20_000, 20));
    let mut events = app.events();
    app.start_import(start(&preview, false)).await.unwrap();
    // Some are in, and it goes on.
    let mut told = 0;
    while told == 0 {
        if let Event::Import { import } = events.recv().await.unwrap() {
            assert_eq!(
                import.state,
                ImportStateDto::Running,
                "it was over before it could be cancelled"
            );
            told = import.done;
        }
    }
    let cancelled = app
        .take_back_import(ImportArgs {
            import: preview.import.clone(),
        })
        .await
        .unwrap();
    assert_eq!((cancelled.state, cancelled.done), (ImportStateDto::Cancelled, 0));
    assert_eq!(contacts(&app).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_book_is_refused_in_words() {
    let house = House::new();
    let app = house.own().await;
    for (bytes, words) in [
        (b"PK\x03\x04\x14\0\0\0sheet".to_vec(), "no text file"),
        (Vec::new(), "nobody in this file"),
        (vec![b'a'; 20 * 1024 * 1024 + 1], "larger than 20 MB"),
    ] {
        let refused = app.preview_import(file("x", bytes)).await.unwrap_err();
        assert!(refused.message.contains(words) && refused.hint.is_some(), "{refused:?}");
    }
    let torn = ImportFileArgs {
        name: "x".to_owned(),
        data: "%%%".to_owned(),
    };
    assert_eq!(
        app.preview_import(torn).await.unwrap_err().field.as_deref(),
        Some("data")
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_three_files_wait_for_a_decision() {
    let house = House::new();
    let app = house.own().await;
    let mut previews = Vec::new();
    for at in 0..4 {
        previews.push(
            app.preview_import(file("x.csv", format!("Name\nPerson {at}\n")))
                .await
                .unwrap(),
        );
    }
    assert_eq!(
        app.start_import(start(&previews[0], false)).await.unwrap_err().code,
        "not_found"
    );
    app.start_import(start(&previews[1], false)).await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_comes_back() {
    let house = House::new();
    let app = house.own().await;
    let mut ada = lead("=Ada, \"Countess\"", "+44 20 7946 0123");
    ada.draft.contact_type = "person".to_owned();
    ada.draft.email = Some("ada@example.com".to_owned());
    app.create_contact(ada).await.unwrap();
    app.report(ringing("+44 20 7946 0123")).await.unwrap();
    for (what, ending) in [
        (ExportWhat::ContactsCsv, "csv"),
        (ExportWhat::ContactsVcard, "vcf"),
        (ExportWhat::CallsCsv, "csv"),
    ] {
        let saved = app.export(ExportArgs { what }).await.unwrap();
        assert!(saved.path.ends_with(ending) && saved.count == 1, "{saved:?}");
        let mode = std::fs::metadata(&saved.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = std::fs::read_to_string(&saved.path).unwrap();
        if what == ExportWhat::CallsCsv {
            assert!(text.contains("+442079460123") && text.contains("'=Ada"), "{text}");
            continue;
        }
        let preview = app.preview_import(file("back", &text)).await.unwrap();
        let row = &preview.rows[0];
        assert_eq!((row.name.as_str(), row.known), ("=Ada, \"Countess\"", true), "{text}");
        assert_eq!((row.emails[0].as_str(), preview.fault_count), ("ada@example.com", 0));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_shown_saved_and_erased_with_their_card_open() {
    let house = House::new();
    let app = house.own().await;
    let CreatedDto::Created { contact } = app.create_contact(lead("Nora Quill", "+1 202 555 0123")).await.unwrap()
    else {
        panic!("not created");
    };
    let call = app.report(ringing("+1 202 555 0123")).await.unwrap().call.unwrap();
    let refused = app.erase_person(by_number("+1 202 555 0123")).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.hint.is_some()), ("conflict", true));
    assert_eq!(
        app.person(by_number("+1 202 555 0123")).await.unwrap().contacts.len(),
        1
    );

    app.choose(ChooseArgs {
        call: call.clone(),
        contact: Some(contact.reference.clone()),
    })
    .await
    .unwrap();
    let mut over = ringing("+1 202 555 0123");
    over.state = Some(ringside_ipc::call::ReportState::Ended);
    app.report(over).await.unwrap();
    until("the call is over", async || {
        app.call(CallArgs { call: call.clone() }).await.unwrap().is_over
    })
    .await;
    app.note(NoteArgs {
        call: call.clone(),
        note: "wants marmalade".to_owned(),
        outcome: None,
    })
    .await
    .unwrap();
    app.log(LogArgs {
        call: call.clone(),
        contact: None,
    })
    .await
    .unwrap();
    until("the log is written", async || {
        let dto = app.call(CallArgs { call: call.clone() }).await.unwrap();
        dto.log.state == LogStateDto::Logged
    })
    .await;

    let shown = app
        .person(PersonArgs {
            contact: Some(contact.reference.clone()),
            number: None,
        })
        .await
        .unwrap();
    assert_eq!(
        (shown.contacts.len(), shown.call_count, shown.calls[0].note.as_str()),
        (1, 1, "wants marmalade")
    );
    let saved = app.export_person(by_number("+1 202 555 0123")).await.unwrap();
    let text = std::fs::read_to_string(&saved.path).unwrap();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["calls"][0]["note"], "wants marmalade");
    assert!(!saved.path.contains("0123") && read["made"].is_string());

    let erased = app.erase_person(by_number("+1 202 555 0123")).await.unwrap();
    assert_eq!((erased.contacts, erased.calls, erased.remembered), (1, 1, 1));
    let snapshot = app.snapshot(Nothing {}).await.unwrap();
    assert!(snapshot.calls.is_empty() && snapshot.status.contacts == 0);
    assert_eq!(
        app.call(CallArgs { call: call.clone() }).await.unwrap_err().code,
        "not_found"
    );
    // What works on a call, and what ticks, must not bring it back.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(app.calls(CallFilterDto::default()).await.unwrap().calls.is_empty());
    let nobody = app.person(by_number("+1 202 555 0123")).await.unwrap();
    assert_eq!((nobody.contacts.len(), nobody.call_count, nobody.remembered), (0, 0, 0));
    assert_eq!(
        app.export_person(by_number("+1 202 555 0123")).await.unwrap_err().code,
        "not_found"
    );
    assert_eq!(
        app.person(by_number("anonymous")).await.unwrap_err().field.as_deref(),
        Some("number")
    );
    assert_eq!(app.person(PersonArgs::default()).await.unwrap_err().code, "invalid");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_named_with_its_place_and_size() {
    let house = House::new();
    let app = house.own().await;
    let kept = app.kept(Nothing {}).await.unwrap();
    let what: Vec<&str> = kept.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(
        what,
        ["database", "settings", "log", "secrets", "connectors", "exports"]
    );
    assert!(kept[0].encrypted && kept[0].size.unwrap() > 4096 && kept[0].place.ends_with("ringside.db"));
    assert_eq!((kept[3].place.as_str(), kept[3].size), ("ringside-test", None));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn diagnostics_name_nobody() {
    let house = House::new();
    let leaks = [
        "Quill",
        "marmalade",
        "5550123",
        "555-0123",
        "hunter2",
        "nora@",
        "secretary",
        "pbx.example",
        "Kanzlei",
        "5550177",
        "5550188",
        "5550199",
    ];
    std::fs::create_dir_all(&house.folders.logs).unwrap();
    let log = "2026-11-22T01:15:55.123456Z  WARN ringside_app: from +1 202 555 0123 sip:secretary@pbx.example.com token=hunter2 nora@example.com\n";
    std::fs::write(house.folders.logs.join("ringside.2026-11-22.log"), log).unwrap();
    let app = house.own().await;
    let mut settings = settings_of(&app).await;
    settings.own_numbers = vec!["+12025550177".to_owned()];
    settings.never_log = vec!["+12025550188".to_owned()];
    settings.vip = vec!["+12025550199".to_owned()];
    settings.home = Some("US".to_owned());
    app.save_settings(settings).await.unwrap();
    app.create_contact(lead("Nora Quill", "+1 202 555 0123")).await.unwrap();
    let mut rang = ringing("+1 202 555 0123");
    rang.name = Some("Nora Quill".to_owned());
    rang.to = Some("sip:secretary@pbx.example.com".to_owned());
    let call = app.report(rang).await.unwrap().call.unwrap();
    app.note(NoteArgs {
        call,
        note: "wants marmalade".to_owned(),
        outcome: None,
    })
    .await
    .unwrap();
    app.add_phone(phone("Kanzlei Quill", "program", &[])).await.unwrap();
    app.notice(
        "hotkey",
        Some(ringside_ipc::ApiError::new("conflict", "Nora Quill has it")),
    );

    let text = app.diagnostics(Nothing {}).await.unwrap().text;
    for leak in leaks {
        assert!(!text.contains(leak), "{leak} is in\n{text}");
    }
    for there in [
        "own numbers: 1",
        "hotkey",
        "address-book: ready",
        "program: ",
        "contacts: 1",
        "2026-11-22T01:15:55",
        "WARN ringside_app",
    ] {
        assert!(text.contains(there), "{there} is not in\n{text}");
    }
    app.stop().await;
}
