//! What a package installs beside the program: how shells complete its words, and its manual page. Both are made of the
//! same description that reads the command line, so neither can say what it does not know.

use std::io::Write;

use clap::{CommandFactory as _, ValueEnum};
use clap_complete::{Shell, generate};
use ringside_ipc::ApiError;

use crate::{
    args::Line,
    exit::{self, Exit},
};

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Of {
    Bash,
    Zsh,
    Fish,
    Man,
}

pub fn run(of: Of, out: &mut impl Write) -> Result<Exit, ApiError> {
    let mut line = Line::command();
    let mut text = Vec::new();
    match of {
        Of::Bash => generate(Shell::Bash, &mut line, "ringside", &mut text),
        Of::Zsh => generate(Shell::Zsh, &mut line, "ringside", &mut text),
        Of::Fish => generate(Shell::Fish, &mut line, "ringside", &mut text),
        Of::Man => exit::written(clap_mangen::Man::new(line).render(&mut text))?,
    }
    exit::written(out.write_all(&text)).map(|()| Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(of: Of) -> String {
        let mut out = Vec::new();
        run(of, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_shell_knows_the_commands_and_the_page_names_them() {
        for of in [Of::Bash, Of::Zsh, Of::Fish, Of::Man] {
            let text = text(of);
            for word in ["lookup", "connection", "rehearse"] {
                assert!(text.contains(word), "{of:?} does not know {word}");
            }
        }
        assert!(text(Of::Man).contains("Exit codes"), "how it ends is for scripts");
    }
}
