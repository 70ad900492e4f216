//! Which variables a place has.

use std::collections::BTreeMap;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Whatever a CRM's record or an item of a list may have in it.
    Anything,
    /// A text, number or list.
    Plain,
    Members(BTreeMap<String, Known>),
}

impl Known {
    pub(super) fn plain<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Self::Members(names.into_iter().map(|name| (name.to_owned(), Self::Plain)).collect())
    }

    /// These members too.
    #[must_use]
    pub(super) fn and(mut self, name: &str, known: Self) -> Self {
        if let Self::Members(members) = &mut self {
            members.insert(name.to_owned(), known);
        }
        self
    }
}

/// The variables of one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    known: BTreeMap<String, Known>,
    /// The step of a write that is being checked.
    step: Option<String>,
    /// Parameters that go to the keyring.
    secrets: Vec<String>,
    /// It is the same for every contact.
    of_every_contact: bool,
}

impl Names {
    #[must_use]
    pub(super) fn with(&self, name: &str, known: Known) -> Self {
        let mut names = self.clone();
        names.known.insert(name.to_owned(), known);
        names
    }

    #[must_use]
    pub(super) fn without(&self, name: &str) -> Self {
        let mut names = self.clone();
        names.known.remove(name);
        names
    }

    #[must_use]
    pub(super) fn plain(&self, name: &str) -> Self {
        self.with(name, Known::Plain)
    }

    /// Whoever writes `param.NAME` of one of these is told what it is.
    #[must_use]
    pub(super) fn with_secrets<'n>(mut self, names: impl Iterator<Item = &'n str>) -> Self {
        self.secrets = names.map(str::to_owned).collect();
        self
    }

    /// Within this step, whose own captures are not known yet.
    #[must_use]
    pub(super) fn in_step(mut self, name: &str) -> Self {
        self.step = Some(name.to_owned());
        self
    }

    /// Choices that are kept for a day and shown for every contact: one contact's own must not be among them.
    #[must_use]
    pub(super) fn of_every_contact(self) -> Self {
        Self {
            of_every_contact: true,
            ..self.with("contact", Known::plain(["type"]))
        }
    }

    /// What is wrong with a variable as an expression names it, `type.fields`, and what to write instead.
    pub(super) fn refuse(&self, variable: &[String]) -> Option<(String, String)> {
        let mut parts = variable.iter().map(String::as_str);
        let root = parts.next().unwrap_or_default();
        let Some(mut known) = self.known.get(root) else {
            return Some(match root {
                "token" if self.known.contains_key("secret") => (
                    "There is no `token` without `[auth.oauth2]`".to_owned(),
                    "What the person typed is `secret.NAME`".to_owned(),
                ),
                "secret" | "token" => (
                    format!("`{root}` is not known here"),
                    "Secrets are reachable in `auth` only, but for its `discover`: write what every request carries into `[auth.set]`"
                        .to_owned(),
                ),
                _ => (
                    format!("There is no variable `{root}` here"),
                    there_are(self.known.keys()),
                ),
            });
        };
        let mut so_far = root.to_owned();
        for part in parts {
            match known {
                Known::Anything => return None,
                Known::Plain => {
                    let hint = format!("Write `{so_far}`");
                    return Some((
                        format!("`{so_far}` has nothing in it that could be called `{part}`"),
                        hint,
                    ));
                }
                Known::Members(members) => match members.get(part) {
                    Some(member) => known = member,
                    None if so_far == "steps" && self.step.as_deref() == Some(part) => {
                        return Some((
                            format!("`steps.{part}` is not known within the step itself"),
                            format!("What `{part}` captures, its `find_first` too, is known in later steps only"),
                        ));
                    }
                    None if so_far == "param" && self.secrets.iter().any(|name| name == part) => {
                        return Some((
                            format!("`{part}` is a secret, and no template outside of `auth` has it"),
                            format!("Write `secret.{part}`, into `[auth.set]` and the like"),
                        ));
                    }
                    None if so_far == "contact" && self.of_every_contact => {
                        return Some((
                            format!(
                                "`contact.{part}` is not known here: these choices are kept for a day, and shown for every contact"
                            ),
                            "Write `per_contact = true` into this `[[log_fields]]`, and each contact gets its own"
                                .to_owned(),
                        ));
                    }
                    None => return Some((format!("`{so_far}` has no `{part}` here"), there_are(members.keys()))),
                },
            }
            so_far = format!("{so_far}.{part}");
        }
        None
    }
}

fn there_are<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).take(40).collect();
    if names.is_empty() {
        "There are none".to_owned()
    } else {
        format!("There are: {}", names.join(", "))
    }
}
