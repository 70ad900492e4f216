//! Programs of the desktop, asked with a deadline.

use std::{
    ffi::OsStr,
    process::{Output, Stdio},
    time::Duration,
};

use ringside_domain::{Error, Kind, Result};
use tokio::process::Command;

/// Runs a program to its end and gives what it printed; a failing end is an error that names the program.
pub(crate) async fn run<S: AsRef<OsStr>>(
    operation: &'static str,
    program: &'static str,
    arguments: impl IntoIterator<Item = S>,
    deadline: Duration,
) -> Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    match tokio::time::timeout(deadline, command.output()).await {
        Ok(Ok(output)) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        Ok(Ok(output)) => Err(failed(operation, program, &output)),
        Ok(Err(error)) => Err(missing(operation, program, error)),
        Err(_) => Err(Error::new(
            Kind::Timeout,
            operation,
            format!("{program} did not end within {deadline:?}"),
        )),
    }
}

/// The program cannot be started at all.
pub(crate) fn missing(operation: &'static str, program: &'static str, error: std::io::Error) -> Error {
    let package = if program.starts_with("xdg-") {
        "xdg-utils"
    } else {
        "libgtk-3-bin"
    };
    Error::new(
        Kind::Unsupported,
        operation,
        format!("the program {program} cannot be started"),
    )
    .hint(format!(
        "Install it: on Debian and Ubuntu it is in the package {package}"
    ))
    .because(error)
}

fn failed(operation: &'static str, program: &'static str, output: &Output) -> Error {
    let code = output
        .status
        .code()
        .map_or_else(|| "a signal".to_owned(), |code| format!("code {code}"));
    Error::new(Kind::Unavailable, operation, format!("{program} ended with {code}"))
}
