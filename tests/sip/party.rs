//! The people at the other ends: sipp runs.

use std::time::Duration;

use crate::{
    pbx::Pbx,
    process::{Running, port, until_taken},
};

const REGISTER: &str = include_str!("parties/register.xml");
const CALLER: &str = include_str!("parties/caller.xml");
const CANCELLER: &str = include_str!("parties/canceller.xml");
const PHONE: &str = include_str!("parties/phone.xml");
const DECLINER: &str = include_str!("parties/decliner.xml");

/// Nothing here takes longer by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who calls, as the wire says it. Numbers are reserved for fiction.
pub const ADA: &str = "\"Ada Lovelace\" <sip:+14155550100@pbx.test>";
pub const GRACE: &str = "\"Grace Hopper\" <sip:+442079460000@pbx.test;user=phone>";
pub const NOBODY: &str = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";
/// A colleague.
pub const COLLEAGUE: &str = "\"Bob\" <sip:305@pbx.test>";

/// Somebody else for each of up to a hundred calls: the last two digits count them.
pub const NUMBERED: &str = "<sip:+141555501[field0]@pbx.test>";

/// A sipp that runs. It ends by itself when its part is played.
pub struct Party {
    running: Running,
}

impl Party {
    /// Waits until its part is played as written.
    pub async fn done(mut self) {
        let status = self.running.ended(PATIENCE).await;
        let name = &self.running.name;
        let errors = std::fs::read_to_string(self.running.log.with_file_name(format!("{name}.err")));
        assert!(
            status.success(),
            "the {name} could not play its part ({status}):\n{}\n{}",
            errors.unwrap_or_default(),
            last(&self.running.said())
        );
    }
}

/// The end of a screen that was drawn again and again.
fn last(said: &str) -> &str {
    let from = said.char_indices().rev().nth(2_000).map_or(0, |(at, _)| at);
    &said[from..]
}

/// How a part is played.
#[derive(Clone)]
pub struct Part {
    name: &'static str,
    scenario: String,
    times: u32,
    /// A second.
    rate: u32,
    pub transport: &'static str,
    account: String,
    at: Option<u16>,
}

impl Part {
    fn new(name: &'static str, scenario: &str) -> Self {
        Self {
            name,
            scenario: scenario.to_owned(),
            times: 1,
            rate: 10,
            transport: "u1",
            account: String::new(),
            at: None,
        }
    }

    fn with(mut self, word: &str, value: &str) -> Self {
        self.scenario = self.scenario.replace(&format!("%{word}%"), value);
        self
    }

    /// A phone that answers after a while, so many calls.
    pub fn phone(at: u16, ring: Duration) -> Self {
        let part = Self::new("phone", PHONE).with("RING_MS", &ring.as_millis().to_string());
        Self { at: Some(at), ..part }
    }

    pub fn decliner(at: u16, ring: Duration, code: u16) -> Self {
        let part = Self::new("decliner", DECLINER)
            .with("RING_MS", &ring.as_millis().to_string())
            .with("CODE", &code.to_string());
        Self { at: Some(at), ..part }
    }

    fn calling(name: &'static str, scenario: &str, from: &str, account: &str) -> Self {
        let part = Self::new(name, scenario).with("FROM", from);
        Self {
            account: account.to_owned(),
            ..part
        }
    }

    /// Calls the account, talks, and hangs up.
    pub fn caller(from: &str, account: &str, talk: Duration) -> Self {
        Self::calling("caller", CALLER, from, account).with("TALK_MS", &talk.as_millis().to_string())
    }

    /// Calls the account, and gives up after ringing for a while.
    pub fn canceller(from: &str, account: &str, ring: Duration) -> Self {
        Self::calling("canceller", CANCELLER, from, account).with("RING_MS", &ring.as_millis().to_string())
    }

    /// One more header line.
    pub fn header(self, line: &str) -> Self {
        self.with("EXTRA", line)
    }

    /// So many calls, so many a second.
    pub fn times(self, times: u32, rate: u32) -> Self {
        Self { times, rate, ..self }
    }

    /// Takes its place; a phone listens when this returns.
    pub async fn starts(self, pbx: &Pbx) -> Party {
        let at = self.at.unwrap_or_else(port);
        let folder = pbx.folder();
        let name = format!("{}-{at}", self.name.replace(' ', "-"));
        let scenario = folder.join(format!("{name}.xml"));
        // Without the line, not with an empty one: that would end the headers.
        let text = self.scenario.replace("    %EXTRA%\n", "");
        std::fs::write(&scenario, text).unwrap();
        let mut arguments: Vec<String> = vec![];
        if !self.account.is_empty() {
            arguments.push(format!("127.0.0.1:{}", pbx.port));
            arguments.extend(["-s".into(), self.account.clone()]);
            arguments.extend([
                "-au".into(),
                self.account.clone(),
                "-ap".into(),
                format!("pw-{}", self.account),
            ]);
        }
        let path = |name: String| folder.join(name).to_str().unwrap().to_owned();
        if self.scenario.contains("[field0]") {
            let lines: String = (0..self.times).map(|call| format!("{call:02}\n")).collect();
            std::fs::write(path(format!("{name}.csv")), format!("SEQUENTIAL\n{lines}")).unwrap();
            arguments.extend(["-inf".into(), path(format!("{name}.csv"))]);
        }
        arguments.extend([
            "-sf".into(),
            scenario.to_str().unwrap().into(),
            "-t".into(),
            self.transport.into(),
        ]);
        arguments.extend(["-i".into(), "127.0.0.1".into(), "-p".into(), at.to_string()]);
        arguments.extend(["-m".into(), self.times.to_string(), "-r".into(), self.rate.to_string()]);
        // Ids that are the same nowhere else, as real phones make them.
        arguments.extend(["-cid_str".into(), format!("%u-%p-{at}-5f3a9c1e7d@%s")]);
        arguments.extend([
            "-nostdin".into(),
            "-trace_err".into(),
            "-error_file".into(),
            path(format!("{name}.err")),
        ]);
        let running = Running::start(&name, &folder, "sipp", &arguments);
        if self.at.is_some() {
            until_taken(at).await;
        }
        Party { running }
    }

    /// Plays its part from begin to end.
    pub async fn plays(self, pbx: &Pbx) {
        self.starts(pbx).await.done().await;
    }
}

/// Registers the account with a phone that listens at the port it gives back.
pub async fn register(pbx: &Pbx, account: &str) -> u16 {
    let contact = port();
    register_at(pbx, account, contact).await;
    contact
}

/// The same for a phone that has its place already.
pub async fn register_at(pbx: &Pbx, account: &str, contact: u16) {
    let part = Part::new("register", REGISTER).with("CONTACT", &contact.to_string());
    let part = Part {
        account: account.to_owned(),
        ..part
    };
    part.plays(pbx).await;
}
