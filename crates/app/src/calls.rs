//! The list of calls, page by page, and the one rule about logging that is not the engine's: rehearsals stay among themselves.

use ringside_domain::{CallId, journal::CallPage};
use ringside_ipc::{
    ApiError,
    call::{CallDto, CallFilterDto, CallsPageDto},
    command::LogArgs,
    convert,
};

use crate::{api_input::page, app::App};

impl App {
    pub(crate) async fn list_calls(&self, filter: CallFilterDto) -> Result<CallsPageDto, ApiError> {
        let limit = page(filter.limit);
        let before = match filter.before {
            Some(id) => {
                let call = self.inner.engine.call(self.parse_call(&id)?).await?.call;
                Some((call.started, call.id))
            }
            None => None,
        };
        let page = CallPage {
            before,
            // One more than wanted says whether there are more.
            limit: limit + 1,
            missed_only: filter.missed,
            not_logged_only: filter.not_logged,
            log: filter.log.map(Into::into),
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

    pub(crate) async fn log_call(&self, args: LogArgs) -> Result<CallDto, ApiError> {
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
}

/// When a call was first heard of: a UUIDv7 begins with it, in 48 bits.
pub(crate) fn heard_at(id: CallId) -> i64 {
    let digits: String = id
        .to_string()
        .chars()
        .filter(char::is_ascii_hexdigit)
        .take(12)
        .collect();
    i64::from_str_radix(&digits, 16).unwrap_or_default()
}
