//! The project's own text files: what git tracks or would track.

use std::{path::PathBuf, process::Command};

pub struct File {
    /// From the root, with slashes.
    pub path: String,
    pub text: String,
}

impl File {
    pub fn is(&self, ends: &[&str]) -> bool {
        ends.iter().any(|end| self.path.ends_with(end))
    }

    pub fn is_rust(&self) -> bool {
        self.is(&[".rs"])
    }

    /// Tests may do what the program may not.
    pub fn is_test(&self) -> bool {
        let parts: Vec<&str> = self.path.split('/').collect();
        parts.iter().any(|part| matches!(*part, "tests" | "benches" | "fuzz")) || self.is(&["/tests.rs"])
    }

    /// Lines with their numbers, up to the module of tests at a Rust file's end.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = if self.is_rust() {
            self.text.find("#[cfg(test)]\nmod ").unwrap_or(self.text.len())
        } else {
            self.text.len()
        };
        self.text[..end].lines().enumerate().map(|(at, line)| (at + 1, line))
    }
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// Tracked files, and new ones that are not ignored; binary files are left out.
pub fn all() -> Vec<File> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the project's files");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).unwrap();
    let files: Vec<File> = names
        .split('\0')
        .filter(|name| !name.is_empty())
        .filter_map(|name| {
            Some(File {
                path: name.to_owned(),
                text: std::fs::read_to_string(root().join(name)).ok()?,
            })
        })
        .collect();
    assert!(files.len() > 100, "git lists only {} files", files.len());
    files
}

/// Made by a program, or data.
pub fn is_generated(path: &str) -> bool {
    let ends = [".lock", "package-lock.json", ".tsv", ".svg", ".snap"];
    ends.iter().any(|end| path.ends_with(end))
        || path.contains("/generated/")
        || path.starts_with("LICENSE")
        || path == "connectors/schema.json"
}

/// A connector's examples are data behind it, one case after the other.
fn length(file: &File) -> usize {
    let is_manifest = file.path.starts_with("connectors/") && file.is(&[".toml"]);
    let examples = file.text.find("\n[[examples]]\n").filter(|_| is_manifest);
    file.text[..examples.unwrap_or(file.text.len())].lines().count()
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let long: Vec<String> = all()
        .into_iter()
        .filter(|file| !is_generated(&file.path))
        .map(|file| (length(&file), file.path))
        .filter(|(lines, _)| *lines > 500)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}
