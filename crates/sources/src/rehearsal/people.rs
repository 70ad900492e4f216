//! The sample people, with their numbers stored the way real people store them. Without a country code they are meant
//! for [`HOME`](super::HOME), but for one that nobody can read there.
//!
//! Ranges: 555-0100 to 555-0199 (North America), 020 7946 0xxx, 0131 496 0xxx and 0161 496 0xxx (Ofcom), 030 23125 xxx and
//! 069 90009 xxx (Bundesnetzagentur), 01 99 00 xx xx (ARCEP), (02) 5550 xxxx and 0491 570 156 (ACMA), 08-465 004 xx (PTS).

/// A record for an address book: contact type `person`, `company` or `lead`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SamplePerson {
    pub contact_type: &'static str,
    pub name: &'static str,
    pub company: Option<&'static str>,
    pub title: Option<&'static str>,
    pub email: Option<&'static str>,
    /// Label and number, as stored. Some hold what is no number at all.
    pub numbers: &'static [(&'static str, &'static str)],
}

const fn person(name: &'static str, company: &'static str, title: &'static str, email: &'static str) -> SamplePerson {
    SamplePerson {
        contact_type: "person",
        name,
        company: Some(company),
        title: Some(title),
        email: Some(email),
        numbers: &[],
    }
}

const PEOPLE: [SamplePerson; 18] = [
    SamplePerson {
        numbers: &[("office", "020 7946 0123"), ("mobile", "n/a")],
        ..person(
            "Ada Lovelace",
            "Analytical Engines Ltd",
            "Head of Research",
            "ada@engines.example",
        )
    },
    // Three people behind one number.
    SamplePerson {
        numbers: &[("office", "001 (202) 555-0142")],
        ..person("Grace Hopper", "Harbor Compilers", "Director", "grace@harbor.example")
    },
    SamplePerson {
        numbers: &[("office", "+1.202.555.0142"), ("mobile", "+1 202-555-0143")],
        ..person("Howard Aiken", "Harbor Compilers", "Engineer", "howard@harbor.example")
    },
    SamplePerson {
        contact_type: "company",
        email: Some("hello@harbor.example"),
        numbers: &[("main", "Tel +1 202/555-0142 (switchboard)")],
        company: None,
        title: None,
        ..person("Harbor Compilers", "", "", "")
    },
    SamplePerson {
        numbers: &[("office", "+49 (0)30 23125-012"), ("fax", "+49 30 23125013")],
        ..person(
            "Konrad Zuse",
            "Rechenwerk GmbH",
            "Geschäftsführer",
            "zuse@rechenwerk.example",
        )
    },
    SamplePerson {
        numbers: &[("téléphone", "+33 (0)1.99.00.12.34"), ("note", "rappeler lundi")],
        ..person(
            "Sophie Germain",
            "Élasticité SARL",
            "Directrice",
            "sophie@elasticite.example",
        )
    },
    SamplePerson {
        numbers: &[("mobile", "0061491570156")],
        ..person("Mary Cartwright", "Chaos & Co.", "Partner", "mary@chaos.example")
    },
    SamplePerson {
        contact_type: "lead",
        company: None,
        title: None,
        email: None,
        numbers: &[("phone", "+1 (212) 555-0100 ext. 12")],
        ..person("Alan O’Turing", "", "", "")
    },
    SamplePerson {
        contact_type: "lead",
        title: None,
        email: Some("emmy@ring.example"),
        numbers: &[("Telefon", "Tel.: +49 69 / 90009-123 (vormittags)")],
        ..person("Emmy Noether", "Idealtheorie eG", "", "")
    },
    SamplePerson {
        numbers: &[("work", "0044 161 496 0456"), ("home", "0161 496 0457 / 0161 496 0458")],
        ..person("Tom Kilburn", "Baby Machines", "Lead Engineer", "tom@baby.example")
    },
    SamplePerson {
        numbers: &[("work", "\u{202D}+44 131 496 0777\u{202C}")],
        ..person(
            "Mary Somerville",
            "Connexion Sciences",
            "Author",
            "mary@connexion.example",
        )
    },
    SamplePerson {
        numbers: &[("office", "0046-8-465 004 12")],
        ..person(
            "Sonja Kovalevsky",
            "Spinning Tops AB",
            "Professor",
            "sonja@tops.example",
        )
    },
    SamplePerson {
        numbers: &[("tel", "tel:+1-613-555-0123"), ("fax", "FAX +1 613 555 0124")],
        ..person("Kay McNulty", "Ballistics Inc.", "Programmer", "kay@ballistics.example")
    },
    SamplePerson {
        contact_type: "company",
        company: None,
        title: None,
        email: Some("office@tides.example"),
        numbers: &[("main", "(02) 5550 0100"), ("main", "+61 2 5550 0100")],
        ..person("Tides & Tables Pty Ltd", "", "", "")
    },
    SamplePerson {
        contact_type: "lead",
        company: None,
        title: None,
        email: None,
        numbers: &[("phone", "٠٢٠ ٧٩٤٦ ٠٣٣٣")],
        ..person("محمد الخوارزمي", "", "", "")
    },
    SamplePerson {
        numbers: &[("extension", "204")],
        ..person(
            "Charlie Babbage",
            "Analytical Engines Ltd",
            "Reception",
            "charlie@engines.example",
        )
    },
    SamplePerson {
        contact_type: "lead",
        company: None,
        title: None,
        email: Some("no-number@example.org"),
        numbers: &[("phone", "-"), ("phone", "unknown")],
        ..person("Nobody Reachable", "", "", "")
    },
    SamplePerson {
        numbers: &[("office", "+442079460199;ext=7")],
        ..person("Ada Byron", "Poetical Science", "Editor", "ada@poetical.example")
    },
];

/// Everybody, in a fixed order.
#[must_use]
pub const fn people() -> &'static [SamplePerson] {
    &PEOPLE
}
