//! What a window may ask: `api` goes to the owner through the one command table, `shell` is about windows only. These two,
//! and listening to events, are all that the capability in `tauri.conf.json` grants.

use ringside_ipc::{
    ApiError, Command, Event,
    call::CallDto,
    connection::ConnectorDto,
    contact::{ContactDto, ContactRefDto},
    dispatch,
    event::HandOnDto,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tauri::{AppHandle, Emitter as _, Manager as _, State, WebviewWindow};

use crate::{
    Shell, events,
    stages::{Keystroke, Stage},
    windows::{self, MainPage},
};

/// Asks the owner: `{"command":"choose","args":{…}}`. The answer is the reply's JSON.
#[tauri::command]
pub async fn api(window: WebviewWindow, shell: State<'_, Shell>, command: Command) -> Result<Value, ApiError> {
    windows::card::page_speaks(window.app_handle(), window.label());
    if window.label() != windows::CARD {
        return dispatch(&shell.app, command).await;
    }
    let name = command.command.clone();
    let mut reply = dispatch(&shell.app, command).await?;
    shell.cards().for_page(&name, &mut reply);
    Ok(reply)
}

/// What only the shell can do. The window that asks is the one that is meant, unless the action names another.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    HideWindow,
    /// The card's content has this height in CSS pixels. Asked once the page holds a new call, it also shows the card.
    Resize {
        height: f64,
    },
    StartDrag,
    /// The person clicked into the card: it may have the keyboard.
    TakeFocus,
    /// For this call; with `link` the page offers to add the call's number to whoever is chosen.
    OpenSearch {
        call: Option<String>,
        link: bool,
        /// What the field begins with: `co:ACME`.
        #[serde(default)]
        text: String,
    },
    /// At this page; without one at the page it is on.
    OpenMain {
        #[serde(default)]
        page: Option<MainPage>,
    },
    /// Shows the folder of a file that Ringside saved.
    ShowFile {
        path: std::path::PathBuf,
    },
    /// Opens the contact's own page in the browser.
    OpenUrl {
        contact: ContactRefDto,
    },
    /// Opens what the vendor wrote about what this connector speaks.
    OpenDocs {
        connector: String,
    },
    /// Opens the page of the call's log in the browser.
    OpenLog {
        call: String,
    },
    /// The card of this call is on the screen; of none: the search window, with the caret in it.
    Painted {
        call: Option<String>,
    },
    /// Only from a page that was asked to measure itself.
    Measured {
        what: Keystroke,
        us: u64,
    },
}

#[tauri::command]
pub async fn shell(window: WebviewWindow, state: State<'_, Shell>, action: Action) -> Result<(), ApiError> {
    let app = window.app_handle();
    let label = window.label().to_owned();
    match action {
        Action::HideWindow => windows::on_main(app, move |app| windows::hide(app, &label)),
        Action::Resize { height } if label == windows::CARD => {
            windows::on_main(app, move |app| windows::card::resize(app, height));
        }
        Action::StartDrag if label == windows::CARD => windows::on_main(app, windows::card::drag),
        Action::TakeFocus if label == windows::CARD => windows::on_main(app, windows::card::focus),
        // The other windows have a size of their own, and the window system moves and focuses them.
        Action::Resize { .. } | Action::TakeFocus => {}
        Action::StartDrag => {
            if let Err(error) = window.start_dragging() {
                tracing::warn!(%error, "the window system refused to drag");
            }
        }
        Action::OpenSearch { call, link, text } => open_search(app, &text, call, link, None),
        Action::OpenMain { page: None } => windows::on_main(app, windows::show_main),
        Action::OpenMain { page: Some(page) } => windows::on_main(app, move |app| windows::show_main_at(app, page)),
        Action::ShowFile { path } => state.app.show_file(&path).await?,
        Action::OpenUrl { contact } => {
            let contact: ContactDto = ask(&state, "contact", json!({ "contact": contact })).await?;
            open_page(contact.url, "this contact has no page of its own").await?;
        }
        Action::OpenDocs { connector } => {
            let all: Vec<ConnectorDto> = ask(&state, "connectors", json!({})).await?;
            let docs = all.into_iter().find(|one| one.id == connector).and_then(|one| one.docs);
            open_page(docs, "this connector names no documentation").await?;
        }
        Action::OpenLog { call } => {
            let call: CallDto = ask(&state, "call", json!({ "call": call })).await?;
            open_page(call.log.url, "this log has no page of its own").await?;
        }
        Action::Painted { call: Some(call) } => state.stages.reach(&call, Stage::Painted),
        Action::Painted { call: None } => state.stages.reach_search(Stage::Painted),
        Action::Measured { what, us } => state.stages.keystroke(what, us),
    }
    Ok(())
}

/// Shows the search window with this text, for this call or this telephone link.
pub fn open_search(app: &AppHandle, text: &str, call: Option<String>, link: bool, hand_on: Option<HandOnDto>) {
    let event = Event::OpenSearch {
        text: text.into(),
        call,
        hand_on,
    };
    let mut payload = serde_json::to_value(&event).unwrap_or_default();
    payload["link"] = Value::Bool(link);
    if let Err(error) = app.emit_to(windows::SEARCH, events::NAME, payload) {
        tracing::error!(%error, "the search window can't be told");
    }
    app.state::<Shell>().stages.reach_search(Stage::Sent);
    windows::card::lend_keyboard(app);
    windows::on_main(app, windows::show_search);
}

async fn ask<T: serde::de::DeserializeOwned>(shell: &Shell, name: &str, args: Value) -> Result<T, ApiError> {
    let reply = dispatch(
        &shell.app,
        Command {
            command: name.into(),
            args,
        },
    )
    .await?;
    serde_json::from_value(reply).map_err(|error| ApiError {
        code: "internal".into(),
        message: format!("the answer to `{name}` can't be read: {error}"),
        hint: None,
        field: None,
    })
}

/// The page comes from a CRM: https only, and the system's browser decides the rest.
pub async fn open_page(url: Option<String>, none: &str) -> Result<(), ApiError> {
    match url {
        Some(url) => ringside_app::host::links::open_page(&url).await.map_err(ApiError::from),
        None => Err(ApiError {
            code: "not_found".into(),
            message: none.into(),
            hint: None,
            field: None,
        }),
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_actions_as_the_page_writes_them() {
        for text in [
            r#"{"kind":"hide_window"}"#,
            r#"{"kind":"resize","height":212.5}"#,
            r#"{"kind":"start_drag"}"#,
            r#"{"kind":"take_focus"}"#,
            r#"{"kind":"open_search","call":null,"link":false}"#,
            r#"{"kind":"open_main"}"#,
            r#"{"kind":"open_main","page":"connections"}"#,
            r#"{"kind":"show_file","path":"/home/somebody/Downloads/ringside-contacts.csv"}"#,
            r#"{"kind":"open_url","contact":{"connection":"a","contact_type":"b","id":"c"}}"#,
            r#"{"kind":"open_docs","connector":"hubspot"}"#,
            r#"{"kind":"open_log","call":"x"}"#,
            r#"{"kind":"painted","call":"x"}"#,
            r#"{"kind":"painted","call":null}"#,
            r#"{"kind":"measured","what":"answered","us":4000}"#,
        ] {
            serde_json::from_str::<Action>(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }

    #[test]
    fn refuses_actions_that_do_not_exist() {
        for text in [
            r#"{"kind":"open_url","url":"https://example.com"}"#,
            r#"{"kind":"open_docs","url":"https://example.com"}"#,
            r#"{"kind":"open_main","page":"connections&quit=asked"}"#,
            r#"{"kind":"quit"}"#,
            "{}",
            "null",
        ] {
            assert!(serde_json::from_str::<Action>(text).is_err(), "{text}");
        }
    }
}
