//! What the app was started with. Few enough words to read by hand; everything else is the command line's business.

use std::ffi::OsString;

use crate::links::Link;

pub const USAGE: &str = "\
Ringside, the desktop app

Usage: ringside-desktop [--profile NAME] [--hidden] [--rehearse[=PART]] [LINK]

  --profile NAME      a separate set of settings, contacts and calls
  --hidden            starts in the tray, without the main window
  --rehearse[=PART]   plays simulated calls: known, several, unknown, withheld, two, outgoing; all when no part is named
  --version, --help
  LINK                ringside:search?q=NAME, ringside:call?number=NUMBER or a tel: link: opens the search window

The command line is `ringside`.";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Args {
    pub profile: Option<String>,
    pub hidden: bool,
    pub rehearse: Option<Rehearse>,
    pub link: Option<Link>,
}

/// The part of the rehearsal to play; all of it when none is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearse(pub Option<String>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    Run(Args),
    Help,
    Version,
    /// What could not be read.
    Wrong(String),
}

/// Reads the arguments after the program's name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Parsed {
    let mut arguments = arguments.into_iter();
    let mut args = Args::default();
    while let Some(argument) = arguments.next() {
        // A link from a browser may hold anything; what is no text is no link of ours.
        let Ok(argument) = argument.into_string() else {
            return Parsed::Wrong("an argument is not UTF-8".into());
        };
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (argument.as_str(), None),
        };
        match (name, value) {
            ("--help" | "-h", None) => return Parsed::Help,
            ("--version" | "-V", None) => return Parsed::Version,
            ("--hidden", None) => args.hidden = true,
            ("--rehearse", part) => args.rehearse = Some(Rehearse(part)),
            ("--profile", Some(name)) => args.profile = Some(name),
            ("--profile", None) => match arguments.next().map(OsString::into_string) {
                Some(Ok(name)) => args.profile = Some(name),
                _ => return Parsed::Wrong("--profile needs a name".into()),
            },
            (text, None) if !text.starts_with('-') => match Link::read(text) {
                Some(link) => args.link = Some(link),
                None => return Parsed::Wrong("that is no link which Ringside opens".into()),
            },
            _ => return Parsed::Wrong(format!("there is no option `{name}`")),
        }
    }
    Parsed::Run(args)
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Parsed {
        parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn reads_everything_it_takes() {
        let expected = Args {
            profile: Some("rehearsal".into()),
            hidden: true,
            rehearse: Some(Rehearse(Some("known".into()))),
            link: Link::read("ringside:search?q=Anna"),
        };
        let one = read(&[
            "--profile",
            "rehearsal",
            "--hidden",
            "--rehearse=known",
            "ringside:search?q=Anna",
        ]);
        assert_eq!(one, Parsed::Run(expected.clone()));
        let other = read(&[
            "ringside:search?q=Anna",
            "--rehearse=known",
            "--profile=rehearsal",
            "--hidden",
        ]);
        assert_eq!(other, Parsed::Run(expected));
        assert_eq!(
            read(&["--rehearse"]),
            Parsed::Run(Args {
                rehearse: Some(Rehearse(None)),
                ..Args::default()
            })
        );
    }

    #[test]
    fn says_what_it_cannot_read_without_repeating_a_link() {
        assert_eq!(read(&["--profile"]), Parsed::Wrong("--profile needs a name".into()));
        assert_eq!(
            read(&["--frobnicate"]),
            Parsed::Wrong("there is no option `--frobnicate`".into())
        );
        assert_eq!(
            read(&["--hidden=yes"]),
            Parsed::Wrong("there is no option `--hidden`".into())
        );
        let Parsed::Wrong(words) = read(&["mailto:anna@example.com"]) else {
            panic!("read a foreign link")
        };
        assert!(!words.contains("anna"), "{words}");
    }

    #[cfg(unix)]
    #[test]
    fn refuses_what_is_no_text() {
        use std::os::unix::ffi::OsStringExt;
        assert!(matches!(
            parse([OsString::from_vec(vec![0xff, 0xfe])]),
            Parsed::Wrong(_)
        ));
    }
}
