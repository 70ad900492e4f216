//! Telephone links: taken over and given back.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use ringside_domain::Kind;
use ringside_host::{
    Folders, LinkHandler,
    folders::DesktopFolders,
    links::{Scheme, Taken},
};

use crate::{inside, on_path};

fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

fn desktop() -> DesktopFolders {
    let folder = |name: &str| PathBuf::from(std::env::var_os(name).unwrap());
    let (config, data) = (folder("XDG_CONFIG_HOME"), folder("XDG_DATA_HOME"));
    DesktopFolders {
        autostart: config.join("autostart"),
        applications: data.join("applications"),
        defaults: config.join("mimeapps.list"),
    }
}

#[test]
fn telephone_links_go_back_to_who_had_them() {
    if !inside("links::telephone_links_go_back_to_who_had_them") {
        return;
    }
    if !on_path("xdg-mime") {
        assert!(
            std::env::var_os("RINGSIDE_REQUIRE_DESKTOP").is_none(),
            "xdg-mime is missing: install xdg-utils"
        );
        println!("skipped: xdg-mime is missing: install xdg-utils");
        return;
    }
    let desktop = desktop();
    let called = desktop.defaults.with_file_name("called");
    let phone = format!(
        "[Desktop Entry]\nType=Application\nName=Phone\nExec=/usr/bin/touch {} %u\n",
        called.display()
    );
    write(&desktop.applications.join("phone.desktop"), &phone);
    write(
        &desktop.defaults,
        "[Default Applications]\nx-scheme-handler/tel=phone.desktop\ntext/html=web.desktop\n",
    );
    let before = std::fs::read_to_string(&desktop.defaults).unwrap();

    let mut folders = Folders::below(Path::new("/nowhere"), "t".parse().unwrap()).unwrap();
    folders.desktop = Some(desktop.clone());
    let handler = LinkHandler::of(&folders).unwrap();
    let program = std::env::current_exe().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let take = |scheme| handler.take_over(scheme, &program, &["--link"]);
        let previous = Some("phone.desktop".to_owned());
        assert_eq!(take(Scheme::Tel).await.unwrap(), Taken::Now { previous });
        assert_eq!(take(Scheme::Callto).await.unwrap(), Taken::Now { previous: None });
        assert_eq!(
            take(Scheme::Tel).await.unwrap(),
            Taken::Before,
            "what is remembered is not overwritten by us"
        );
        assert!(handler.is_ours(Scheme::Tel) && handler.is_ours(Scheme::Callto));

        assert_eq!(handler.program_name("phone.desktop").as_deref(), Some("Phone"));
        assert_eq!(handler.program_name("gone.desktop"), None);
        if on_path("gio") {
            handler.hand_on("phone.desktop", "tel:+12025550123").await.unwrap();
            for _ in 0..100 {
                if called.exists() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert!(called.exists(), "the program that had the scheme was started");
        }
        assert_eq!(
            handler.hand_on("phone.desktop", "https://x").await.unwrap_err().kind,
            Kind::Invalid
        );
        assert_eq!(
            handler.hand_on("gone.desktop", "tel:1").await.unwrap_err().kind,
            Kind::NotFound
        );

        handler.give_back(Scheme::Tel, Some("phone.desktop")).await.unwrap();
        assert!(
            desktop.applications.join("ringside-t-links.desktop").exists(),
            "callto still needs it"
        );
        handler.give_back(Scheme::Callto, None).await.unwrap();
        assert!(!desktop.applications.join("ringside-t-links.desktop").exists());
        assert_eq!(
            std::fs::read_to_string(&desktop.defaults).unwrap(),
            before,
            "everything is as it was"
        );

        take(Scheme::Tel).await.unwrap();
        write(
            &desktop.defaults,
            "[Default Applications]\nx-scheme-handler/tel=other.desktop\n",
        );
        handler.give_back(Scheme::Tel, Some("phone.desktop")).await.unwrap();
        let kept = std::fs::read_to_string(&desktop.defaults).unwrap();
        assert!(
            kept.contains("tel=other.desktop"),
            "a choice made elsewhere stays: {kept}"
        );
    });
}
