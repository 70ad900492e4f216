//! dnsmasq as the name server of pbx.test.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use tempfile::TempDir;

use crate::process::{Running, port, until_taken};

pub struct Names {
    pub address: SocketAddr,
    _folder: TempDir,
    _running: Running,
}

impl Names {
    /// `records` are its arguments: `--srv-host=_sip._tcp.pbx.test,…`. Every host under pbx.test is this computer.
    pub async fn start(records: &[String]) -> Self {
        let folder = tempfile::Builder::new().prefix("ringside-names.").tempdir().unwrap();
        let port = port();
        let mut arguments: Vec<String> = ["--keep-in-foreground", "--no-resolv", "--no-hosts", "--bind-interfaces"]
            .into_iter()
            .chain([
                "--conf-file=/dev/null",
                "--listen-address=127.0.0.1",
                "--address=/pbx.test/127.0.0.1",
            ])
            .map(str::to_owned)
            .collect();
        arguments.push(format!("--port={port}"));
        arguments.push("--pid-file".into());
        // Without rights to give up there is nobody to become.
        if rustix::process::geteuid().is_root() {
            arguments.push("--user=root".into());
        }
        arguments.extend_from_slice(records);
        let running = Running::start("dnsmasq", folder.path(), "dnsmasq", &arguments);
        until_taken(port).await;
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            _folder: folder,
            _running: running,
        }
    }

    /// Says that the PBX is at this port, over `tcp` or `udp`, and that there is a dead one before it.
    pub async fn of_a_pbx(protocol: &str, at: u16) -> Self {
        let dead = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let service = format!("_sip._{protocol}.pbx.test");
        let code = if protocol == "udp" { "SIP+D2U" } else { "SIP+D2T" };
        Self::start(&[
            format!("--naptr-record=pbx.test,10,10,s,{code},,{service}"),
            format!("--srv-host={service},dead.pbx.test,{dead},10,1"),
            format!("--srv-host={service},one.pbx.test,{at},20,1"),
        ])
        .await
    }
}

/// As long as a dead server may hold things up.
pub const PAST_THE_DEAD: Duration = Duration::from_secs(20);
