//! What can be typed about the data on this computer.

use clap::{Args, ValueEnum};

#[derive(Args)]
pub struct Import {
    #[arg(required_unless_present = "take_back")]
    pub file: Option<std::path::PathBuf>,
    /// What the columns are: `name,number,ignore,email`; one for each, from the first on. Without it, as their headings say
    #[arg(long, value_delimiter = ',', value_name = "FIELDS")]
    pub map: Vec<Meaning>,
    /// Only print what it would bring
    #[arg(long)]
    pub dry_run: bool,
    /// Also those who are in the address book already
    #[arg(long)]
    pub known_too: bool,
    /// Take the newest import back, or the one with this id
    #[arg(long, value_name = "ID", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["file", "map", "dry_run", "known_too"])]
    pub take_back: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Meaning {
    Ignore,
    Name,
    Given,
    Family,
    Company,
    Title,
    Email,
    Number,
    Mobile,
    Office,
    Home,
    Fax,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Export {
    /// The address book, as a table
    Contacts,
    /// The address book, as vCards
    Cards,
    /// All calls with their notes, as a table
    Calls,
}

#[derive(Args)]
pub struct Person {
    /// A number, or CONNECTION/TYPE/ID as `search` prints it
    #[arg(allow_hyphen_values = true)]
    pub who: String,
    /// Save everything as a file in your folder for downloads
    #[arg(long, conflicts_with = "erase")]
    pub export: bool,
    /// Erase everything from this computer. What lies in a CRM stays
    #[arg(long)]
    pub erase: bool,
}
