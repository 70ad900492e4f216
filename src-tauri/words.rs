//! What the shell itself says to a person: the tray's menu, window titles, notifications. Everything inside the windows is
//! the UI's.

/// The shell's texts in one language.
#[derive(Debug, PartialEq, Eq)]
pub struct Words {
    pub open: &'static str,
    pub search: &'static str,
    pub rehearse: &'static str,
    pub quit: &'static str,
    pub card_title: &'static str,
    pub search_title: &'static str,
    pub incoming: &'static str,
    pub outgoing: &'static str,
    pub call_rings: &'static str,
    /// After the number of calls that ring at once.
    pub calls_ring: &'static str,
    pub click_for_card: &'static str,
    pub withheld: &'static str,
    /// Before the digits of an extension.
    pub extension: &'static str,
    pub unknown_caller: &'static str,
    pub missed: &'static str,
    pub waiting: &'static str,
    pub not_logged: &'static str,
    pub in_memory: &'static str,
    pub show_card: &'static str,
    /// After a company: the number is this record's for certain.
    pub exact: &'static str,
    pub missed_call: &'static str,
    /// After the number of calls that were missed.
    pub missed_calls: &'static str,
    pub pause: &'static str,
    pub pause_until_tomorrow: &'static str,
    pub resume: &'static str,
    /// Before the time at which the pause ends.
    pub paused_until: &'static str,
    pub presenting: &'static str,
    pub do_not_disturb: &'static str,
    pub several: &'static str,
    /// Before the name of a caller who is not certain.
    pub probably: &'static str,
}

const ENGLISH: Words = Words {
    open: "Open Ringside",
    search: "Search people…",
    rehearse: "Play rehearsal calls",
    quit: "Quit",
    card_title: "Ringside: call",
    search_title: "Ringside: search",
    incoming: "Incoming call",
    outgoing: "Outgoing call",
    call_rings: "1 call is ringing",
    calls_ring: "calls are ringing",
    click_for_card: "A click brings the card to the front",
    withheld: "Number withheld",
    extension: "ext.",
    unknown_caller: "Unknown caller",
    missed: "missed",
    waiting: "waiting to be logged",
    not_logged: "need a decision",
    in_memory: "calls are kept in memory only",
    show_card: "Show card",
    exact: "exact match",
    missed_call: "Missed call",
    missed_calls: "missed calls",
    pause: "Pause for 30 minutes",
    pause_until_tomorrow: "Pause until tomorrow",
    resume: "Resume",
    paused_until: "paused until",
    presenting: "Presenting",
    do_not_disturb: "do not disturb",
    several: "possible matches",
    probably: "Probably",
};

const GERMAN: Words = Words {
    open: "Ringside öffnen",
    search: "Personen suchen…",
    rehearse: "Probeanrufe abspielen",
    quit: "Beenden",
    card_title: "Ringside: Anruf",
    search_title: "Ringside: Suche",
    incoming: "Eingehender Anruf",
    outgoing: "Ausgehender Anruf",
    call_rings: "1 Anruf klingelt",
    calls_ring: "Anrufe klingeln",
    click_for_card: "Ein Klick holt die Karte nach vorn",
    withheld: "Nummer unterdrückt",
    extension: "Durchwahl",
    unknown_caller: "Unbekannter Anrufer",
    missed: "verpasst",
    waiting: "noch zu protokollieren",
    not_logged: "brauchen eine Entscheidung",
    in_memory: "Anrufe liegen nur im Arbeitsspeicher",
    show_card: "Karte zeigen",
    exact: "sicherer Treffer",
    missed_call: "Verpasster Anruf",
    missed_calls: "verpasste Anrufe",
    pause: "30 Minuten Pause",
    pause_until_tomorrow: "Pause bis morgen",
    resume: "Fortsetzen",
    paused_until: "Pause bis",
    presenting: "Präsentieren",
    do_not_disturb: "nicht stören",
    several: "mögliche Treffer",
    probably: "Vermutlich",
};

/// The system's locale for texts, as POSIX writes it: `de_AT.UTF-8`. Empty when it has none.
pub fn system_locale() -> String {
    let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let set = names
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    set.unwrap_or_default()
}

/// The same as a page writes it: `de-AT`. `None` for the locales of machines, `C` and `POSIX`.
pub fn language_tag(locale: &str) -> Option<String> {
    let tag = locale.split(['.', '@']).next().unwrap_or_default().replace('_', "-");
    let is_language = tag
        .split('-')
        .next()
        .is_some_and(|language| (2..=3).contains(&language.len()));
    is_language.then_some(tag)
}

impl Words {
    /// In the language of the system, which is English when there are no words for it.
    pub fn of_the_system() -> &'static Self {
        Self::of(&system_locale())
    }

    /// For a POSIX locale: `de_AT.UTF-8`.
    pub fn of(locale: &str) -> &'static Self {
        let language = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("de") {
            &GERMAN
        } else {
            &ENGLISH
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_pages_the_language() {
        assert_eq!(language_tag("de_AT.UTF-8@euro").as_deref(), Some("de-AT"));
        assert_eq!(language_tag("fr").as_deref(), Some("fr"));
        for none in ["", "C", "C.UTF-8", "POSIX"] {
            assert_eq!(language_tag(none), None, "{none}");
        }
    }

    #[test]
    fn picks_the_language() {
        assert_eq!(Words::of("de_AT.UTF-8").quit, "Beenden");
        for other in ["", "C.UTF-8", "POSIX", "en_GB", "dex", "fr_FR"] {
            assert_eq!(Words::of(other).quit, "Quit", "{other}");
        }
    }
}
