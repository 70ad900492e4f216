//! Telephone links and the start with the system, on a desktop whose programs are small scripts: taken, remembered, handed
//! on, and put back when a later step fails.
//!
//! Each test starts itself once more, in folders of its own and with the scripts first on its search path.
#![allow(clippy::unwrap_used, clippy::panic)]
#![cfg(target_os = "linux")]

mod support;

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use ringside_app::{App, host::folders::DesktopFolders};
use ringside_ipc::{
    Api as _, Event,
    command::{HandOnArgs, Nothing, OpenSearchArgs},
    event::HandOnDto,
    settings::SettingsDto,
};
use support::House;

const INSIDE: &str = "RINGSIDE_TEST_INSIDE";

/// Keeps the list as the real one does. `refuse-SCHEME` makes it fail; `break-SCHEME` spoils the settings file beside it.
const XDG_MIME: &str = r#"#!/bin/sh
list="$XDG_CONFIG_HOME/mimeapps.list"
case "$1" in
query) sed -n "s|^$3=\\([^;]*\\).*|\\1|p" "$list" ;;
default)
  test -e "$XDG_CONFIG_HOME/refuse-${3#*/}" && exit 4
  grep -v "^$3=" "$list" > "$list.new"
  echo "$3=$2" >> "$list.new"
  mv "$list.new" "$list"
  test -e "$XDG_CONFIG_HOME/break-${3#*/}" && echo "[calls" > "$(cat "$XDG_CONFIG_HOME/break-${3#*/}")"
  true ;;
esac
"#;
const GIO: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$XDG_CONFIG_HOME/launched\"\n";
const DEFAULTS: &str =
    "[Default Applications]\nx-scheme-handler/tel=phone.desktop\nx-scheme-handler/callto=phone.desktop\n";

fn inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let home = tempfile::tempdir().unwrap();
    let programs = home.path().join("bin");
    std::fs::create_dir(&programs).unwrap();
    for (name, text) in [("xdg-mime", XDG_MIME), ("gio", GIO)] {
        std::fs::write(programs.join(name), text).unwrap();
        std::fs::set_permissions(programs.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&path))).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .current_dir(home.path())
        .env(INSIDE, "1")
        .env("PATH", path)
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .env("XDG_DATA_HOME", home.path().join("data"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{complained}");
    assert!(
        told.contains("1 passed"),
        "the test {test} is not named as it says: {told}"
    );
    false
}

fn config() -> PathBuf {
    std::env::var_os("XDG_CONFIG_HOME").unwrap().into()
}

fn text(file: impl AsRef<Path>) -> String {
    std::fs::read_to_string(file).unwrap()
}

/// Somebody whose links are opened by another program.
fn house() -> House {
    let mut house = House::new();
    let data = PathBuf::from(std::env::var_os("XDG_DATA_HOME").unwrap());
    let desktop = DesktopFolders {
        autostart: config().join("autostart"),
        applications: data.join("applications"),
        defaults: config().join("mimeapps.list"),
    };
    std::fs::create_dir_all(&desktop.applications).unwrap();
    std::fs::create_dir_all(config()).unwrap();
    std::fs::write(&desktop.defaults, DEFAULTS).unwrap();
    let phone = "[Desktop Entry]\nType=Application\nName=Old Phone\nExec=/bin/true %u\n";
    std::fs::write(desktop.applications.join("phone.desktop"), phone).unwrap();
    house.folders.desktop = Some(desktop);
    house
}

async fn wanted(app: &App, change: impl FnOnce(&mut SettingsDto)) -> SettingsDto {
    let mut settings = app.settings(Nothing {}).await.unwrap();
    change(&mut settings);
    settings
}

async fn take_links(app: &App) -> Result<SettingsDto, ringside_ipc::ApiError> {
    app.save_settings(wanted(app, |settings| settings.handle_tel_links = true).await)
        .await
}

fn assert_as_before() {
    let list = text(config().join("mimeapps.list"));
    for scheme in ["tel", "callto"] {
        assert!(
            list.contains(&format!("x-scheme-handler/{scheme}=phone.desktop")),
            "{list}"
        );
    }
    let applications = PathBuf::from(std::env::var_os("XDG_DATA_HOME").unwrap()).join("applications");
    let files: Vec<_> = std::fs::read_dir(applications)
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(files, ["phone.desktop"], "our own is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_handed_on_when_the_person_says_so_and_never_by_itself() {
    if !inside("a_link_is_handed_on_when_the_person_says_so_and_never_by_itself") {
        return;
    }
    let house = house();
    let app = house.own().await;
    let link = "tel:+12025550123;ext=5";
    assert_eq!(app.hand_on_to(link), None, "links are not ours");
    let hand_on = |link: &str| app.hand_on(HandOnArgs { link: link.to_owned() });
    assert_eq!(hand_on(link).await.unwrap_err().code, "not_found");
    take_links(&app).await.unwrap();

    let mut events = app.events();
    app.open_search(OpenSearchArgs {
        text: "+12025550123".to_owned(),
        link: Some(link.to_owned()),
    })
    .await
    .unwrap();
    let offered = async {
        loop {
            if let Event::OpenSearch { hand_on, .. } = events.recv().await.unwrap() {
                return hand_on;
            }
        }
    };
    let offered = tokio::time::timeout(Duration::from_secs(5), offered).await.unwrap();
    let expected = HandOnDto {
        link: link.to_owned(),
        program: "Old Phone".to_owned(),
    };
    assert_eq!(offered, Some(expected));
    assert!(!config().join("launched").exists(), "nothing was called");

    hand_on(link).await.unwrap();
    let launched = text(config().join("launched"));
    let lines: Vec<&str> = launched.lines().collect();
    assert_eq!((lines[0], lines[2]), ("launch", link));
    assert!(lines[1].ends_with("applications/phone.desktop"), "{launched}");
    for wrong in ["https://example.com", "tel", "tel:1 2", "ringside:call?number=1"] {
        assert!(hand_on(wrong).await.is_err(), "{wrong}");
    }

    app.save_settings(wanted(&app, |settings| settings.handle_tel_links = false).await)
        .await
        .unwrap();
    assert_as_before();
    assert_eq!(app.hand_on_to(link), None);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_taken_half_way_are_given_back_with_everything_else() {
    if !inside("links_taken_half_way_are_given_back_with_everything_else") {
        return;
    }
    let house = house();
    let app = house.own().await;
    std::fs::write(config().join("refuse-callto"), "").unwrap();
    let all = wanted(&app, |settings| {
        settings.handle_tel_links = true;
        settings.start_with_system = true;
        settings.own_numbers = vec!["+44 20 7946 0199".to_owned()];
    })
    .await;
    let error = app.save_settings(all.clone()).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("handle_tel_links"));
    assert_as_before();
    let left = std::fs::read_dir(config().join("autostart")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "it does not start with the system either");
    let now = app.settings(Nothing {}).await.unwrap();
    assert!(!now.handle_tel_links && !now.start_with_system && now.own_numbers.is_empty());
    assert!(!text(house.folders.settings()).contains("phone.desktop"));

    std::fs::remove_file(config().join("refuse-callto")).unwrap();
    app.save_settings(all).await.unwrap();
    assert_eq!(text(house.folders.settings()).matches("phone.desktop").count(), 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_given_back_when_the_settings_cannot_be_saved() {
    if !inside("links_are_given_back_when_the_settings_cannot_be_saved") {
        return;
    }
    let house = house();
    let app = house.own().await;
    let file = house.folders.settings();
    let spoil = config().join("break-callto");
    std::fs::write(&spoil, file.to_str().unwrap()).unwrap();
    assert!(take_links(&app).await.is_err());
    std::fs::remove_file(&spoil).unwrap();
    assert_as_before();
    assert_eq!(text(&file), "[calls\n", "a broken file is left to the person");
    assert!(!app.settings(Nothing {}).await.unwrap().handle_tel_links);

    // Given back half-way is no better than taken half-way.
    std::fs::remove_file(&file).unwrap();
    take_links(&app).await.unwrap();
    std::fs::write(config().join("refuse-callto"), "").unwrap();
    let off = wanted(&app, |settings| settings.handle_tel_links = false).await;
    let error = app.save_settings(off.clone()).await.unwrap_err();
    assert_eq!(error.field.as_deref(), Some("handle_tel_links"));
    let list = text(config().join("mimeapps.list"));
    assert_eq!(list.matches("=ringside-test-links.desktop").count(), 2, "{list}");
    assert!(
        app.hand_on_to("tel:+12025550123").is_some(),
        "who had them is still known"
    );
    std::fs::remove_file(config().join("refuse-callto")).unwrap();
    app.save_settings(off).await.unwrap();
    assert_as_before();
    app.stop().await;
}

/// What is remembered is in the file as soon as it is known: a crash between the two schemes forgets nobody.
#[tokio::test(flavor = "multi_thread")]
async fn who_had_the_links_is_saved_before_the_next_step() {
    if !inside("who_had_the_links_is_saved_before_the_next_step") {
        return;
    }
    let house = house();
    let app = house.own().await;
    let (file, seen) = (house.folders.settings(), config().join("seen"));
    // The settings file as it is while `callto` is being taken.
    let look = format!(
        "#!/bin/sh\ncase \"$1 $3\" in 'default x-scheme-handler/callto') cp {} {} ;; esac\n{}",
        file.display(),
        seen.display(),
        XDG_MIME.strip_prefix("#!/bin/sh\n").unwrap()
    );
    let program = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .next()
        .unwrap()
        .join("xdg-mime");
    std::fs::write(program, look).unwrap();
    take_links(&app).await.unwrap();
    assert_eq!(text(&seen).matches("phone.desktop").count(), 1, "{}", text(&seen));
    assert_eq!(text(&file).matches("phone.desktop").count(), 2);
    app.stop().await;
}
