//! The script that people copy into Twinkle, run by a real one: what it has `ringside ring` say.

use std::{
    fs::{OpenOptions, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use ringside_sources::recipes::recipes;
use tempfile::TempDir;

use crate::{
    calls::ms,
    party::{ADA, GRACE, Part, register},
    pbx::Pbx,
    process::{Running, port, until},
};

const PATIENCE: Duration = Duration::from_secs(8);
const ACCOUNT: &str = "203";
const FIELDS: [&str; 8] = [
    "incoming_call",
    "in_call_answered",
    "in_call_failed",
    "outgoing_call",
    "out_call_answered",
    "out_call_failed",
    "local_release",
    "remote_release",
];

/// A Twinkle without a sound card, registered, whose scripts tell a program that keeps what it is told.
struct Twinkle {
    folder: TempDir,
    running: Running,
}

impl Twinkle {
    async fn start(pbx: &Pbx) -> Self {
        let folder = tempfile::Builder::new().prefix("ringside-twinkle.").tempdir().unwrap();
        configure(folder.path(), pbx.port);
        let log = folder.path().join("twinkle.log");
        let said = OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "TERM", "twinkle-console", "desk.cfg"])
            .env("HOME", folder.path())
            .stdin(Stdio::piped())
            .stdout(said.try_clone().unwrap())
            .stderr(said);
        let mut running = Running::of("twinkle", log, &mut command);
        until("Twinkle to be registered", PATIENCE, || {
            let over = running.has_ended();
            assert!(over.is_none(), "Twinkle ended with {over:?}:\n{}", running.said());
            running.said().contains("registration succeeded")
        })
        .await;
        Self { folder, running }
    }

    fn does(&mut self, command: &str) {
        let input = self.running.child().stdin.as_mut().unwrap();
        input.write_all(format!("{command}\n").as_bytes()).unwrap();
    }

    /// Waits until its scripts told so much, and gives it back without the ids, which must be one for each call.
    async fn told(&self, lines: usize, calls: usize) -> Vec<String> {
        let heard = || std::fs::read_to_string(self.folder.path().join("told")).unwrap_or_default();
        until(&format!("{lines} reports"), PATIENCE, || {
            heard().lines().count() >= lines
        })
        .await;
        let told = heard();
        let (said, mut ids): (Vec<_>, Vec<_>) = told
            .lines()
            .map(|line| line.split_once(" --call-id ").unwrap())
            .map(|(said, id)| (said.to_owned(), id))
            .unzip();
        ids.dedup();
        assert_eq!(ids.len(), calls, "{told}");
        said
    }
}

fn configure(folder: &Path, pbx: u16) {
    let listener = folder.join("ringside");
    let script = folder.join("script");
    let recipes = recipes(1, "", listener.to_str().unwrap(), "");
    let recipe = recipes.iter().find(|recipe| recipe.id == "twinkle").unwrap();
    let keeps = format!("#!/bin/sh\necho \"$*\" >>'{}'\n", folder.join("told").display());
    for (file, text) in [(&listener, &keeps), (&script, &recipe.lines)] {
        std::fs::write(file, text).unwrap();
        std::fs::set_permissions(file, Permissions::from_mode(0o700)).unwrap();
    }
    let (sip, rtp) = (port(), port());
    let system = format!(
        "dev_ringtone=alsa:null\ndev_speaker=alsa:null\ndev_mic=alsa:null\nvalidate_audio_dev=no\n\
         sip_port={sip}\nsip_udp_port={sip}\nrtp_port={rtp}\n"
    );
    let mut account = format!(
        "user_name={ACCOUNT}\nuser_domain=pbx.test\nauth_name={ACCOUNT}\nauth_pass=pw-{ACCOUNT}\nsip_transport=udp\n\
         outbound_proxy=127.0.0.1:{pbx}\nregistrar=127.0.0.1:{pbx}\nregister_at_startup=yes\nregistration_time=60\n"
    );
    for field in FIELDS {
        account.push_str(&format!("script_{field}={}\n", script.display()));
    }
    std::fs::create_dir(folder.join(".twinkle")).unwrap();
    std::fs::write(folder.join(".twinkle/twinkle.sys"), system).unwrap();
    std::fs::write(folder.join(".twinkle/desk.cfg"), account).unwrap();
}

#[tokio::test]
async fn the_printed_script_tells_each_call_from_ring_to_end() {
    let pbx = Pbx::start().await;
    let mut twinkle = Twinkle::start(&pbx).await;

    let caller = Part::caller(ADA, ACCOUNT, ms(500)).starts(&pbx).await;
    twinkle.told(1, 1).await;
    twinkle.does("answer");
    caller.done().await;
    twinkle.told(3, 1).await;

    Part::canceller(GRACE, ACCOUNT, ms(600)).plays(&pbx).await;
    twinkle.told(5, 2).await;

    let contact = register(&pbx, "305").await;
    let _colleague = Part::phone(contact, ms(200)).starts(&pbx).await;
    twinkle.does("call 305");
    twinkle.told(7, 3).await;
    twinkle.does("bye");

    let told = twinkle.told(8, 3).await;
    let told: Vec<&str> = told.iter().map(|line| line.split(";tag=").next().unwrap()).collect();
    assert_eq!(
        told,
        [
            format!("ring --state ringing --direction in --from {ADA}").as_str(),
            "ring --state answered",
            "ring --state ended",
            format!("ring --state ringing --direction in --from {GRACE}").as_str(),
            "ring --state ended",
            "ring --state ringing --direction out --from <sip:305@pbx.test>",
            "ring --state answered",
            "ring --state ended",
        ]
    );
}
