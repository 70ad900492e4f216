//! Telephone links: handed on to the program that opened them before, when the person says so.

use ringside_domain::{Error, Kind, Result};
use ringside_host::{LinkHandler, links::Scheme};
use ringside_ipc::event::HandOnDto;

use crate::{app::App, desktop::previous};

impl App {
    /// Who could make the call that this link asks for. `None`: it is no telephone link, Ringside does not open those, or
    /// nobody did before.
    #[must_use]
    pub fn hand_on_to(&self, link: &str) -> Option<HandOnDto> {
        let previous = self.previous_for(link)?;
        let handler = LinkHandler::of(&self.inner.folders).ok()?;
        Some(HandOnDto {
            link: link.to_owned(),
            program: handler.program_name(&previous)?,
        })
    }

    pub(crate) async fn hand_on_link(&self, link: &str) -> Result<()> {
        let previous = self.previous_for(link).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                "hand_on",
                "no other program is remembered that opened such links",
            )
            .hint("Ringside remembers it when it takes telephone links over, in the settings")
        })?;
        LinkHandler::of(&self.inner.folders)?.hand_on(&previous, link).await
    }

    fn previous_for(&self, link: &str) -> Option<String> {
        let scheme = Scheme::of(link)?;
        let settings = self.settings_now();
        previous(&settings, scheme).filter(|_| settings.handle_tel_links)
    }
}
