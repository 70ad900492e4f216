//! Lists that go on: all pages of a list of choices, up to a cap.

use ringside_domain::{Kind, Result, Url};
use serde_json::Value;

use super::{Ask, Reply, Run, with_parameter};
use crate::manifest::format::Paging;

/// Pages, where the manifest does not say.
const PAGES: u32 = 10;
const MOST_PAGES: u32 = 30;
/// Records of all pages.
const MOST: usize = 2_000;

/// The page after the first.
pub(super) enum Page {
    Parameter(String, String),
    Address(Url),
}

impl Page {
    pub(super) fn address(&self, first: Url) -> Url {
        match self {
            Self::Parameter(name, value) => with_parameter(first, name, value),
            Self::Address(url) => url.clone(),
        }
    }
}

/// The records of the pages that were read.
pub(super) struct Listed {
    pub(super) records: Vec<Value>,
    /// The list goes on beyond the cap.
    pub(super) is_cut: bool,
}

impl Run<'_> {
    /// The records of all pages, up to the cap.
    pub(super) async fn all_pages(&self, ask: Ask<'_>) -> Result<Vec<Value>> {
        Ok(self.list(ask).await?.records)
    }

    pub(super) async fn list(&self, ask: Ask<'_>) -> Result<Listed> {
        let (mut records, mut page) = (Vec::new(), None);
        let mut asked = 0;
        loop {
            let ask = Ask {
                page: page.as_ref(),
                ..ask
            };
            let reply = self.ask(ask).await.map_err(|refusal| refusal.error)?;
            let found = self.records_of(&reply, ask.answer)?;
            self.found(&reply, found.len(), 0);
            asked += 1;
            let size = found.len();
            records.extend(found);
            let next = match &ask.answer.paging {
                Some(paging) if size > 0 => self.next(paging, &reply, asked, size, records.len())?,
                _ => None,
            };
            let may_go_on = |paging: &Paging| asked < pages(paging) && records.len() < MOST;
            let is_cut = next.is_some() && !ask.answer.paging.as_ref().is_some_and(may_go_on);
            match next {
                Some(next) if !is_cut => page = Some(next),
                _ => return Ok(Listed { records, is_cut }),
            }
        }
    }

    fn next(&self, paging: &Paging, reply: &Reply, asked: u32, size: usize, so_far: usize) -> Result<Option<Page>> {
        let (http, body) = (&reply.http, &reply.body);
        let whole = |wanted: &u32| u32::try_from(size).is_ok_and(|size| size >= *wanted);
        Ok(match paging {
            Paging::Cursor { parameter, next, .. } => {
                let cursor = self.core.loaded.text_at(next, body)?;
                cursor.map(|cursor| Page::Parameter(parameter.clone(), cursor))
            }
            Paging::Offset { parameter, size, .. } => {
                whole(size).then(|| Page::Parameter(parameter.clone(), so_far.to_string()))
            }
            Paging::Page {
                parameter, first, size, ..
            } => whole(size).then(|| Page::Parameter(parameter.clone(), (first + asked).to_string())),
            Paging::Link { next, .. } => {
                let address = match next {
                    Some(path) => self.core.loaded.text_at(path, body)?,
                    None => http.header("link").and_then(next_link),
                };
                let next = address.and_then(|address| http.url.join(&address).ok());
                next.map(|next| self.same_server(next, &reply.asked)).transpose()?
            }
        })
    }

    /// The credentials go with every page: an answer may name the page, not the server that gets them.
    fn same_server(&self, next: Url, asked: &Url) -> Result<Page> {
        if next.origin() == asked.origin() {
            return Ok(Page::Address(next));
        }
        let host = next.host_str().unwrap_or("no server").to_owned();
        let message = format!(
            "{} says that its list goes on at {host}, which is not the server that was asked",
            self.name()
        );
        let error = self.error(Kind::Forbidden, message);
        Err(error.hint("Nothing was sent there; check the server's address of this connection"))
    }
}

fn pages(paging: &Paging) -> u32 {
    let (Paging::Cursor { max_pages, .. }
    | Paging::Offset { max_pages, .. }
    | Paging::Page { max_pages, .. }
    | Paging::Link { max_pages, .. }) = paging;
    max_pages.unwrap_or(PAGES).min(MOST_PAGES)
}

/// The address with `rel="next"` in a Link header: `<https://…?page=2>; rel="next", <…>; rel="last"`.
fn next_link(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (address, after) = after.split_once('>')?;
        let (parameters, others) = after.split_once(",").unwrap_or((after, ""));
        let is_next = parameters.split(';').any(|parameter| {
            let parameter = parameter.trim().to_ascii_lowercase();
            parameter
                .strip_prefix("rel=")
                .is_some_and(|value| value.trim_matches('"').split(' ').any(|rel| rel == "next"))
        });
        if is_next {
            return Some(address.to_owned());
        }
        rest = others;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_in_a_link_header() {
        let header = r#"<https://crm.example.com/a?page=1>; rel="prev", <https://crm.example.com/a?page=3>; title="x"; rel="next""#;
        assert_eq!(next_link(header).as_deref(), Some("https://crm.example.com/a?page=3"));
        for nothing in ["", "<https://crm.example.com/>; rel=last", "<broken", "next"] {
            assert_eq!(next_link(nothing), None, "{nothing}");
        }
    }
}
