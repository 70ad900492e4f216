//! Countries as CRMs write them: two letters, three letters, or an English name.

use ringside_domain::phone::Region;

/// The country whose habits a contact's numbers are read with; `None` for what is not known.
pub(super) fn region(text: &str) -> Option<Region> {
    let text = &text.trim().replace('.', "");
    let letters = match text.len() {
        // `UK` is reserved for the same country.
        2 if text.eq_ignore_ascii_case("UK") => "GB",
        2 => text,
        3 => by_code(text).or_else(|| by_name(text))?,
        _ => by_name(text)?,
    };
    letters.parse().ok()
}

fn by_code(code: &str) -> Option<&'static str> {
    COUNTRIES
        .iter()
        .find(|(_, three, _)| three.eq_ignore_ascii_case(code))
        .map(|(two, ..)| *two)
}

fn by_name(name: &str) -> Option<&'static str> {
    let plain = |text: &str| {
        text.to_lowercase()
            .replace(['.', '\''], "")
            .trim_start_matches("the ")
            .to_owned()
    };
    let name = plain(name);
    let is_it = |(_, _, names): &&(&str, &str, &str)| names.split('|').any(|known| plain(known) == name);
    COUNTRIES.iter().find(is_it).map(|(two, ..)| *two)
}

/// ISO 3166-1: two letters, three letters, names in English and in the country's own language where CRMs hold those.
#[rustfmt::skip]
const COUNTRIES: &[(&str, &str, &str)] = &[
    ("AE", "ARE", "United Arab Emirates|UAE"), ("AF", "AFG", "Afghanistan"), ("AL", "ALB", "Albania"),
    ("AM", "ARM", "Armenia"), ("AO", "AGO", "Angola"), ("AR", "ARG", "Argentina"),
    ("AT", "AUT", "Austria|Österreich"), ("AU", "AUS", "Australia"), ("AZ", "AZE", "Azerbaijan"),
    ("BA", "BIH", "Bosnia and Herzegovina"), ("BB", "BRB", "Barbados"), ("BD", "BGD", "Bangladesh"),
    ("BE", "BEL", "Belgium|Belgique|België"), ("BF", "BFA", "Burkina Faso"), ("BG", "BGR", "Bulgaria"),
    ("BH", "BHR", "Bahrain"), ("BJ", "BEN", "Benin"), ("BM", "BMU", "Bermuda"), ("BO", "BOL", "Bolivia"),
    ("BR", "BRA", "Brazil|Brasil"), ("BS", "BHS", "Bahamas"), ("BW", "BWA", "Botswana"), ("BY", "BLR", "Belarus"),
    ("BZ", "BLZ", "Belize"), ("CA", "CAN", "Canada"), ("CD", "COD", "Democratic Republic of the Congo"),
    ("CG", "COG", "Congo"), ("CH", "CHE", "Switzerland|Schweiz|Suisse|Svizzera"),
    ("CI", "CIV", "Ivory Coast|Côte dIvoire"), ("CL", "CHL", "Chile"), ("CM", "CMR", "Cameroon"), ("CN", "CHN", "China"),
    ("CO", "COL", "Colombia"), ("CR", "CRI", "Costa Rica"), ("CU", "CUB", "Cuba"), ("CY", "CYP", "Cyprus"),
    ("CZ", "CZE", "Czech Republic|Czechia|Česko"), ("DE", "DEU", "Germany|Deutschland"), ("DK", "DNK", "Denmark|Danmark"),
    ("DO", "DOM", "Dominican Republic"), ("DZ", "DZA", "Algeria"), ("EC", "ECU", "Ecuador"), ("EE", "EST", "Estonia"),
    ("EG", "EGY", "Egypt"), ("ES", "ESP", "Spain|España"), ("ET", "ETH", "Ethiopia"), ("FI", "FIN", "Finland|Suomi"),
    ("FJ", "FJI", "Fiji"), ("FR", "FRA", "France"),
    ("GB", "GBR", "United Kingdom|Great Britain|England|Scotland|Wales|Northern Ireland|United Kingdom of Great Britain and Northern Ireland"),
    ("GE", "GEO", "Georgia"), ("GH", "GHA", "Ghana"), ("GI", "GIB", "Gibraltar"), ("GR", "GRC", "Greece"),
    ("GT", "GTM", "Guatemala"), ("HK", "HKG", "Hong Kong"), ("HN", "HND", "Honduras"), ("HR", "HRV", "Croatia|Hrvatska"),
    ("HT", "HTI", "Haiti"), ("HU", "HUN", "Hungary|Magyarország"), ("ID", "IDN", "Indonesia"),
    ("IE", "IRL", "Ireland|Republic of Ireland"), ("IL", "ISR", "Israel"), ("IN", "IND", "India"), ("IQ", "IRQ", "Iraq"),
    ("IR", "IRN", "Iran|Islamic Republic of Iran"), ("IS", "ISL", "Iceland"), ("IT", "ITA", "Italy|Italia"),
    ("JM", "JAM", "Jamaica"), ("JO", "JOR", "Jordan"), ("JP", "JPN", "Japan"), ("KE", "KEN", "Kenya"),
    ("KG", "KGZ", "Kyrgyzstan"), ("KH", "KHM", "Cambodia"), ("KR", "KOR", "South Korea|Korea|Republic of Korea"),
    ("KW", "KWT", "Kuwait"), ("KY", "CYM", "Cayman Islands"), ("KZ", "KAZ", "Kazakhstan"), ("LA", "LAO", "Laos"),
    ("LB", "LBN", "Lebanon"), ("LI", "LIE", "Liechtenstein"), ("LK", "LKA", "Sri Lanka"), ("LT", "LTU", "Lithuania"),
    ("LU", "LUX", "Luxembourg|Luxemburg"), ("LV", "LVA", "Latvia"), ("LY", "LBY", "Libya"), ("MA", "MAR", "Morocco"),
    ("MC", "MCO", "Monaco"), ("MD", "MDA", "Moldova"), ("ME", "MNE", "Montenegro"), ("MG", "MDG", "Madagascar"),
    ("MK", "MKD", "North Macedonia|Macedonia"), ("MM", "MMR", "Myanmar|Burma"), ("MN", "MNG", "Mongolia"),
    ("MO", "MAC", "Macao|Macau"), ("MT", "MLT", "Malta"), ("MU", "MUS", "Mauritius"), ("MV", "MDV", "Maldives"),
    ("MX", "MEX", "Mexico|México"), ("MY", "MYS", "Malaysia"), ("MZ", "MOZ", "Mozambique"), ("NA", "NAM", "Namibia"),
    ("NG", "NGA", "Nigeria"), ("NI", "NIC", "Nicaragua"), ("NL", "NLD", "Netherlands|Nederland|Holland"),
    ("NO", "NOR", "Norway|Norge"), ("NP", "NPL", "Nepal"), ("NZ", "NZL", "New Zealand"), ("OM", "OMN", "Oman"),
    ("PA", "PAN", "Panama"), ("PE", "PER", "Peru"), ("PG", "PNG", "Papua New Guinea"), ("PH", "PHL", "Philippines"),
    ("PK", "PAK", "Pakistan"), ("PL", "POL", "Poland|Polska"), ("PR", "PRI", "Puerto Rico"), ("PT", "PRT", "Portugal"),
    ("PY", "PRY", "Paraguay"), ("QA", "QAT", "Qatar"), ("RO", "ROU", "Romania"), ("RS", "SRB", "Serbia"),
    ("RU", "RUS", "Russia|Russian Federation"), ("RW", "RWA", "Rwanda"), ("SA", "SAU", "Saudi Arabia"),
    ("SE", "SWE", "Sweden|Sverige"), ("SG", "SGP", "Singapore"), ("SI", "SVN", "Slovenia"), ("SK", "SVK", "Slovakia"),
    ("SN", "SEN", "Senegal"), ("SV", "SLV", "El Salvador"), ("SY", "SYR", "Syria"), ("TH", "THA", "Thailand"),
    ("TN", "TUN", "Tunisia"), ("TR", "TUR", "Turkey|Türkiye"), ("TT", "TTO", "Trinidad and Tobago"), ("TW", "TWN", "Taiwan"),
    ("TZ", "TZA", "Tanzania"), ("UA", "UKR", "Ukraine"), ("UG", "UGA", "Uganda"),
    ("US", "USA", "United States|United States of America"), ("UY", "URY", "Uruguay"), ("UZ", "UZB", "Uzbekistan"),
    ("VE", "VEN", "Venezuela"), ("VN", "VNM", "Vietnam|Viet Nam"), ("YE", "YEM", "Yemen"), ("ZA", "ZAF", "South Africa"),
    ("ZM", "ZMB", "Zambia"), ("ZW", "ZWE", "Zimbabwe"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names() {
        let read = |text: &str| region(text).map(|region| region.to_string());
        for (text, wanted) in [
            ("US", "US"),
            (" de ", "DE"),
            ("USA", "US"),
            ("U.S.A.", "US"),
            ("United States", "US"),
            ("the netherlands", "NL"),
            ("UK", "GB"),
            ("Deutschland", "DE"),
            ("ÖSTERREICH", "AT"),
            ("Atlantis", ""),
            ("", ""),
            ("XX", ""),
            ("XXX", ""),
        ] {
            assert_eq!(read(text).unwrap_or_default(), wanted, "{text}");
        }
    }

    #[test]
    fn every_row_is_a_country_with_numbers() {
        for (two, three, names) in COUNTRIES {
            assert!(two.parse::<Region>().is_ok(), "{two}");
            assert_eq!(region(three).map(|region| region.to_string()).as_deref(), Some(*two));
            for name in names.split('|') {
                assert_eq!(
                    region(name).map(|region| region.to_string()).as_deref(),
                    Some(*two),
                    "{name}"
                );
            }
        }
    }
}
