use proptest::prelude::*;

use super::*;

fn contact_type(is_company: bool) -> ContactType {
    ContactType {
        id: "t".into(),
        label: "T".into(),
        is_company,
        creatable: true,
        fields: Vec::new(),
    }
}

fn person(name: &str) -> (Option<String>, Option<String>) {
    split(name, &contact_type(false))
}

#[test]
fn splits_as_people_of_that_name_do() {
    for (name, given, family) in [
        ("Anna Meier", "Anna", "Meier"),
        ("Anna Maria Meier", "Anna Maria", "Meier"),
        ("  Anna \t Meier ", "Anna", "Meier"),
        ("Meier", "", "Meier"),
        ("Meier,", "", "Meier"),
        (", Anna", "Anna", ""),
        ("Meier, Anna", "Anna", "Meier"),
        ("von der Leyen, Ursula", "Ursula", "von der Leyen"),
        ("Ursula von der Leyen", "Ursula", "von der Leyen"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Ludwig Van Beethoven", "Ludwig", "Van Beethoven"),
        ("van Beethoven", "", "van Beethoven"),
        ("María de la Cruz", "María", "de la Cruz"),
        ("Leonardo da Vinci", "Leonardo", "da Vinci"),
        ("Tariq bin Ziyad", "Tariq", "bin Ziyad"),
        ("José Ortega y Gasset", "José", "Ortega y Gasset"),
        // A capital particle in front is a given name.
        ("Al Pacino", "Al", "Pacino"),
        ("Van Morrison", "Van", "Morrison"),
        ("Dr. Anna Meier", "Dr. Anna", "Meier"),
        ("Prof. Dr. Anna von Meier", "Prof. Dr. Anna", "von Meier"),
        ("Dr. Meier", "", "Dr. Meier"),
        ("Frau van Dyk", "", "Frau van Dyk"),
        ("Dr.", "", "Dr."),
        ("John Smith Jr.", "John", "Smith Jr."),
        ("John Smith, Jr.", "John", "Smith, Jr."),
        ("Jane Doe, Ph.D., MBA", "Jane", "Doe, Ph.D., MBA"),
        ("Jr.", "", "Jr."),
        ("J. R. R. Tolkien", "J. R. R.", "Tolkien"),
        ("山田 太郎", "太郎", "山田"),
        ("山田太郎", "", "山田太郎"),
        ("김 민준", "민준", "김"),
        ("", "", ""),
        (" \u{a0} ", "", ""),
    ] {
        let text = |part: Option<String>| part.unwrap_or_default();
        let (first, last) = person(name);
        assert_eq!((text(first).as_str(), text(last).as_str()), (given, family), "{name:?}");
    }
}

#[test]
fn a_company_is_not_split() {
    assert_eq!(split("Meier & Partner", &contact_type(true)), (None, None));
}

#[test]
fn forgives_what_people_write_differently() {
    for (one, other) in [
        ("Anna Meier", "MEIER, anna"),
        ("Jürgen Groß", "Juergen Gross"),
        ("Jürgen Groß", "Jurgen GROSS"),
        ("Anne-Marie O’Brien", "Anne Marie OBrien"),
        ("Bjørn Ångström", "Bjorn Angstrom"),
        ("Dr. Anna Meier", "Anna Meier"),
        ("Łukasz Żak", "Lukasz Zak"),
        ("Anna\u{200b} Meier\u{202c}", "Anna Meier"),
        ("ＡＣＭＥ ＧｍｂＨ", "ACME GmbH"),
        ("İpek", "ipek"),
    ] {
        assert_eq!(normalise(one), normalise(other), "{one:?} {other:?}");
    }
    for (one, other) in [
        ("Anna Meier", "Anne Meier"),
        ("Michael Berg", "Michal Borg"),
        ("Herr", "Frau"),
        ("李", "王"),
    ] {
        assert_ne!(normalise(one), normalise(other), "{one:?} {other:?}");
    }
    assert_eq!(normalise(" -- \u{200b}…"), "");
    assert_ne!(normalise("Dr."), "", "a name of titles alone is a name");
}

#[test]
fn is_like_with_a_typo_an_initial_or_a_name_more() {
    for (one, other) in [
        ("Anna Meier", "Anna Meyer"),
        ("Anna Meier", "Anna Mieer"),
        ("Anna Meier", "Anna Meir"),
        ("Anna Meier", "Anna Meiers"),
        ("Anna Meier", "A. Meier"),
        ("Anna Meier", "Meier Anna Maria"),
        ("A. B. Meier", "Anna Berta Meier"),
        ("A. Anna Meier", "Anna A. Meier"),
        ("Meier", "Meyer"),
        ("Jürgen Groß", "Juergen Gros"),
    ] {
        assert!(like_name(one, other) && like_name(other, one), "{one} ~ {other}");
    }
    for (one, other) in [
        ("Anna Meier", "Anna Huber"),
        ("Anna Meier", "Otto Meier"),
        ("Anna Meier", "Meier"),
        ("Ann Li", "Ann Lo"),
        ("A. M.", "Anna Meier"),
        ("A", "A"),
        ("Anna Meier", "Anna Mxxer"),
        ("", ""),
        ("Anna Anna", "Anna Meier"),
    ] {
        assert!(!like_name(one, other) && !like_name(other, one), "{one} ~ {other}");
    }
}

#[test]
fn a_megabyte_of_name_is_no_trouble() {
    let name = "Anna von ".repeat(120_000);
    assert!(person(&name).1.is_some());
    assert!(normalise(&name).len() < 4 * MAX_LETTERS);
    assert!(like_name(&name, &name));
}

fn words(text: &str) -> Vec<String> {
    let plain = text.replace(',', " ");
    plain.split_whitespace().map(str::to_owned).collect()
}

proptest! {
    #[test]
    fn no_word_is_lost_or_invented(name in "(von |de ?|Dr\\. |y |Anna |Meier, |Jr\\.|A\\.B\\. ?|M\\.D\\.,? ?|Inc\\.|AG|Co\\.|[\\PC]{0,8} ?){0,6}") {
        let (given, family) = person(&name);
        prop_assert!(given.as_deref() != Some("") && family.as_deref() != Some(""));
        let mut parts: Vec<String> = [given, family].into_iter().flatten()
            .flat_map(|part| words(&part)).collect();
        let mut whole = words(&name);
        parts.sort();
        whole.sort();
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn comparing_never_panics_and_is_the_same_both_ways(one in "\\PC{0,40}", other in "\\PC{0,40}") {
        prop_assert_eq!(normalise(&normalise(&one)), normalise(&one));
        prop_assert_eq!(like_name(&one, &other), like_name(&other, &one));
    }

    #[test]
    fn a_name_is_like_itself_with_one_letter_changed(given in "[b-d]{4,9}", family in "[f-h]{4,9}", at in 0_usize..4) {
        let typo: String = given.chars().enumerate().map(|(place, letter)| if place == at { 'z' } else { letter }).collect();
        let (name, changed) = (format!("{given} {family}"), format!("{typo} {family}"));
        prop_assert!(like_name(&name, &changed));
    }
}
