//! The whole app on a real file: memory and back, settings, connections, phones of every kind, the spool, the rehearsal.
#![allow(clippy::unwrap_used, clippy::panic)]
#![cfg(unix)]

mod app_connect;
mod bad_morning;
mod browser;
mod calls;
mod connect;
mod connect_safely;
mod creations;
mod data;
mod forgotten;
mod locked;
mod own_phones;
mod own_phones_secrets;
mod phones;
mod phones_consent;
mod phones_elsewhere;
mod phones_sign_in;
mod quiet;
mod quitting;
mod settings;
#[path = "../support/mod.rs"]
mod support;
mod together;

use std::time::Duration;

use ringside_app::{App, Rung, Start, SystemClock, ring};
use ringside_ipc::{
    Api as _, Event,
    call::{CallFilterDto, CallStateDto, LogStateDto, ReportDto},
    command::{
        AddConnectionArgs, AddPhoneArgs, CallArgs, ConnectionArgs, CreateArgs, LogArgs, LookupArgs, NoteArgs, Nothing,
        PhoneArgs, QuitArgs, RecoveryArgs, RehearseArgs, UnlockArgs,
    },
    contact::{CreatedDto, DraftDto, GradeDto, SearchDto},
    phone::{PhoneDto, PhoneStateDto},
    settings::SettingsDto,
    status::{IntakeStateDto, RoleDto, StoreStateDto},
};
use support::{House, Mood, until};

fn ringing(from: &str) -> ReportDto {
    ReportDto {
        from: Some(from.to_owned()),
        ..ReportDto::default()
    }
}

fn lead(name: &str, number: &str) -> CreateArgs {
    let draft = DraftDto {
        connection: "address-book".to_owned(),
        contact_type: "lead".to_owned(),
        name: name.to_owned(),
        number: Some(number.to_owned()),
        ..DraftDto::default()
    };
    CreateArgs {
        draft,
        call: None,
        force: false,
        later: false,
        instead_of: None,
    }
}

fn phone(name: &str, kind: &str, parameters: &[(&str, &str)]) -> AddPhoneArgs {
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    AddPhoneArgs {
        name: name.to_owned(),
        kind: Some(kind.to_owned()),
        trusted: true,
        parameters: parameters.iter().map(text).collect(),
        secrets: Default::default(),
    }
}

fn named(name: &str) -> PhoneArgs {
    PhoneArgs { name: name.to_owned() }
}

/// The only one, or the first.
async fn the_phone(app: &App) -> PhoneDto {
    app.phones(Nothing {}).await.unwrap().remove(0)
}

fn is_ready(phone: &PhoneDto) -> bool {
    matches!(phone.state, PhoneStateDto::Ready { .. })
}

async fn settings_of(app: &App) -> SettingsDto {
    app.settings(Nothing {}).await.unwrap()
}
