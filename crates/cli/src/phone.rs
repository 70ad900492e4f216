//! Commands about phones: what tells of calls, how it is doing, and whether it works. Secrets come from the terminal or from
//! standard input, and go to the owner of the profile over its private socket.

use std::{
    io::{self, Write},
    time::Duration,
};

use ringside_app::Events;
use ringside_ipc::{
    ApiError, Event,
    command::{AddPhoneArgs, ChangePhoneArgs, Nothing, PhoneArgs},
    connection::{ParameterKindDto, Secrets},
    phone::{NewPhoneDto, PhoneCheckDto, PhoneDto, PhoneKindDto, PhoneNoteDto, PhoneStateDto},
};
use tokio::sync::mpsc;

use crate::{
    args::{Phone, PhoneFilled},
    connection::{secrets, values},
    connector::{print_sentences, proof, question},
    exit::{Exit, written},
    reach::{Reach, ended, not_running},
    show::{self, Out, plain},
};

/// A person has five minutes to sign in, and what follows takes a moment.
const SIGN_IN: Duration = Duration::from_secs(6 * 60);
/// A trial call is waited for three minutes by the app itself.
const TRIAL: Duration = Duration::from_secs(200);
/// Between looks, should no event say that there is something to see.
const LOOK: Duration = Duration::from_secs(2);

pub async fn run(reach: &Reach, wanted: &Phone, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let named = |name: &str| PhoneArgs { name: name.to_owned() };
    match wanted {
        Phone::List => list(reach.ask("phones", Nothing {}).await?, out),
        Phone::Remove { name } => list(reach.ask("remove_phone", named(name)).await?, out),
        Phone::Add { name, kind, filled } => add(reach, name, kind, filled, out).await,
        Phone::Change { name, filled } => change(reach, name, filled, out).await,
        Phone::Retry { name } => one(&reach.ask("retry_phone", named(name)).await?, out),
        Phone::SignIn { name } => {
            out.aside("Sign in in the browser that opens now; there are five minutes for it");
            one(&reach.ask_within("sign_in_phone", named(name), SIGN_IN).await?, out)
        }
        Phone::Check { name } => check(reach, name, out).await,
        // Needs no profile: it never comes this far.
        Phone::Kinds { .. } => Ok(Exit::Done),
    }
}

/// What can be set up. Takes no profile.
pub fn kinds(wanted: Option<&str>, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let all = ringside_app::phone_kinds();
    match wanted {
        None => written(out.answer(&all, |all, out| {
            let rows = all
                .iter()
                .map(|kind| vec![kind.id.clone(), kind.name.clone(), kind.summary.clone()]);
            show::table(&rows.collect::<Vec<_>>(), out)
        }))?,
        Some(wanted) => written(out.answer(&one_kind(all, wanted)?, print_kind))?,
    }
    Ok(Exit::Done)
}

fn one_kind(all: Vec<PhoneKindDto>, wanted: &str) -> Result<PhoneKindDto, ApiError> {
    let ids: Vec<&str> = all.iter().map(|kind| kind.id.as_str()).collect();
    let hint = format!("There are: {}", ids.join(", "));
    let found = all.iter().find(|kind| kind.id == wanted).cloned();
    found.ok_or_else(|| ApiError::invalid("kind", format!("there is no kind of phone `{wanted}`")).hint(hint))
}

fn print_kind(kind: &PhoneKindDto, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", plain(&kind.name))?;
    writeln!(out, "  {}", plain(&kind.summary))?;
    let evidence = format!("{}: {}", proof(kind.evidence.kind), kind.evidence.note);
    show::facts(&[("id", Some(kind.id.clone())), ("evidence", Some(evidence))], out)?;
    print_sentences("Needs", &kind.needs, out)?;
    print_sentences("Limits", &kind.limits, out)?;
    if kind.signs_in_with_browser {
        writeln!(out, "After adding it, sign in: ringside phone sign-in NAME")?;
    }
    if kind.parameters.is_empty() {
        return Ok(());
    }
    writeln!(out, "Asks for")?;
    show::table(&kind.parameters.iter().map(question).collect::<Vec<_>>(), out)
}

async fn add(
    reach: &Reach,
    name: &str,
    kind: &str,
    filled: &PhoneFilled,
    out: &mut Out<'_, impl Write>,
) -> Result<Exit, ApiError> {
    let kind = one_kind(reach.ask("phone_kinds", Nothing {}).await?, kind)?;
    let asks_secrets = kind
        .parameters
        .iter()
        .any(|asked| asked.kind == ParameterKindDto::Secret);
    let args = AddPhoneArgs {
        name: name.to_owned(),
        // What we connect to ourselves proved who it is; whoever has a token only has a token.
        trusted: filled.trust().unwrap_or(!kind.uses_intake),
        parameters: values(&filled.values)?,
        secrets: if asks_secrets || filled.secrets_from_stdin {
            secrets(filled.secrets_from_stdin, &kind.parameters, true)?
        } else {
            Secrets::new()
        },
        kind: Some(kind.id),
    };
    let added: NewPhoneDto = reach.ask("add_phone", args).await?;
    written(out.answer(&added, |added, out| {
        if added.recipes.is_empty() {
            print(std::slice::from_ref(&added.phone), out)?;
        } else {
            writeln!(
                out,
                "The token below is shown this once. Copy the lines for your phone:"
            )?;
        }
        for recipe in &added.recipes {
            writeln!(out, "\n{}: {}\n\n{}", recipe.title, recipe.place, recipe.text)?;
        }
        let name = plain(&added.phone.name);
        match added.phone.signed_in {
            Some(false) => writeln!(out, "Now sign in: ringside phone sign-in \"{name}\""),
            _ => writeln!(out, "See whether it works: ringside phone check \"{name}\""),
        }
    }))?;
    Ok(Exit::Done)
}

async fn change(
    reach: &Reach,
    name: &str,
    filled: &PhoneFilled,
    out: &mut Out<'_, impl Write>,
) -> Result<Exit, ApiError> {
    // Only what is given changes: secrets are asked for on the terminal only when nothing is given at all.
    let nothing = filled.values.is_empty() && filled.trust().is_none();
    let secrets = if filled.secrets_from_stdin || nothing {
        let now = find(reach, name).await?;
        let kind = one_kind(reach.ask("phone_kinds", Nothing {}).await?, &now.kind)?;
        secrets(filled.secrets_from_stdin, &kind.parameters, false)?
    } else {
        Secrets::new()
    };
    let args = ChangePhoneArgs {
        name: name.to_owned(),
        trusted: filled.trust(),
        parameters: values(&filled.values)?,
        secrets,
    };
    one(&reach.ask("change_phone", args).await?, out)
}

async fn find(reach: &Reach, name: &str) -> Result<PhoneDto, ApiError> {
    let list: Vec<PhoneDto> = reach.ask("phones", Nothing {}).await?;
    let same = |phone: &PhoneDto| phone.name.to_lowercase() == name.trim().to_lowercase();
    list.into_iter().find(same).ok_or_else(|| {
        ApiError::new("not_found", "there is no phone with this name").hint("`ringside phone list` lists them")
    })
}

/// Prints each mark of the trial call as it happens.
async fn check(reach: &Reach, name: &str, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let args = PhoneArgs { name: name.to_owned() };
    let Reach::There(_, folders) = reach else {
        return Err(not_running());
    };
    let mut changed = changes(Events::open(folders).await?.ok_or_else(ended)?);
    let mut phone: PhoneDto = reach.ask("check_phone", args).await?;
    let name = phone.name.clone();
    out.aside("Call this phone now from another one; there are three minutes for it");
    if !matches!(phone.state, PhoneStateDto::Ready { .. }) {
        out.aside(&plain(&state_in_words(&phone)));
    }
    let mut said = PhoneCheckDto::default();
    let deadline = tokio::time::Instant::now() + TRIAL;
    loop {
        let now = phone.check.clone().unwrap_or_default();
        tell_marks(&said, &now, out)?;
        let over = now.done || tokio::time::Instant::now() >= deadline;
        said = now;
        if over {
            break;
        }
        if let Ok(None) = tokio::time::timeout(LOOK, changed.recv()).await {
            return Err(ended());
        }
        phone = find(reach, &name).await?;
    }
    if out.json {
        written(out.value(&said))?;
    }
    verdict(&said, &phone, out)
}

/// A word each time phones changed. Reading is a task of its own: a wait for it may be cut at any time.
fn changes(mut events: Events) -> mpsc::Receiver<()> {
    let (tell, changed) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok(Some(event)) = events.next().await {
            if matches!(event, Event::Phones)
                && let Err(mpsc::error::TrySendError::Closed(())) = tell.try_send(())
            {
                return;
            }
        }
    });
    changed
}

fn verdict(check: &PhoneCheckDto, phone: &PhoneDto, out: &Out<'_, impl Write>) -> Result<Exit, ApiError> {
    if !(check.rang || check.answered) {
        let words = "no call was heard";
        let hint = match &phone.state {
            PhoneStateDto::Ready { .. } => {
                "Ringside is connected, so look at the other end: docs/phones/ says where, for each phone".to_owned()
            }
            _ => state_in_words(phone),
        };
        return Err(ApiError::new("not_found", words).hint(hint));
    }
    if !check.number {
        out.aside(
            "The call was heard, but nobody told who calls: the server has to be set up to tell it; see docs/phones/",
        );
    }
    if !check.ended {
        out.aside("The call's end was not heard: Ringside ends such calls by itself after a while");
    }
    Ok(Exit::Done)
}

fn tell_marks(before: &PhoneCheckDto, now: &PhoneCheckDto, out: &mut Out<'_, impl Write>) -> Result<(), ApiError> {
    let marks = [
        (before.rang, now.rang, "rang", "it rings"),
        (before.number, now.number, "number", "the caller's number is told"),
        (before.name, now.name, "name", "a name is told"),
        (before.answered, now.answered, "answered", "it was answered"),
        (before.ended, now.ended, "ended", "it ended"),
    ];
    for (_, _, mark, words) in marks.iter().filter(|(before, now, ..)| *now && !before) {
        written(if out.json {
            out.value(&serde_json::json!({ "mark": mark }))
        } else {
            writeln!(out.to, "{words}")
        })?;
        written(out.to.flush())?;
    }
    Ok(())
}

fn list(list: Vec<PhoneDto>, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    written(out.answer(&list, |list, out| print(list, out)))?;
    if list.is_empty() {
        out.aside("No phones yet: `ringside phone kinds` lists what can be added");
    }
    Ok(Exit::Done)
}

/// One that was tried just now: what is in its way is this command's failure.
fn one(phone: &PhoneDto, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    written(out.answer(phone, |phone, out| print(std::slice::from_ref(phone), out)))?;
    Ok(match phone.state {
        PhoneStateDto::Retrying { .. } | PhoneStateDto::Stopped { .. } => Exit::Unavailable,
        PhoneStateDto::Off | PhoneStateDto::Connecting | PhoneStateDto::Ready { .. } => Exit::Done,
    })
}

fn print(list: &[PhoneDto], out: &mut impl Write) -> io::Result<()> {
    let (_, zone) = ringside_app::time_now();
    let rows = list.iter().map(|phone| {
        let seen = phone
            .last_seen
            .map_or_else(|| "never heard of".to_owned(), |at| ringside_app::local_time(at, &zone));
        vec![
            phone.name.clone(),
            phone.kind.clone(),
            if phone.trusted { "trusted" } else { "not trusted" }.to_owned(),
            seen,
            state_in_words(phone),
        ]
    });
    show::table(&rows.collect::<Vec<_>>(), out)
}

pub fn state_in_words(phone: &PhoneDto) -> String {
    let sentence = |begin: &str, message: &str, hint: &Option<String>| match hint {
        Some(hint) => format!("{begin}: {message}. {hint}"),
        None => format!("{begin}: {message}"),
    };
    match &phone.state {
        PhoneStateDto::Off => "does not run now".to_owned(),
        PhoneStateDto::Connecting => "connecting".to_owned(),
        PhoneStateDto::Ready { notes } if notes.is_empty() => "hears of every call".to_owned(),
        PhoneStateDto::Ready { notes } => {
            let said = |note: &PhoneNoteDto| match &note.hint {
                Some(hint) => format!("{}. {hint}", note.message),
                None => note.message.clone(),
            };
            let notes: Vec<String> = notes.iter().map(said).collect();
            format!("hears of every call. {}", notes.join(". "))
        }
        PhoneStateDto::Retrying { message, hint, .. } => sentence("tries again by itself", message, hint),
        PhoneStateDto::Stopped { message, hint, .. } => sentence("stopped", message, hint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_that_works_says_what_it_cannot_tell_and_what_to_do() {
        let phone = PhoneDto {
            name: "Office".to_owned(),
            kind: "sip".to_owned(),
            trusted: true,
            created: 0,
            last_seen: None,
            state: PhoneStateDto::Ready {
                notes: vec![
                    PhoneNoteDto {
                        code: "no_numbers".to_owned(),
                        message: "The server tells no numbers".to_owned(),
                        hint: Some("Have them switched on".to_owned()),
                    },
                    PhoneNoteDto {
                        code: "clear_text".to_owned(),
                        message: "It is not encrypted".to_owned(),
                        hint: None,
                    },
                ],
            },
            parameters: Default::default(),
            signed_in: None,
            check: None,
        };
        assert_eq!(
            state_in_words(&phone),
            "hears of every call. The server tells no numbers. Have them switched on. It is not encrypted"
        );
    }
}
