//! Commands about connections: adding, changing, signing in. Secrets come from the terminal or from standard input, and go
//! to the owner of the profile over its private socket.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Read as _, Write},
    time::Duration,
};

use ringside_ipc::{
    ApiError,
    command::{
        AddConnectionArgs, AgreeArgs, ChangeConnectionArgs, ConnectionArgs, ConnectorFieldsArgs, FinishSignInArgs,
        Nothing,
    },
    connection::{
        ConnectionStateDto, ConnectorFieldsDto, ParameterDto, ParameterKindDto, SecretText, Secrets, SignedInDto,
        Values,
    },
    status::ConnectionDto,
};

use crate::{
    args::{Connection, Filled},
    changed, connector,
    exit::{Exit, USAGE, written},
    reach::Reach,
    show::{self, Out, plain},
};

/// A person has five minutes to sign in, and what follows takes a moment.
const SIGN_IN: Duration = Duration::from_secs(6 * 60);
/// A server's own manifest is asked, then the account.
const CONNECT: Duration = Duration::from_secs(120);
/// Bytes of standard input that can be secrets, or of a file that can be a value.
const LONGEST_INPUT: u64 = 1024 * 1024;

pub async fn run(reach: &Reach, wanted: &Connection, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let named = |connection: &str| ConnectionArgs {
        connection: connection.to_owned(),
    };
    match wanted {
        Connection::List => list(reach.ask("connections", Nothing {}).await?, out),
        Connection::Remove { connection } => list(reach.ask("remove_connection", named(connection)).await?, out),
        Connection::LogHere { connection } => list(reach.ask("log_here", named(connection)).await?, out),
        Connection::Test { connection } => one(&reach.ask("test_connection", named(connection)).await?, out),
        Connection::SignOut { connection } => {
            let signed_out: ConnectionDto = reach.ask("sign_out", named(connection)).await?;
            list(vec![signed_out], out)
        }
        Connection::SignIn { connection } => sign_in(reach, connection, out).await,
        Connection::Agree { connection, yes } => agree(reach, connection, *yes, out).await,
        Connection::Add { connector, filled } => add(reach, connector, filled, out).await,
        Connection::Change { connection, filled } => change(reach, connection, filled, out).await,
    }
}

async fn add(reach: &Reach, connector: &str, filled: &Filled, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let chosen = connector::find(reach, connector).await?;
    let parameters = values(&filled.values)?;
    let (mut asked, mut server) = (chosen.parameters, filled.server.clone());
    if chosen.asks_server {
        let form = fields(reach, connector, server, &parameters).await?;
        (asked, server) = (form.parameters, goes_to(form.server, out));
    }
    let secrets = secrets(filled.secrets_from_stdin, &asked, true)?;
    let args = AddConnectionArgs {
        connector: chosen.id,
        name: filled.name.clone(),
        environment: filled.environment.clone(),
        server,
        parameters,
        secrets,
    };
    let added: ConnectionDto = reach.ask_within("add_connection", args, CONNECT).await?;
    let waits = added.state == ConnectionStateDto::SignInNeeded;
    written(out.answer(&added, |added, out| {
        print(std::slice::from_ref(added), out)?;
        if waits {
            writeln!(out, "Now sign in: ringside connection sign-in {}", added.id)?;
        }
        Ok(())
    }))?;
    Ok(Exit::Done)
}

async fn change(
    reach: &Reach,
    connection: &str,
    filled: &Filled,
    out: &mut Out<'_, impl Write>,
) -> Result<Exit, ApiError> {
    let now = find(reach, connection).await?;
    let parameters = values(&filled.values)?;
    // Only what is given changes: nothing is asked for on the terminal unless nothing is given at all.
    let nothing =
        filled.name.is_none() && filled.server.is_none() && filled.environment.is_none() && filled.values.is_empty();
    // Another server gets no secret that was typed for this one.
    let moves = filled.server.is_some() && io::stdin().is_terminal();
    let mut server = filled.server.clone();
    let secrets = if filled.secrets_from_stdin || nothing || moves {
        let chosen = connector::find(reach, &now.connector).await?;
        let mut asked = chosen.parameters;
        if chosen.asks_server {
            let mut all = now.parameters.clone();
            all.extend(parameters.clone());
            let form = fields(reach, &now.connector, server.or_else(|| now.server.clone()), &all).await?;
            asked = form.parameters;
            server = goes_to(form.server, out)
                .filter(|server| filled.server.is_some() || now.server.as_ref() != Some(server));
        }
        secrets(filled.secrets_from_stdin, &asked, false)?
    } else {
        Secrets::new()
    };
    let args = ChangeConnectionArgs {
        connection: now.id,
        name: filled.name.clone(),
        environment: filled.environment.clone(),
        server,
        parameters,
        secrets,
    };
    let changed: ConnectionDto = reach.ask_within("change_connection", args, CONNECT).await?;
    one(&changed, out)
}

async fn find(reach: &Reach, id: &str) -> Result<ConnectionDto, ApiError> {
    let list: Vec<ConnectionDto> = reach.ask("connections", Nothing {}).await?;
    let known: Vec<&str> = list.iter().map(|known| known.id.as_str()).collect();
    let hint = format!("There are: {}", known.join(", "));
    list.into_iter()
        .find(|known| known.id == id)
        .ok_or_else(|| ApiError::new("not_found", "there is no such connection").hint(hint))
}

/// Says where secrets go before any is typed: only a manifest may name it. That address is then the connection's.
fn goes_to(server: Option<String>, out: &Out<'_, impl Write>) -> Option<String> {
    if let Some(server) = &server {
        out.aside(&format!("What you type here goes to {}", plain(server)));
    }
    server
}

/// What a server asks for.
async fn fields(
    reach: &Reach,
    connector: &str,
    server: Option<String>,
    parameters: &Values,
) -> Result<ConnectorFieldsDto, ApiError> {
    let args = ConnectorFieldsArgs {
        connector: connector.to_owned(),
        server,
        parameters: parameters.clone(),
    };
    reach.ask("connector_fields", args).await
}

async fn sign_in(reach: &Reach, connection: &str, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    if find(reach, connection).await?.can_sign_in {
        out.aside("Sign in in the browser that opens now; there are five minutes for it");
    }
    let args = ConnectionArgs {
        connection: connection.to_owned(),
    };
    let signed_in: SignedInDto = reach.ask_within("sign_in", args, SIGN_IN).await?;
    match signed_in {
        SignedInDto::Done { connection } => one(&connection, out),
        SignedInDto::Paste => {
            let address = hidden("Copy the address of the last page here: ")?;
            let args = FinishSignInArgs {
                connection: connection.to_owned(),
                address,
            };
            one(&reach.ask_within("finish_sign_in", args, CONNECT).await?, out)
        }
    }
}

async fn agree(reach: &Reach, id: &str, yes: bool, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    let now = find(reach, id).await?;
    let ConnectionStateDto::Changed { before, after } = &now.state else {
        return Err(ApiError::new(
            "conflict",
            "nothing changed that would have to be agreed to",
        ));
    };
    if yes {
        let args = AgreeArgs {
            connection: now.id,
            after: after.clone(),
        };
        let agreed: ConnectionDto = reach.ask("agree_to_connector", args).await?;
        return self::list(vec![agreed], out);
    }
    written(out.answer(&now, |_, out| {
        match before {
            Some(before) => {
                writeln!(out, "What changed since it was agreed to:")?;
                changed::print(before, after, out)?;
            }
            None => {
                writeln!(out, "What was agreed to before is not known any more. Now:")?;
                changed::print("", after, out)?;
            }
        }
        writeln!(out, "To go on with it: ringside connection agree {id} --yes")
    }))?;
    Ok(Exit::Refused)
}

fn list(list: Vec<ConnectionDto>, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    written(out.answer(&list, |list, out| print(list, out)))?;
    Ok(Exit::Done)
}

/// One that was tried just now: what is in its way is this command's failure. One that said whose account it is works, whatever
/// that account may not see.
fn one(shown: &ConnectionDto, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    written(out.answer(shown, |shown, out| print(std::slice::from_ref(shown), out)))?;
    Ok(if shown.message.is_some() && shown.account.is_none() {
        Exit::Unavailable
    } else {
        Exit::Done
    })
}

fn print(list: &[ConnectionDto], out: &mut impl Write) -> io::Result<()> {
    let rows = list.iter().map(|connection| {
        let state = match &connection.state {
            ConnectionStateDto::Ready => "",
            ConnectionStateDto::SignInNeeded => "sign in needed",
            ConnectionStateDto::Changed { .. } => "connector changed",
            ConnectionStateDto::Broken { .. } => "file has faults",
            ConnectionStateDto::Unfit { .. } => "does not fit",
            ConnectionStateDto::Missing => "no connector",
        };
        vec![
            connection.id.clone(),
            connection.name.clone(),
            if connection.logs_here { "logs here" } else { "" }.to_owned(),
            state.to_owned(),
            connection.account.clone().unwrap_or_default(),
            connection.message.clone().unwrap_or_default(),
        ]
    });
    show::table(&rows.collect::<Vec<_>>(), out)
}

pub fn values(given: &[String]) -> Result<Values, ApiError> {
    let value = |given: &String| {
        let Some((name, value)) = given.split_once('=') else {
            return Err(ApiError::new(USAGE, "--set takes NAME=VALUE").hint("For example: --set username=ada"));
        };
        let value = match value.strip_prefix('@') {
            Some(path) => file(path)?,
            None => value.to_owned(),
        };
        Ok((name.trim().to_owned(), value))
    };
    given.iter().map(value).collect()
}

fn file(path: &str) -> Result<String, ApiError> {
    let mut text = String::new();
    let opened = std::fs::File::open(path).and_then(|file| file.take(LONGEST_INPUT).read_to_string(&mut text));
    opened.map_err(|error| ApiError::new(USAGE, format!("{path} can't be read: {error}")))?;
    Ok(text)
}

/// From standard input, or asked for on the terminal one after the other.
pub fn secrets(from_stdin: bool, asked: &[ParameterDto], required: bool) -> Result<Secrets, ApiError> {
    let mut secrets = Secrets::new();
    if from_stdin {
        for line in io::stdin().lock().take(LONGEST_INPUT).lines() {
            let line = line.map_err(|error| ApiError::new(USAGE, format!("the secrets could not be read: {error}")))?;
            if line.trim().is_empty() {
                continue;
            }
            let (name, secret) = line
                .split_once('=')
                .ok_or_else(|| ApiError::new(USAGE, "each line of the secrets is NAME=VALUE"))?;
            secrets.insert(name.trim().to_owned(), SecretText::new(secret));
        }
        return Ok(secrets);
    }
    for asked in asked.iter().filter(|asked| asked.kind == ParameterKindDto::Secret) {
        let more = match (required && asked.required, required) {
            (true, _) => "",
            (false, true) => " (may stay empty)",
            (false, false) => " (empty: stays as it is)",
        };
        let secret = hidden(&format!("{}{more}: ", plain(&asked.title)))?;
        if !secret.expose().is_empty() {
            secrets.insert(asked.name.clone(), secret);
        }
    }
    Ok(secrets)
}

/// Typed without being shown.
fn hidden(question: &str) -> Result<SecretText, ApiError> {
    if !io::stdin().is_terminal() {
        return Err(ApiError::new(USAGE, "there is no terminal to ask for secrets on")
            .hint("Give them on standard input, a line NAME=VALUE each, with --secrets-from-stdin"));
    }
    let typed = rpassword::prompt_password(question)
        .map_err(|error| ApiError::new(USAGE, format!("the secret could not be read: {error}")))?;
    Ok(SecretText::new(typed))
}
