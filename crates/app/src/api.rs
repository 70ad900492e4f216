//! The command table, answered. Each command is a few lines: what it means is decided in the engine.

use std::time::Duration;

use ringside_domain::Freshness;
use ringside_domain::{
    call::Party,
    phone::{read, reader_name},
};
use ringside_ipc::{
    Api, ApiError, Event,
    call::{CallDto, CallFilterDto, CallsPageDto, LogFieldsDto, ReportDto, TraceDto},
    command::{
        AddConnectionArgs, AddNumberArgs, AddPhoneArgs, AgreeArgs, CallArgs, ChangeConnectionArgs, ChangePhoneArgs,
        ChooseArgs, ConnectionArgs, ConnectorFieldsArgs, ContactArgs, CreateArgs, FinishSignInArgs, HandOnArgs,
        LogArgs, LogFieldsArgs, LookupArgs, LookupReplyDto, NoteArgs, Nothing, OpenSearchArgs, PauseArgs, PhoneArgs,
        PresentArgs, PreviewArgs, QuitArgs, ReadArgs, RecoveryArgs, RecoveryDto, RehearseArgs, ReportedDto, SettleArgs,
        SnapshotDto, SplitArgs, UnlockArgs,
    },
    connection::{ConnectorDto, ConnectorFieldsDto, SignedInDto},
    contact::{
        ContactDto, CreatedDto, DraftDto, DuplicateDto, LiveSearchDto, NumberAddedDto, SearchDto, SearchResultDto,
        SplitDto,
    },
    convert,
    creation::{CreationArgs, CreationDto, SettleCreationArgs},
    import::{ImportArgs, ImportColumnsArgs, ImportDto, ImportFileArgs, ImportPreviewDto, StartImportArgs},
    number::{preview, read_number},
    person::{
        DiagnosticsDto, ErasedDto, ExportArgs, KeptDto, PersonArgs, PersonDto, SavedFileDto, UnreadableArgs,
        UnreadablePageDto,
    },
    phone::{NewPhoneDto, PhoneDto, PhoneKindDto},
    settings::{NumberReadDto, PreviewDto, SettingsDto},
    status::{ConnectionDto, HelloDto, RoleDto, StatusDto},
};

use crate::{
    api_input::{draft, typed},
    app::App,
    creations::creation_id,
};

/// Notes are a page of text, not a file.
const LONGEST_NOTE: usize = 100_000;

impl Api for App {
    async fn hello(&self, _: Nothing) -> Result<HelloDto, ApiError> {
        Ok(HelloDto {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            profile: self.inner.folders.profile.to_string(),
            pid: std::process::id(),
            role: self.inner.role,
            reader: reader_name().to_owned(),
            rehearsal: self.inner.rehearsal,
            session: ringside_host::env::session(),
        })
    }

    async fn snapshot(&self, _: Nothing) -> Result<SnapshotDto, ApiError> {
        let cards = self.inner.engine.cards().await;
        let calls = self.words(|words| cards.iter().map(|view| words.call(view)).collect());
        Ok(SnapshotDto {
            calls,
            status: self.status_now().await,
        })
    }

    async fn report(&self, report: ReportDto) -> Result<ReportedDto, ApiError> {
        self.needs_app()?;
        Ok(ReportedDto {
            call: self.report_at(report, None).await?,
        })
    }

    async fn rehearse(&self, args: RehearseArgs) -> Result<ReportedDto, ApiError> {
        self.needs_app()?;
        self.play(args.part.as_deref()).await
    }

    async fn calls(&self, filter: CallFilterDto) -> Result<CallsPageDto, ApiError> {
        self.list_calls(filter).await
    }

    async fn see_missed(&self, _: Nothing) -> Result<StatusDto, ApiError> {
        Ok(self.missed_were_seen())
    }

    async fn call(&self, args: CallArgs) -> Result<CallDto, ApiError> {
        Ok(self.shown(&self.inner.engine.call(self.parse_call(&args.call)?).await?))
    }

    async fn refresh(&self, args: CallArgs) -> Result<CallDto, ApiError> {
        Ok(self.shown(&self.inner.engine.refresh(self.parse_call(&args.call)?).await?))
    }

    async fn choose(&self, args: ChooseArgs) -> Result<CallDto, ApiError> {
        let contact = args.contact.map(convert::reference);
        Ok(self.shown(&self.inner.engine.choose(self.parse_call(&args.call)?, contact).await?))
    }

    async fn note(&self, args: NoteArgs) -> Result<CallDto, ApiError> {
        if args.note.len() > LONGEST_NOTE {
            return Err(ApiError::invalid("note", "the note is longer than 100,000 bytes"));
        }
        let outcome = args.outcome.map(Into::into);
        Ok(self.shown(
            &self
                .inner
                .engine
                .note(self.parse_call(&args.call)?, args.note, outcome)
                .await?,
        ))
    }

    async fn log_fields(&self, args: CallArgs) -> Result<LogFieldsDto, ApiError> {
        let id = self.parse_call(&args.call)?;
        let (contact, fields) = self.inner.engine.log_fields(id).await?;
        Ok(convert::log_fields(contact.as_ref(), fields))
    }

    async fn set_log_fields(&self, args: LogFieldsArgs) -> Result<CallDto, ApiError> {
        let id = self.parse_call(&args.call)?;
        let fields = convert::values(args.fields);
        Ok(self.shown(&self.inner.engine.set_log_fields(id, fields).await?))
    }

    async fn log(&self, args: LogArgs) -> Result<CallDto, ApiError> {
        self.log_call(args).await
    }

    async fn set_aside(&self, args: CallArgs) -> Result<CallDto, ApiError> {
        Ok(self.shown(&self.inner.engine.set_aside(self.parse_call(&args.call)?).await?))
    }

    async fn settle(&self, args: SettleArgs) -> Result<CallDto, ApiError> {
        let write = args
            .write
            .parse()
            .map_err(|error| ApiError::invalid("write", format!("{error}")))?;
        let id = self.parse_call(&args.call)?;
        Ok(self.shown(&self.inner.engine.settle(id, write, args.decision.into()).await?))
    }

    async fn retry(&self, args: CallArgs) -> Result<CallDto, ApiError> {
        Ok(self.shown(&self.inner.engine.retry(self.parse_call(&args.call)?).await?))
    }

    async fn close_card(&self, args: CallArgs) -> Result<Nothing, ApiError> {
        self.inner.engine.close_card(self.parse_call(&args.call)?).await?;
        Ok(Nothing {})
    }

    async fn undo(&self, args: CallArgs) -> Result<CallDto, ApiError> {
        self.undo_newest(self.parse_call(&args.call)?).await
    }

    async fn traces(&self, args: CallArgs) -> Result<Vec<TraceDto>, ApiError> {
        let traces = self.inner.engine.traces(self.parse_call(&args.call)?).await?;
        Ok(self.words(|words| traces.iter().map(|trace| words.trace(trace)).collect()))
    }

    async fn lookup(&self, args: LookupArgs) -> Result<LookupReplyDto, ApiError> {
        let reading = read(typed("number", &args.number)?, &self.inner.engine.config().home);
        let freshness = if args.live { Freshness::Live } else { Freshness::Cached };
        let looked = self.inner.engine.lookup(reading.clone(), freshness).await?;
        Ok(self.words(|words| LookupReplyDto {
            caller: words.caller(&Party { reading, display: None }),
            lookup: words.lookup(&looked.lookup),
            trace: words.trace(&looked.trace),
        }))
    }

    async fn search(&self, search: SearchDto) -> Result<SearchResultDto, ApiError> {
        self.search_index(search).await
    }

    async fn search_live(&self, search: SearchDto) -> Result<Vec<LiveSearchDto>, ApiError> {
        self.search_connections(search).await
    }

    async fn contact(&self, args: ContactArgs) -> Result<ContactDto, ApiError> {
        let contact = self.inner.engine.contact(convert::reference(args.contact)).await?;
        Ok(self.words(|words| words.contact(&contact)))
    }

    async fn create_contact(&self, args: CreateArgs) -> Result<CreatedDto, ApiError> {
        let call = args.call.map(|id| self.parse_call(&id)).transpose()?;
        let draft = draft(args.draft)?;
        let created = if args.later {
            let instead_of = args.instead_of.as_deref().map(creation_id).transpose()?;
            let engine = &self.inner.engine;
            engine.create_later(draft, call, args.force, instead_of).await?
        } else {
            self.inner.engine.create(draft, call, args.force).await?
        };
        if matches!(created, ringside_engine::view::Created::Contact(_)) {
            self.tell_status().await;
        }
        Ok(self.words(|words| words.created(&created)))
    }

    async fn creations(&self, _: Nothing) -> Result<Vec<CreationDto>, ApiError> {
        self.open_creations().await
    }

    async fn undo_creation(&self, args: CreationArgs) -> Result<CreationDto, ApiError> {
        self.take_back_creation(&args.creation).await
    }

    async fn settle_creation(&self, args: SettleCreationArgs) -> Result<CreationDto, ApiError> {
        self.decide_creation(args).await
    }

    async fn duplicates(&self, dto: DraftDto) -> Result<Vec<DuplicateDto>, ApiError> {
        let found = self.inner.engine.duplicates(draft(dto)?).await?;
        Ok(self.words(|words| found.iter().map(|duplicate| words.duplicate(duplicate)).collect()))
    }

    async fn split_name(&self, args: SplitArgs) -> Result<SplitDto, ApiError> {
        self.split(args)
    }

    async fn add_number(&self, args: AddNumberArgs) -> Result<NumberAddedDto, ApiError> {
        let call = args.call.map(|id| self.parse_call(&id)).transpose()?;
        let number = typed("number", &args.number)?.to_owned();
        let (engine, contact) = (&self.inner.engine, convert::reference(args.contact));
        let added = match call.filter(|_| args.with_choice) {
            Some(call) => engine.add_number_of_chosen(contact, number, call).await?,
            None => engine.add_number(contact, number, call).await?,
        };
        Ok(self.words(|words| words.number_added(&added)))
    }

    async fn connections(&self, _: Nothing) -> Result<Vec<ConnectionDto>, ApiError> {
        Ok(self.connections_now().await)
    }

    async fn test_connection(&self, args: ConnectionArgs) -> Result<ConnectionDto, ApiError> {
        self.check_connection(&args.connection).await
    }

    async fn log_here(&self, args: ConnectionArgs) -> Result<Vec<ConnectionDto>, ApiError> {
        self.set_log_here(&args.connection).await?;
        Ok(self.connections_now().await)
    }

    async fn connectors(&self, _: Nothing) -> Result<Vec<ConnectorDto>, ApiError> {
        Ok(self.connectors_now())
    }

    async fn connector_fields(&self, args: ConnectorFieldsArgs) -> Result<ConnectorFieldsDto, ApiError> {
        self.connector_form(args).await
    }

    async fn add_connection(&self, args: AddConnectionArgs) -> Result<ConnectionDto, ApiError> {
        self.add_connection_entry(args).await
    }

    async fn change_connection(&self, args: ChangeConnectionArgs) -> Result<ConnectionDto, ApiError> {
        self.change_connection_entry(args).await
    }

    async fn sign_in(&self, args: ConnectionArgs) -> Result<SignedInDto, ApiError> {
        self.sign_in_to(&args.connection).await
    }

    async fn finish_sign_in(&self, args: FinishSignInArgs) -> Result<ConnectionDto, ApiError> {
        self.finish(args).await
    }

    async fn cancel_sign_in(&self, args: ConnectionArgs) -> Result<Nothing, ApiError> {
        self.inner.connections.cancel_sign_in(&args.connection);
        Ok(Nothing {})
    }

    async fn sign_out(&self, args: ConnectionArgs) -> Result<ConnectionDto, ApiError> {
        self.sign_out_of(&args.connection).await
    }

    async fn agree_to_connector(&self, args: AgreeArgs) -> Result<ConnectionDto, ApiError> {
        self.agree(args).await
    }

    async fn remove_connection(&self, args: ConnectionArgs) -> Result<Vec<ConnectionDto>, ApiError> {
        self.remove_connection_entry(&args.connection).await?;
        Ok(self.connections_now().await)
    }

    async fn settings(&self, _: Nothing) -> Result<SettingsDto, ApiError> {
        Ok(self.settings_dto())
    }

    async fn save_settings(&self, settings: SettingsDto) -> Result<SettingsDto, ApiError> {
        self.change_settings(settings).await?;
        Ok(self.settings_dto())
    }

    async fn preview_formats(&self, args: PreviewArgs) -> Result<Vec<PreviewDto>, ApiError> {
        let number = typed("number", &args.number)?;
        Ok(preview(&args.formats, number, &self.inner.engine.config().home))
    }

    async fn read_number(&self, args: ReadArgs) -> Result<NumberReadDto, ApiError> {
        let config = self.inner.engine.config();
        Ok(read_number(typed("text", &args.text)?, &config.home, &config.formats))
    }

    async fn pause(&self, args: PauseArgs) -> Result<StatusDto, ApiError> {
        self.needs_app()?;
        self.pause_until(args.until).await
    }

    async fn present(&self, args: PresentArgs) -> Result<StatusDto, ApiError> {
        self.needs_app()?;
        self.set_presenting(args.on).await
    }

    async fn unreadable(&self, args: UnreadableArgs) -> Result<UnreadablePageDto, ApiError> {
        self.unreadable_numbers(args).await
    }

    async fn person(&self, args: PersonArgs) -> Result<PersonDto, ApiError> {
        self.person_of(args).await
    }

    async fn export_person(&self, args: PersonArgs) -> Result<SavedFileDto, ApiError> {
        self.save_person(args).await
    }

    async fn erase_person(&self, args: PersonArgs) -> Result<ErasedDto, ApiError> {
        self.erase(args).await
    }

    async fn export(&self, args: ExportArgs) -> Result<SavedFileDto, ApiError> {
        self.save_export(args.what).await
    }

    async fn kept(&self, _: Nothing) -> Result<Vec<KeptDto>, ApiError> {
        self.what_is_kept().await
    }

    async fn diagnostics(&self, _: Nothing) -> Result<DiagnosticsDto, ApiError> {
        self.diagnosed().await
    }

    async fn preview_import(&self, args: ImportFileArgs) -> Result<ImportPreviewDto, ApiError> {
        self.read_import(args).await
    }

    async fn map_import(&self, args: ImportColumnsArgs) -> Result<ImportPreviewDto, ApiError> {
        self.map_columns(args).await
    }

    async fn start_import(&self, args: StartImportArgs) -> Result<ImportDto, ApiError> {
        self.begin_import(args).await
    }

    async fn take_back_import(&self, args: ImportArgs) -> Result<ImportDto, ApiError> {
        self.undo_import(&args.import).await
    }

    async fn phones(&self, _: Nothing) -> Result<Vec<PhoneDto>, ApiError> {
        Ok(self.phones_now().await)
    }

    async fn phone_kinds(&self, _: Nothing) -> Result<Vec<PhoneKindDto>, ApiError> {
        Ok(crate::phones::kinds_now())
    }

    async fn add_phone(&self, args: AddPhoneArgs) -> Result<NewPhoneDto, ApiError> {
        self.add_phone_entry(args).await
    }

    async fn cancel_add_phone(&self, args: PhoneArgs) -> Result<Nothing, ApiError> {
        self.cancel_added_phone(&args.name);
        Ok(Nothing {})
    }

    async fn remove_phone(&self, args: PhoneArgs) -> Result<Vec<PhoneDto>, ApiError> {
        self.remove_phone_entry(&args.name).await?;
        Ok(self.phones_now().await)
    }

    async fn change_phone(&self, args: ChangePhoneArgs) -> Result<PhoneDto, ApiError> {
        self.change_phone_entry(args).await
    }

    async fn check_phone(&self, args: PhoneArgs) -> Result<PhoneDto, ApiError> {
        self.needs_app()?;
        self.begin_check(&args.name).await
    }

    async fn retry_phone(&self, args: PhoneArgs) -> Result<PhoneDto, ApiError> {
        self.needs_app()?;
        self.retry_phone_entry(&args.name).await
    }

    async fn sign_in_phone(&self, args: PhoneArgs) -> Result<PhoneDto, ApiError> {
        self.sign_in_to_phone(&args.name).await
    }

    async fn cancel_phone_sign_in(&self, args: PhoneArgs) -> Result<Nothing, ApiError> {
        self.cancel_phone_sign_in_of(&args.name).await;
        Ok(Nothing {})
    }

    async fn intake_addresses(&self, _: Nothing) -> Result<Vec<String>, ApiError> {
        let addresses = ringside_host::lan::lan_addresses();
        Ok(addresses.iter().map(ToString::to_string).collect())
    }

    async fn unlock(&self, args: UnlockArgs) -> Result<StatusDto, ApiError> {
        if self.inner.store.is_memory() {
            match args.code {
                Some(code) => {
                    let (_, kept) = self.inner.vault.attach_with_code(&self.inner.store, &code).await?;
                    self.notice("key_not_kept", kept.err().map(ApiError::from));
                    self.opened().await;
                }
                None => self.unlock_now().await?,
            }
        }
        Ok(self.status_now().await)
    }

    async fn recovery_code(&self, args: RecoveryArgs) -> Result<RecoveryDto, ApiError> {
        let code = if args.rotate {
            self.inner.vault.rotate(&self.inner.store).await?
        } else {
            self.inner.vault.recovery_code().await?
        };
        Ok(RecoveryDto {
            code: code.as_str().to_owned(),
        })
    }

    async fn open_search(&self, args: OpenSearchArgs) -> Result<Nothing, ApiError> {
        self.needs_app()?;
        self.tell(Event::OpenSearch {
            text: typed("text", &args.text)?.to_owned(),
            call: None,
            hand_on: args.link.as_deref().and_then(|link| self.hand_on_to(link)),
        });
        Ok(Nothing {})
    }

    async fn hand_on(&self, args: HandOnArgs) -> Result<Nothing, ApiError> {
        self.needs_app()?;
        self.hand_on_link(&args.link).await?;
        Ok(Nothing {})
    }

    async fn open_main(&self, _: Nothing) -> Result<Nothing, ApiError> {
        self.needs_app()?;
        self.tell(Event::OpenMain);
        Ok(Nothing {})
    }

    async fn quit(&self, args: QuitArgs) -> Result<Nothing, ApiError> {
        if !args.force {
            self.nothing_unsaved().await?;
        }
        self.ask_to_quit();
        Ok(Nothing {})
    }
}

impl App {
    /// Calls and windows live in the app. A command line that owns the profile for a moment has neither.
    fn needs_app(&self) -> Result<(), ApiError> {
        if self.inner.role == RoleDto::App {
            return Ok(());
        }
        Err(ApiError::new("unavailable", "Ringside is not running").hint("Start Ringside, then run the command again"))
    }
}

/// How long one check of a connection may take.
pub(crate) const CHECK_DEADLINE: Duration = Duration::from_secs(10);
