//! The country that the system's locale names.

use ringside_domain::phone::Region;

/// From `LC_ALL`, `LC_TELEPHONE` or `LANG`, in this order; none for `C`, `POSIX` and languages without a country.
pub fn region() -> Option<Region> {
    ["LC_ALL", "LC_TELEPHONE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|text| !text.is_empty()))
        .and_then(|locale| country(&locale))
}

/// `de_AT.UTF-8@euro` is AT.
fn country(locale: &str) -> Option<Region> {
    let name = locale.split(['.', '@']).next()?;
    name.split(['_', '-'])
        .skip(1)
        .find(|part| part.len() == 2)?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_country_stands_after_the_language() {
        let read = |text| country(text).map(|region| region.to_string());
        for (locale, expected) in [
            ("de_AT.UTF-8@euro", Some("AT")),
            ("en-GB", Some("GB")),
            ("sr_Latn_RS", Some("RS")),
            ("C.UTF-8", None),
            ("POSIX", None),
            ("en", None),
            ("xx_QQ", None),
            ("", None),
        ] {
            assert_eq!(read(locale).as_deref(), expected, "{locale}");
        }
    }
}
