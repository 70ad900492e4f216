#![allow(clippy::unwrap_used)]

use super::*;

fn places(root: &str) -> Places {
    let at = |name: &str| Some(Path::new(root).join(name));
    Places {
        config: at(".config"),
        data: at(".local/share"),
        cache: at(".cache"),
        state: at(".local/state"),
        runtime: Some("/run/user/1000".into()),
        temporary: "/tmp".into(),
        user: 1000,
    }
}

fn profile(name: &str) -> Profile {
    name.parse().unwrap()
}

#[test]
fn each_profile_has_folders_of_its_own() {
    let own = Folders::from_places(&places("/home/ada"), profile("")).unwrap();
    assert_eq!(own.settings(), Path::new("/home/ada/.config/ringside/config.toml"));
    assert_eq!(own.database(), Path::new("/home/ada/.local/share/ringside/ringside.db"));
    assert_eq!(
        own.lock().parent(),
        own.database().parent(),
        "the lock lies beside the database"
    );
    assert_eq!(own.logs, Path::new("/home/ada/.local/state/ringside/logs"));
    assert_eq!(own.socket(), Path::new("/run/user/1000/ringside/owner"));

    let other = Folders::from_places(&places("/home/ada"), profile("rehearsal")).unwrap();
    assert_eq!(
        other.database(),
        Path::new("/home/ada/.local/share/ringside-rehearsal/ringside.db")
    );
    assert_eq!(other.socket(), Path::new("/run/user/1000/ringside-rehearsal/owner"));
}

#[test]
fn a_profile_without_home_says_what_to_set() {
    let nowhere = Places {
        config: None,
        data: None,
        cache: None,
        state: None,
        runtime: None,
        ..places("/")
    };
    let error = Folders::from_places(&nowhere, Profile::default()).unwrap_err();
    assert!(error.to_string().contains(env::HOME), "{error}");
}

#[test]
fn one_folder_replaces_all() {
    let folders = Folders::below(Path::new("/portable"), profile("x")).unwrap();
    for path in [
        folders.settings(),
        folders.database(),
        folders.logs.clone(),
        folders.socket(),
    ] {
        assert!(path.starts_with("/portable/ringside-x"), "{}", path.display());
    }
    assert_eq!(folders.desktop, None, "it registers nothing with the desktop");
    assert_eq!(
        Folders::below(Path::new("here"), profile("x")).unwrap_err().kind,
        Kind::Invalid
    );
}

#[test]
fn the_socket_always_fits_its_address() {
    let deep = format!("/{}", "deep/".repeat(60));
    let long = Path::new(&deep);
    let first = Folders::below(long, profile("a")).unwrap();
    let second = Folders::below(long, profile("b")).unwrap();
    assert!(
        first.socket().as_os_str().len() <= LONGEST_SOCKET_PATH,
        "{}",
        first.socket().display()
    );
    assert_ne!(first.socket(), second.socket());
    assert_eq!(
        first.socket(),
        Folders::below(long, profile("a")).unwrap().socket(),
        "client and owner find one another"
    );

    let mut nowhere = places("/home/ada");
    nowhere.runtime = Some(deep.clone().into());
    nowhere.temporary = deep.into();
    let folders = Folders::from_places(&nowhere, profile("")).unwrap();
    assert!(folders.socket().starts_with("/tmp"), "{}", folders.socket().display());
    assert!(folders.socket().as_os_str().len() <= LONGEST_SOCKET_PATH);
}

#[test]
fn names_of_profiles() {
    for good in ["", "rehearsal", "a-1", &"x".repeat(32)] {
        assert_eq!(profile(good).as_str(), good);
    }
    for bad in ["-a", "a-", "Rehearsal", "a/b", "..", "a b", "ü", &"x".repeat(33)] {
        assert!(bad.parse::<Profile>().is_err(), "{bad}");
    }
}

#[cfg(unix)]
#[test]
fn folders_are_private_and_traps_are_refused() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    let root = tempfile::tempdir().unwrap();
    let folders = Folders::below(root.path(), profile("t")).unwrap();
    folders.create().unwrap();
    folders.create().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&folders.data), 0o700);

    std::fs::set_permissions(&folders.data, std::fs::Permissions::from_mode(0o755)).unwrap();
    folders.create().unwrap();
    assert_eq!(mode(&folders.data), 0o700, "an open folder is closed again");

    let link = root.path().join("link");
    symlink(&folders.data, &link).unwrap();
    assert_eq!(private_folder(&link).unwrap_err().kind, Kind::Storage);

    let file = root.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert_eq!(private_folder(&file).unwrap_err().kind, Kind::Storage);
}
