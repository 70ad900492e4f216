//! What windows and command lines send, checked before anything is done with it.

use ringside_domain::ContactDraft;
use ringside_ipc::{ApiError, contact::DraftDto, convert};

/// Rows of one page or one search, unless asked otherwise, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 500;
/// What a number, a name or a search can be.
const LONGEST_TEXT: usize = 1_000;

pub(crate) fn page(limit: Option<u32>) -> usize {
    limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE) as usize
}

/// What a person or a script typed, if it is no longer than such a thing can be.
pub(crate) fn typed<'a>(field: &str, text: &'a str) -> Result<&'a str, ApiError> {
    if text.len() <= LONGEST_TEXT {
        return Ok(text);
    }
    Err(ApiError::invalid(
        field,
        format!("the {field} is longer than {LONGEST_TEXT} bytes"),
    ))
}

pub(crate) fn draft(dto: DraftDto) -> Result<ContactDraft, ApiError> {
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
