//! What a server tells of the calls of one address: bodies of `application/dialog-info+xml` (RFC 4235).
//!
//! Servers are careless writers, and a caller chooses some of the text. Hence the namespace and the case of words don't
//! matter, unknown elements and attributes are passed over, and what is missing is missing. A body is refused only when it
//! is no readable XML, has a DTD, or is beyond the limits.
//!
//! ```xml
//! <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="2" state="full" entity="sip:201@pbx.example">
//!   <dialog id="d1" call-id="a84b4c76e66710" local-tag="p1" remote-tag="c1" direction="recipient">
//!     <state event="cancelled" code="487">terminated</state>
//!     <replaces call-id="b97c" local-tag="p0" remote-tag="c0"/>
//!     <referred-by display="Reception">sip:100@pbx.example</referred-by>
//!     <remote><identity display="Ada">sip:+15555550100@pbx.example</identity><target uri="sip:**201@pbx.example"/></remote>
//!     <local><identity>sip:201@pbx.example</identity>
//!       <target uri="sip:201@192.0.2.7"><param pname="+sip.rendering" pvalue="no"/></target></local>
//!   </dialog>
//! </dialog-info>
//! ```
//!
//! `target` is never read as a person: it is a device, or on FreeSWITCH the code that picks the call up. `duration` and
//! session descriptions are not read: the time of a call is measured here.

mod text;

use std::{borrow::Cow, fmt};

use ringside_domain::{Direction, call::WireParty};
use roxmltree::{Document, Node, ParsingOptions};

use crate::clean::{cleaned, kept};

/// Bytes of one body. A hundred calls are about 40 KiB.
pub const LARGEST_BODY: usize = 256 * 1024;
/// Dialogs in one body.
pub const MOST_DIALOGS: usize = 1_000;
/// The document asks for six levels.
const DEEPEST: usize = 32;
/// Elements, texts and comments; one dialog is about twenty-five.
const MOST_NODES: u32 = 60_000;
/// Characters of what is kept.
const LONGEST_ID: usize = 250;
const LONGEST_URI: usize = 200;
const LONGEST_NAME: usize = 120;
const LONGEST_WORD: usize = 40;

/// One body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialogInfo {
    /// Whose dialogs these are.
    pub entity: Option<String>,
    pub version: Option<u64>,
    /// It lists what changed only. `false`: everything there is, as far as the server keeps to the standard.
    pub partial: bool,
    pub dialogs: Vec<Dialog>,
}

/// One dialog, as it was told. Texts are cleaned and cut; empty ones count as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dialog {
    /// Empty where there is none.
    pub id: String,
    pub call_id: Option<String>,
    pub local_tag: Option<String>,
    pub remote_tag: Option<String>,
    pub direction: Option<Direction>,
    pub state: State,
    /// Why the state is this one, in lower case: `cancelled`, `rejected`, `replaced`, `local-bye`, …
    pub event: Option<String>,
    /// The SIP status behind `event`, 100 to 699.
    pub code: Option<u16>,
    /// The Call-ID of the dialog whose place this one took.
    pub replaces: Option<String>,
    pub referred_by: Option<WireParty>,
    pub local: Option<WireParty>,
    pub remote: Option<WireParty>,
    /// Whether our device plays what it hears, by `+sip.rendering` of the local target. `Some(false)`: on hold.
    pub rendering: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// No word at all: servers write this of a line on which nothing goes on.
    #[default]
    Absent,
    /// A word that the standard does not have.
    Other,
    Trying,
    Proceeding,
    Early,
    Confirmed,
    Terminated,
}

/// Why a body can't be read. Says nothing of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// More than [`LARGEST_BODY`] bytes; how many there were.
    TooLarge(usize),
    /// Neither UTF-8 nor declared as Latin-1.
    Encoding,
    /// A document type definition, which can be used to blow a small body up.
    Dtd,
    /// No well-formed XML, from this line and column on.
    Broken { line: u32, column: u32 },
    /// Nested too deep, too many nodes, or more than [`MOST_DIALOGS`].
    TooMuch,
    /// XML, but of something else.
    NotDialogInfo,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(size) => write!(f, "the server's list of calls is too large ({size} bytes)"),
            Self::Encoding => f.write_str("the server's list of calls is neither UTF-8 nor Latin-1"),
            Self::Dtd => f.write_str("the server's list of calls has a DTD, which is not read for safety"),
            Self::Broken { line, column } => {
                write!(
                    f,
                    "the server's list of calls is broken XML, line {line}, column {column}"
                )
            }
            Self::TooMuch => f.write_str("the server's list of calls is too long or too deeply nested"),
            Self::NotDialogInfo => f.write_str("what the server sent is no list of calls"),
        }
    }
}

impl std::error::Error for BodyError {}

/// Reads one body. UTF-8, with or without a byte order mark, whatever the declaration says; Latin-1 where it is declared
/// and the bytes are no UTF-8; UTF-16 is refused.
///
/// # Errors
/// [`BodyError`], when nothing can be said about any call.
pub fn parse(body: &[u8]) -> Result<DialogInfo, BodyError> {
    if body.len() > LARGEST_BODY {
        return Err(BodyError::TooLarge(body.len()));
    }
    let text = text::decode(body).ok_or(BodyError::Encoding)?;
    match read(&text) {
        // A bare `&` in a caller's name must not hide the call.
        Err(BodyError::Broken { line, column }) => match text::mended(&text) {
            Cow::Owned(mended) => read(&mended),
            Cow::Borrowed(_) => Err(BodyError::Broken { line, column }),
        },
        other => other,
    }
}

fn read(text: &str) -> Result<DialogInfo, BodyError> {
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MOST_NODES,
        entity_resolver: None,
    };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => BodyError::Dtd,
        roxmltree::Error::NodesLimitReached
        | roxmltree::Error::AttributesLimitReached
        | roxmltree::Error::NamespacesLimitReached => BodyError::TooMuch,
        other => BodyError::Broken {
            line: other.pos().row,
            column: other.pos().col,
        },
    })?;
    let root = document.root_element();
    if !is(root, "dialog-info") {
        return Err(BodyError::NotDialogInfo);
    }
    if is_too_deep(root) {
        return Err(BodyError::TooMuch);
    }
    let mut dialogs = Vec::new();
    for node in children(root, "dialog") {
        if dialogs.len() == MOST_DIALOGS {
            return Err(BodyError::TooMuch);
        }
        dialogs.push(dialog(node));
    }
    Ok(DialogInfo {
        entity: kept(attribute(root, "entity"), LONGEST_URI),
        version: attribute(root, "version").and_then(|version| version.trim().parse().ok()),
        partial: attribute(root, "state").is_some_and(|state| state.trim().eq_ignore_ascii_case("partial")),
        dialogs,
    })
}

fn dialog(node: Node<'_, '_>) -> Dialog {
    let state = child(node, "state");
    let local = child(node, "local");
    Dialog {
        id: kept(attribute(node, "id"), LONGEST_ID).unwrap_or_default(),
        call_id: kept(attribute(node, "call-id"), LONGEST_ID),
        local_tag: kept(attribute(node, "local-tag"), LONGEST_ID),
        remote_tag: kept(attribute(node, "remote-tag"), LONGEST_ID),
        direction: attribute(node, "direction").and_then(direction),
        state: state.map(|state| state_in_words(&content(state))).unwrap_or_default(),
        event: state
            .and_then(|state| kept(attribute(state, "event"), LONGEST_WORD))
            .map(|event| event.to_ascii_lowercase()),
        code: state
            .and_then(|state| attribute(state, "code")?.trim().parse().ok())
            .filter(|code| (100..700).contains(code)),
        replaces: child(node, "replaces").and_then(|replaces| kept(attribute(replaces, "call-id"), LONGEST_ID)),
        referred_by: child(node, "referred-by").and_then(party),
        local: local.and_then(identity),
        remote: child(node, "remote").and_then(identity),
        rendering: local.and_then(rendering),
    }
}

/// The end of a dialog as a person. BroadWorks names several identities; the one that is a number in full says most.
fn identity(end: Node<'_, '_>) -> Option<WireParty> {
    let mut parties: Vec<WireParty> = children(end, "identity").filter_map(party).collect();
    let best = parties
        .iter()
        .position(|party| {
            party
                .raw
                .get(..5)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("tel:+"))
        })
        .or_else(|| parties.iter().position(|party| !party.raw.is_empty()))
        .unwrap_or(0);
    (!parties.is_empty()).then(|| parties.swap_remove(best))
}

fn party(node: Node<'_, '_>) -> Option<WireParty> {
    let party = WireParty {
        raw: cleaned(&content(node), LONGEST_URI),
        display: kept(attribute(node, "display"), LONGEST_NAME),
    };
    (!party.raw.is_empty() || party.display.is_some()).then_some(party)
}

fn rendering(local: Node<'_, '_>) -> Option<bool> {
    let target = child(local, "target")?;
    let param = children(target, "param")
        .find(|param| attribute(*param, "pname").is_some_and(|name| name.eq_ignore_ascii_case("+sip.rendering")))?;
    match attribute(param, "pvalue")?.trim().trim_matches('"') {
        no if no.eq_ignore_ascii_case("no") => Some(false),
        yes if yes.eq_ignore_ascii_case("yes") => Some(true),
        _ => None,
    }
}

fn direction(word: &str) -> Option<Direction> {
    match word.trim() {
        word if word.eq_ignore_ascii_case("recipient") => Some(Direction::In),
        word if word.eq_ignore_ascii_case("initiator") => Some(Direction::Out),
        _ => None,
    }
}

/// Kamailio writes `Trying`.
fn state_in_words(word: &str) -> State {
    match word.trim().to_ascii_lowercase().as_str() {
        "" => State::Absent,
        "trying" => State::Trying,
        "proceeding" => State::Proceeding,
        "early" => State::Early,
        "confirmed" => State::Confirmed,
        "terminated" => State::Terminated,
        _ => State::Other,
    }
}

fn is_too_deep(root: Node<'_, '_>) -> bool {
    let mut depth = 1_usize;
    let mut node = root;
    loop {
        if let Some(inner) = node.first_child() {
            depth += 1;
            node = inner;
        } else {
            while node.next_sibling().is_none() {
                match node.parent_element() {
                    Some(parent) if node != root => {
                        depth -= 1;
                        node = parent;
                    }
                    _ => return false,
                }
            }
            match node.next_sibling() {
                Some(next) if node != root => node = next,
                _ => return false,
            }
        }
        if depth > DEEPEST {
            return true;
        }
    }
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name().eq_ignore_ascii_case(name)
}

fn children<'a, 'input>(node: Node<'a, 'input>, name: &'static str) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| is(*child, name))
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &'static str) -> Option<Node<'a, 'input>> {
    children(node, name).next()
}

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes()
        .find(|attribute| attribute.name().eq_ignore_ascii_case(name))
        .map(|attribute| attribute.value())
}

/// The text of an element, comments and elements in it left out.
fn content(node: Node<'_, '_>) -> String {
    node.children()
        .filter_map(|child| if child.is_text() { child.text() } else { None })
        .collect()
}

#[cfg(test)]
mod tests;
