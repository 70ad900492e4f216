//! Commands about connectors: what can be connected, and what it takes.

use std::{
    io::{self, Write},
    time::Duration,
};

use ringside_app::{Client, Folders};
use ringside_ipc::{
    ApiError,
    command::Nothing,
    connection::{
        ConnectorDto, EnvironmentDto, EvidenceDto, EvidenceKindDto, OriginDto, ParameterDto, ParameterKindDto,
    },
};

use crate::{
    args::Connector,
    exit::{Exit, written},
    reach::Reach,
    show::{self, Out, plain},
};

/// How long the owner may take to say what it has, before the files are read here.
const PATIENCE: Duration = Duration::from_secs(3);

/// Takes no profile: what can be connected is known where nothing is, on a computer without a secret store too.
pub async fn run(folders: &Folders, wanted: &Connector, out: &mut Out<'_, impl Write>) -> Result<Exit, ApiError> {
    match wanted {
        Connector::List => {
            let (list, own) = (all(folders).await, ringside_app::connectors_folder(folders));
            written(out.answer(&list, |list, out| {
                print_list(list, out)?;
                writeln!(out, "Files of your own: {}", plain(&own.display().to_string()))
            }))?;
        }
        Connector::Show { connector } => {
            let connector = one(all(folders).await, connector)?;
            written(out.answer(&connector, print_one))?;
        }
        // Needs no profile: it never comes this far.
        Connector::Check { .. } => {}
    }
    Ok(Exit::Done)
}

pub async fn find(reach: &Reach, id: &str) -> Result<ConnectorDto, ApiError> {
    one(reach.ask("connectors", Nothing {}).await?, id)
}

/// As the owner has them; without one that answers as the files have them.
async fn all(folders: &Folders) -> Vec<ConnectorDto> {
    if let Ok(Some(owner)) = Client::connect(folders).await
        && let Ok(list) = owner.ask_within("connectors", Nothing {}, PATIENCE).await
    {
        return list;
    }
    ringside_app::connectors(folders)
}

fn one(list: Vec<ConnectorDto>, id: &str) -> Result<ConnectorDto, ApiError> {
    let names: Vec<&str> = list.iter().map(|connector| connector.id.as_str()).collect();
    let hint = format!("There are: {}", names.join(", "));
    let found = list.iter().find(|connector| connector.id == id).cloned();
    found.ok_or_else(|| ApiError::invalid("connector", format!("there is no connector `{id}`")).hint(hint))
}

fn print_list(list: &[ConnectorDto], out: &mut impl Write) -> io::Result<()> {
    let rows = list.iter().map(|connector| {
        let state = match connector.problems.first() {
            Some(problem) => format!("line {}, column {}: {}", problem.line, problem.column, problem.message),
            None => evidence(connector),
        };
        vec![
            connector.id.clone(),
            connector.name.clone(),
            origin(&connector.origin).to_owned(),
            state,
        ]
    });
    show::table(&rows.collect::<Vec<_>>(), out)
}

fn print_one(connector: &ConnectorDto, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", plain(&connector.name))?;
    let listed = |list: &[String]| Some(list.join(", ")).filter(|text| !text.is_empty());
    let file = match &connector.origin {
        OriginDto::Own { file } => Some(file.clone()),
        OriginDto::BuiltIn | OriginDto::Shipped => None,
    };
    show::facts(
        &[
            ("id", Some(connector.id.clone())),
            ("made by", Some(origin(&connector.origin).to_owned())),
            ("file", file),
            ("evidence", Some(evidence(connector)).filter(|text| !text.is_empty())),
            ("finds", listed(&connector.types)),
            ("can", listed(&connector.operations)),
            ("docs", connector.docs.clone()),
        ],
        out,
    )?;
    print_sentences("Needs", &connector.needs, out)?;
    print_sentences("Limits", &connector.limits, out)?;
    print_questions(connector, out)?;
    for problem in &connector.problems {
        writeln!(out, "{}:{}: {}", problem.line, problem.column, plain(&problem.message))?;
        if let Some(hint) = &problem.hint {
            writeln!(out, "  {}", plain(hint))?;
        }
    }
    Ok(())
}

pub fn print_sentences(title: &str, sentences: &[String], out: &mut impl Write) -> io::Result<()> {
    if sentences.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}")?;
    sentences
        .iter()
        .try_for_each(|sentence| writeln!(out, "  {}", plain(sentence)))
}

/// What `connection add` wants, as it is written there.
fn print_questions(connector: &ConnectorDto, out: &mut impl Write) -> io::Result<()> {
    let mut rows = Vec::new();
    match &connector.environment {
        EnvironmentDto::Fixed => {}
        EnvironmentDto::Typed { title, placeholder, .. } => {
            let example = placeholder.as_deref().unwrap_or("ADDRESS");
            rows.push(vec![format!("  --server {example}"), title.clone()]);
        }
        EnvironmentDto::Choice { options } => {
            let label = |option: &ringside_ipc::status::FieldOptionDto| {
                vec![format!("  --environment {}", option.value), option.label.clone()]
            };
            rows.extend(options.iter().map(label));
        }
    }
    rows.extend(connector.parameters.iter().map(question));
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "Asks for")?;
    show::table(&rows, out)
}

pub fn question(asked: &ParameterDto) -> Vec<String> {
    let how = match asked.kind {
        ParameterKindDto::Secret => format!("  {} (secret)", asked.name),
        _ => format!("  --set {}=", asked.name),
    };
    let mut words = vec![asked.title.clone()];
    if !asked.required {
        words.push("may stay empty".to_owned());
    }
    if let Some(default) = asked.default.as_ref().filter(|default| !default.is_empty()) {
        words.push(format!("otherwise {default}"));
    }
    if !asked.options.is_empty() {
        let values: Vec<&str> = asked.options.iter().map(|option| option.value.as_str()).collect();
        words.push(format!("one of {}", values.join(", ")));
    }
    let mut row = vec![how, words.join("; ")];
    row.extend(asked.help.clone());
    row
}

fn origin(origin: &OriginDto) -> &'static str {
    match origin {
        OriginDto::BuiltIn | OriginDto::Shipped => "Ringside",
        OriginDto::Own { .. } => "you",
    }
}

pub fn proof(evidence: EvidenceKindDto) -> &'static str {
    match evidence {
        EvidenceKindDto::RealServer => "proved on a real server",
        EvidenceKindDto::Specification => "proved on the vendor's specification",
        EvidenceKindDto::Documentation => "written from documentation",
    }
}

fn evidence(connector: &ConnectorDto) -> String {
    let Some(kind) = connector.evidence.as_ref().map(|evidence| proof(evidence.kind)) else {
        return String::new();
    };
    // Ringside's tests hold what ships to its claim; nobody holds a file of one's own to it.
    let proved = |evidence: &EvidenceDto| evidence.kind != EvidenceKindDto::Documentation;
    match connector.origin {
        OriginDto::Own { .. } if connector.evidence.as_ref().is_some_and(proved) => format!("its author says: {kind}"),
        _ => kind.to_owned(),
    }
}
