//! Commands about contacts.

use std::io::Write;

use ringside_ipc::{
    ApiError,
    call::ChosenFieldDto,
    command::{AddNumberArgs, CreateArgs, LookupArgs, LookupReplyDto},
    contact::{
        ContactRefDto, CreatedDto, DraftDto, DuplicateReason, LiveSearchDto, NumberAddedDto, SearchDto, SearchResultDto,
    },
};
use serde_json::json;

use crate::{
    args::{AddNumber, Create, Search},
    beside,
    call::named,
    exit::{Exit, USAGE, written},
    reach::Reach,
    show::{self, Out},
};

pub async fn lookup(reach: &Reach, number: &str, live: bool, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let found: LookupReplyDto = reach
        .ask(
            "lookup",
            LookupArgs {
                number: number.to_owned(),
                live,
            },
        )
        .await?;
    written(out.answer(&found, |found, out| {
        writeln!(out, "{}", show::plain(&show::caller(&found.caller)))?;
        show::lookup(&found.lookup, out)
    }))?;
    beside::print(reach, &found, live, out).await?;
    Ok(if found.lookup.matches.is_empty() {
        Exit::NothingFound
    } else {
        Exit::Done
    })
}

pub async fn search(reach: &Reach, search: &Search, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let query = SearchDto {
        text: search.text.clone().unwrap_or_default(),
        types: search.types.clone(),
        company: search.company.clone(),
        limit: search.limit,
        typing: None,
    };
    let found: SearchResultDto = reach.ask("search", query.clone()).await?;
    let live: Vec<LiveSearchDto> = if search.live {
        reach.ask("search_live", query).await?
    } else {
        Vec::new()
    };
    let any = !found.rows.is_empty() || live.iter().any(|answer| !answer.rows.is_empty());
    written(if out.json {
        if search.live {
            out.value(&json!({ "index": found, "live": live }))
        } else {
            out.value(&found)
        }
    } else {
        print_found(&found, &live, out.to)
    })?;
    if !any && !out.json {
        written(nobody(&found, search.live, out.to))?;
    }
    Ok(if any { Exit::Done } else { Exit::NothingFound })
}

fn nobody(found: &SearchResultDto, live: bool, out: &mut impl Write) -> std::io::Result<()> {
    if live {
        writeln!(out, "Nobody is called that, in any connection")?;
    } else {
        writeln!(
            out,
            "Nobody who is known here is called that; --live asks the connections themselves"
        )?;
    }
    if found.instead.is_empty() {
        return Ok(());
    }
    let instead = found.instead.iter();
    let instead: Vec<String> = instead
        .map(|one| format!("{} ({})", show::plain(&one.text), one.count))
        .collect();
    writeln!(out, "Did you mean: {}", instead.join(", "))
}

fn print_found(found: &SearchResultDto, live: &[LiveSearchDto], out: &mut impl Write) -> std::io::Result<()> {
    if !found.rows.is_empty() && !found.instead.is_empty() {
        writeln!(out, "Nobody is called that; spelt nearly so:")?;
    }
    show::contacts(&found.rows, out)?;
    for answer in live {
        writeln!(out, "{}, live", show::plain(&answer.name))?;
        show::contacts(&answer.rows, out)?;
        if let Some(message) = &answer.message {
            writeln!(out, "  {}", show::plain(message))?;
        }
    }
    Ok(())
}

/// Exit code 3 when nothing was created because it may be there already.
pub async fn create(reach: &Reach, create: &Create, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let draft = DraftDto {
        connection: create.connection.clone(),
        contact_type: create.contact_type.clone(),
        name: create.name.clone(),
        given: None,
        family: None,
        company: create.company.clone(),
        title: create.title.clone(),
        email: create.email.clone(),
        number: create.number.clone(),
        extra: fields(&create.fields)?,
    };
    let args = CreateArgs {
        draft,
        call: create.call.clone(),
        force: create.force,
        later: false,
        instead_of: None,
    };
    let created: CreatedDto = reach.ask("create_contact", args).await?;
    written(out.answer(&created, |created, out| match created {
        CreatedDto::Waiting { creation } => writeln!(out, "{} will be created", show::plain(&creation.draft.name)),
        CreatedDto::Created { contact } => show::contact(contact, out),
        CreatedDto::Duplicates { found } => {
            writeln!(
                out,
                "Nothing was created: it may be there already. Create it all the same with --force"
            )?;
            let rows = found.iter().map(|duplicate| {
                let because = match duplicate.because {
                    DuplicateReason::SameNumber => "same number",
                    DuplicateReason::SameEmail => "same e-mail",
                    DuplicateReason::LikeName => "like name",
                };
                let contact = &duplicate.contact;
                vec![
                    format!("  {because}"),
                    contact.name.clone(),
                    contact.company.clone().unwrap_or_default(),
                    show::reference(&contact.reference),
                ]
            });
            show::table(&rows.collect::<Vec<_>>(), out)
        }
    }))?;
    Ok(if matches!(created, CreatedDto::Created { .. }) {
        Exit::Done
    } else {
        Exit::Refused
    })
}

pub async fn add_number(reach: &Reach, add: &AddNumber, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let contact = reference(&add.contact)?;
    let call = match &add.call {
        Some(call) => Some(named(reach, call).await?.call),
        None => None,
    };
    let args = AddNumberArgs {
        contact,
        number: add.number.clone(),
        call,
        with_choice: false,
    };
    let added: NumberAddedDto = reach.ask("add_number", args).await?;
    written(out.answer(&added, |added, out| {
        show::contact(&added.contact, out)?;
        if added.linked_only {
            writeln!(
                out,
                "Linked on this computer only: {}",
                show::plain(added.message.as_deref().unwrap_or("the CRM did not take the number"))
            )?;
        }
        Ok(())
    }))?;
    Ok(Exit::Done)
}

/// `connection/type/id`; the id may hold slashes.
pub fn reference(text: &str) -> Result<ContactRefDto, ApiError> {
    let mut parts = text.splitn(3, '/').filter(|part| !part.is_empty());
    match (parts.next(), parts.next(), parts.next()) {
        (Some(connection), Some(contact_type), Some(id)) => Ok(ContactRefDto {
            connection: connection.to_owned(),
            contact_type: contact_type.to_owned(),
            id: id.to_owned(),
        }),
        _ => Err(ApiError::new(
            USAGE,
            "a contact is written CONNECTION/TYPE/ID, as `ringside search` prints it",
        )),
    }
}

/// `NAME=VALUE`, each; the value may hold `=`.
pub fn fields(given: &[String]) -> Result<Vec<ChosenFieldDto>, ApiError> {
    let field = |text: &String| {
        let (name, value) = text.split_once('=').filter(|(name, _)| !name.trim().is_empty())?;
        Some(ChosenFieldDto {
            name: name.trim().to_owned(),
            value: value.to_owned(),
        })
    };
    given
        .iter()
        .map(|text| field(text).ok_or_else(|| ApiError::new(USAGE, "a field is written NAME=VALUE")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_a_name_and_a_value() {
        let given = ["status=New".to_owned(), " note =a=b".to_owned(), "empty=".to_owned()];
        let read = fields(&given).unwrap();
        let read: Vec<_> = read
            .iter()
            .map(|field| (field.name.as_str(), field.value.as_str()))
            .collect();
        assert_eq!(read, [("status", "New"), ("note", "a=b"), ("empty", "")]);
        for wrong in ["status", "=New", ""] {
            assert_eq!(fields(&[wrong.to_owned()]).unwrap_err().code, USAGE, "{wrong}");
        }
    }

    #[test]
    fn a_contact_is_three_parts() {
        let read = reference("crm/lead/a/b").unwrap();
        assert_eq!(
            (read.connection.as_str(), read.contact_type.as_str(), read.id.as_str()),
            ("crm", "lead", "a/b")
        );
        for wrong in ["", "crm", "crm/lead", "crm/lead/", "//x"] {
            assert_eq!(reference(wrong).unwrap_err().code, USAGE, "{wrong}");
        }
    }
}
