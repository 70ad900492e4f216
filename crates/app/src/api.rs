//! The command table, answered. Each command is a few lines: what it means is decided in the engine.

use std::time::{Duration, Instant};

use ringside_domain::{
    CallId, ConnectionId,
    call::Party,
    phone::{read, reader_name},
};
use ringside_domain::{Freshness, connector::NameQuery, journal::CallPage};
use ringside_ipc::{
    Api, ApiError, Event,
    call::{CallDto, CallFilterDto, CallsPageDto, LogFieldsDto, ReportDto, TraceDto},
    command::{
        AddConnectionArgs, AddNumberArgs, AddPhoneArgs, AgreeArgs, CallArgs, ChangeConnectionArgs, ChangePhoneArgs,
        ChooseArgs, ConnectionArgs, ConnectorFieldsArgs, ContactArgs, CreateArgs, FinishSignInArgs, HandOnArgs,
        LogArgs, LogFieldsArgs, LookupArgs, LookupReplyDto, NoteArgs, Nothing, OpenSearchArgs, PhoneArgs, PreviewArgs,
        QuitArgs, ReadArgs, RecoveryArgs, RecoveryDto, RehearseArgs, ReportedDto, SettleArgs, SnapshotDto, SplitArgs,
        UnlockArgs,
    },
    connection::{ConnectorDto, ConnectorFieldsDto, SignedInDto},
    contact::{
        ContactDto, CreatedDto, DraftDto, DuplicateDto, LiveSearchDto, NumberAddedDto, SearchDto, SearchResultDto,
        SplitDto,
    },
    convert,
    number::{preview, read_number},
    phone::{NewPhoneDto, PhoneDto, PhoneKindDto},
    settings::{NumberReadDto, PreviewDto, SettingsDto},
    status::{ConnectionDto, HelloDto, RoleDto, StatusDto},
};

use crate::app::App;

/// Rows of one page or one search, unless asked otherwise, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 500;
/// Notes are a page of text, not a file.
const LONGEST_NOTE: usize = 100_000;
/// What a number, a name or a search can be.
const LONGEST_TEXT: usize = 1_000;

impl Api for App {
    async fn hello(&self, _: Nothing) -> Result<HelloDto, ApiError> {
        Ok(HelloDto {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            profile: self.inner.folders.profile.to_string(),
            pid: std::process::id(),
            role: self.inner.role,
            reader: reader_name().to_owned(),
            rehearsal: self.inner.rehearsal,
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
        let limit = page(filter.limit);
        let before = match filter.before {
            Some(id) => {
                let call = self.inner.engine.call(self.parse_call(&id)?).await?.call;
                Some((call.started, call.id))
            }
            None => None,
        };
        if before.is_none() && filter.since.is_none() && self.inner.role == RoleDto::App {
            self.list_was_seen();
        }
        let page = CallPage {
            before,
            // One more than wanted says whether there are more.
            limit: limit + 1,
            missed_only: filter.missed,
            not_logged_only: filter.not_logged,
            text: filter.text.filter(|text| !text.trim().is_empty()),
        };
        let mut views = self.inner.engine.calls(page).await?;
        let mut more = views.len() > limit;
        views.truncate(limit);
        if let Some(since) = filter.since {
            more &= views.last().is_some_and(|view| heard_at(view.call.id) >= since);
            views.retain(|view| heard_at(view.call.id) >= since);
        }
        Ok(CallsPageDto {
            calls: self.words(|words| views.iter().map(|view| words.call(view)).collect()),
            more,
        })
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
        let id = self.parse_call(&args.call)?;
        let call = self.inner.engine.call(id).await?.call;
        if call.rehearsal && !self.inner.rehearsal {
            return Err(ApiError::new(
                "invalid",
                "this call was a rehearsal, and is not logged among real ones",
            )
            .hint("Rehearse in a profile of its own: ringside --profile rehearsal"));
        }
        Ok(self.shown(&self.inner.engine.log(id, args.contact.map(convert::reference)).await?))
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
        let began = Instant::now();
        let rows = self.inner.engine.search(query(search)?).await?;
        let took_us = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
        let rows = self.words(|words| rows.iter().map(|row| words.contact(&row.contact)).collect());
        Ok(SearchResultDto { rows, took_us })
    }

    async fn search_live(&self, search: SearchDto) -> Result<Vec<LiveSearchDto>, ApiError> {
        let answers = self.inner.engine.search_live(query(search)?).await;
        Ok(self.words(|words| answers.iter().map(|answer| words.live_answer(answer)).collect()))
    }

    async fn contact(&self, args: ContactArgs) -> Result<ContactDto, ApiError> {
        let contact = self.inner.engine.contact(convert::reference(args.contact)).await?;
        Ok(self.words(|words| words.contact(&contact)))
    }

    async fn create_contact(&self, args: CreateArgs) -> Result<CreatedDto, ApiError> {
        let call = args.call.map(|id| self.parse_call(&id)).transpose()?;
        let created = self.inner.engine.create(draft(args.draft)?, call, args.force).await?;
        if matches!(created, ringside_engine::view::Created::Contact(_)) {
            self.tell_status().await;
        }
        Ok(self.words(|words| words.created(&created)))
    }

    async fn duplicates(&self, dto: DraftDto) -> Result<Vec<DuplicateDto>, ApiError> {
        let found = self.inner.engine.duplicates(draft(dto)?).await?;
        Ok(self.words(|words| found.iter().map(|duplicate| words.duplicate(duplicate)).collect()))
    }

    async fn split_name(&self, args: SplitArgs) -> Result<SplitDto, ApiError> {
        let connection = ConnectionId::new(args.connection);
        let name = typed("name", &args.name)?;
        let (given, family) = self.inner.engine.split_name(&connection, &args.contact_type, name);
        Ok(SplitDto { given, family })
    }

    async fn add_number(&self, args: AddNumberArgs) -> Result<NumberAddedDto, ApiError> {
        let call = args.call.map(|id| self.parse_call(&id)).transpose()?;
        let number = typed("number", &args.number)?.to_owned();
        let added = self
            .inner
            .engine
            .add_number(convert::reference(args.contact), number, call)
            .await?;
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

/// When a call was first heard of: a UUIDv7 begins with it, in 48 bits.
fn heard_at(id: CallId) -> i64 {
    let digits: String = id
        .to_string()
        .chars()
        .filter(char::is_ascii_hexdigit)
        .take(12)
        .collect();
    i64::from_str_radix(&digits, 16).unwrap_or_default()
}

fn page(limit: Option<u32>) -> usize {
    limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE) as usize
}

/// What a person or a script typed, if it is no longer than such a thing can be.
fn typed<'a>(field: &str, text: &'a str) -> Result<&'a str, ApiError> {
    if text.len() <= LONGEST_TEXT {
        return Ok(text);
    }
    Err(ApiError::invalid(
        field,
        format!("the {field} is longer than {LONGEST_TEXT} bytes"),
    ))
}

fn query(search: SearchDto) -> Result<NameQuery, ApiError> {
    Ok(NameQuery {
        text: typed("text", &search.text)?.to_owned(),
        types: search.types,
        limit: page(search.limit),
    })
}

fn draft(dto: DraftDto) -> Result<ringside_domain::ContactDraft, ApiError> {
    typed("name", &dto.name)?;
    let fields = [
        ("company", &dto.company),
        ("title", &dto.title),
        ("email", &dto.email),
        ("number", &dto.number),
    ];
    for (field, text) in fields {
        typed(field, text.as_deref().unwrap_or(""))?;
    }
    Ok(convert::draft(dto))
}
