//! Against a real dnsmasq on loopback, and the pure choice beside it.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    net::{Ipv4Addr, TcpListener, UdpSocket},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{
    choice::{Pointer, in_order, pointer},
    *,
};

/// A name server that knows what its arguments say, and of `test` nothing else.
struct Dnsmasq {
    process: Child,
    address: SocketAddr,
}

impl Dnsmasq {
    /// `None`: it is not installed, and need not be.
    async fn start(records: &[&str]) -> Option<Self> {
        let program = ["/usr/sbin/dnsmasq", "/usr/bin/dnsmasq", "/opt/homebrew/sbin/dnsmasq"]
            .into_iter()
            .find(|path| std::path::Path::new(path).exists());
        let Some(program) = program else {
            let words = "the tests of SRV and NAPTR need dnsmasq: install dnsmasq-base";
            assert!(std::env::var_os("RINGSIDE_REQUIRE_DESKTOP").is_none(), "{words}");
            println!("skipped: {words}");
            return None;
        };
        for _ in 0..5 {
            let address = free_address();
            let mut process = Command::new(program)
                .args([
                    "--keep-in-foreground",
                    "--conf-file=/dev/null",
                    "--pid-file=",
                    "--user=",
                ])
                .args(["--no-resolv", "--no-hosts", "--no-poll", "--local=/test/"])
                .args(["--bind-interfaces", "--listen-address=127.0.0.1"])
                .arg(format!("--port={}", address.port()))
                .args(records)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let began = Instant::now();
            while began.elapsed() < Duration::from_secs(5) && process.try_wait().unwrap().is_none() {
                if tokio::net::TcpStream::connect(address).await.is_ok() {
                    return Some(Self { process, address });
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let _ = process.kill();
            let _ = process.wait();
        }
        panic!("dnsmasq does not start");
    }
}

impl Drop for Dnsmasq {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that is free for TCP and for UDP.
fn free_address() -> SocketAddr {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = tcp.local_addr().unwrap();
        if UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
}

/// By the standard library's seeds, which differ each time.
struct Hashed;

impl Random for Hashed {
    fn fill(&self, bytes: &mut [u8]) {
        use std::hash::{BuildHasher as _, RandomState};
        for byte in bytes {
            *byte = RandomState::new().hash_one(0_u8).to_le_bytes()[0];
        }
    }
}

fn place(host: &str, port: Option<u16>, transport: Transport) -> Place {
    Place {
        host: host.to_owned(),
        port,
        transport,
    }
}

fn shown(targets: &[Target]) -> Vec<String> {
    targets.iter().map(|target| target.address.to_string()).collect()
}

#[tokio::test]
async fn records_of_a_real_name_server() {
    let records = [
        "--host-record=one.ringside.test,127.0.0.1",
        "--host-record=two.ringside.test,127.0.0.2",
        "--host-record=three.ringside.test,127.0.0.3,fd00::3",
        "--host-record=ringside.test,127.0.0.9",
        // By priority; the one without weight beside one that has all of it comes second, nearly always.
        "--srv-host=_sip._tcp.ringside.test,one.ringside.test,5070,20",
        "--srv-host=_sip._tcp.ringside.test,two.ringside.test,5080,10",
        "--srv-host=_sips._tcp.ringside.test,two.ringside.test,5071,10",
        // NAPTR leads elsewhere for UDP and for nothing else.
        "--naptr-record=ringside.test,20,10,s,SIP+D2U,,_sip._udp.far.ringside.test",
        "--naptr-record=ringside.test,10,10,u,SIP+D2T,!^.*$!sip:x@evil.test!",
        "--srv-host=_sip._udp.far.ringside.test,three.ringside.test,5090,1",
        // Says that it has no such service.
        "--srv-host=_sip._udp.closed.test",
        "--host-record=closed.test,127.0.0.4",
        // Names servers that are not there, or that can't be.
        "--srv-host=_sip._tcp.lost.test,nowhere.test,5060",
        "--host-record=lost.test,127.0.0.5",
        "--srv-host=_sip._tcp.half.test,nowhere.test,5060,1",
        "--srv-host=_sip._tcp.half.test,two.ringside.test,5062,2",
        "--srv-host=_sip._tcp.liar.test,zero.liar.test,5060,1",
        "--address=/zero.liar.test/0.0.0.0",
    ];
    let Some(dns) = Dnsmasq::start(&records).await else {
        return;
    };
    let ask = |host: &str, port, transport| {
        let place = place(host, port, transport);
        async move { targets(&place, Some(dns.address), &Hashed).await }
    };

    let tcp = ask("ringside.test", None, Transport::Tcp).await.unwrap();
    assert_eq!(shown(&tcp), ["127.0.0.2:5080", "127.0.0.1:5070"], "by priority");
    assert!(tcp.iter().all(|target| target.transport == Transport::Tcp));
    assert_eq!(
        shown(&ask("Ringside.Test.", None, Transport::Tls).await.unwrap()),
        ["127.0.0.2:5071"]
    );
    let mut udp = shown(&ask("ringside.test", None, Transport::Udp).await.unwrap());
    udp.sort();
    assert_eq!(udp, ["127.0.0.3:5090", "[fd00::3]:5090"], "NAPTR leads to another SRV");
    assert_eq!(
        shown(&ask("ringside.test", Some(5999), Transport::Tcp).await.unwrap()),
        ["127.0.0.9:5999"],
        "a port asks for no service"
    );
    assert_eq!(
        shown(&ask("one.ringside.test", None, Transport::Tls).await.unwrap()),
        ["127.0.0.1:5061"],
        "no SRV: the host itself"
    );
    assert_eq!(
        shown(&ask("half.test", None, Transport::Tcp).await.unwrap()),
        ["127.0.0.2:5062"],
        "the rest of the records count"
    );

    let closed = ask("closed.test", None, Transport::Udp).await.unwrap_err();
    assert_eq!(closed.kind, Kind::NotFound);
    assert_eq!(
        closed.message, "closed.test says that it does not offer SIP over UDP",
        "and nobody dials 127.0.0.4"
    );
    for (host, words) in [
        (
            "missing.test",
            "the server missing.test cannot be found: there is no such name",
        ),
        (
            "lost.test",
            "the server lost.test cannot be found: its SRV records name servers without an address (there is no such name)",
        ),
        (
            "liar.test",
            "the server liar.test cannot be found: the addresses that were given can belong to no server",
        ),
    ] {
        let error = ask(host, None, Transport::Tcp).await.unwrap_err();
        assert_eq!((error.kind, error.message.as_ref()), (Kind::Unavailable, words));
        assert!(error.hint.is_some());
    }
}

#[tokio::test]
async fn addresses_and_the_systems_names_need_no_name_server() {
    for (host, port, transport, target) in [
        ("192.0.2.7", None, Transport::Tls, "192.0.2.7:5061"),
        ("192.0.2.7", Some(5070), Transport::Udp, "192.0.2.7:5070"),
        (" [2001:db8::7] ", None, Transport::Tcp, "[2001:db8::7]:5060"),
        ("2001:db8::7", Some(1), Transport::Tcp, "[2001:db8::7]:1"),
    ] {
        let found = targets(&place(host, port, transport), None, &Hashed).await.unwrap();
        assert_eq!(shown(&found), [target]);
    }
    let found = targets(&place("localhost", Some(5060), Transport::Udp), None, &Hashed)
        .await
        .unwrap();
    assert!(
        found.iter().all(|target| target.address.ip().is_loopback()),
        "{found:?}"
    );
    for host in [
        "",
        ".",
        "sip:pbx.test",
        "pbx.test/x",
        "a b",
        "\\065.test",
        "0.0.0.0",
        "255.255.255.255",
    ] {
        let error = targets(&place(host, None, Transport::Tls), None, &Hashed)
            .await
            .unwrap_err();
        assert!(
            matches!(error.kind, Kind::Invalid | Kind::Unavailable),
            "{host}: {error}"
        );
    }
}

#[tokio::test]
async fn a_name_server_that_says_nothing_or_nonsense_holds_nobody_up() {
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let babbler = tokio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let babbling = babbler.local_addr().unwrap();
    tokio::spawn(async move {
        let mut question = [0; 512];
        while let Ok((length, from)) = babbler.recv_from(&mut question).await {
            // The right id, and then an answer that ends in the middle of a name that points at itself.
            let mut answer = question[..length.min(12)].to_vec();
            answer.extend([0xC0, 0x0C, 0xFF]);
            let _ = babbler.send_to(&answer, from).await;
        }
    });
    let began = Instant::now();
    let (one, other) = (
        place("pbx.ringside.test", None, Transport::Udp),
        place("pbx.ringside.test", None, Transport::Tls),
    );
    let (quiet, loud) = tokio::join!(
        targets(&one, Some(silent.local_addr().unwrap()), &Hashed),
        targets(&other, Some(babbling), &Hashed),
    );
    for error in [quiet.unwrap_err(), loud.unwrap_err()] {
        assert!(matches!(error.kind, Kind::Timeout | Kind::Unavailable), "{error:?}");
        assert!(error.message.contains("pbx.ringside.test"), "{error}");
    }
    assert!(began.elapsed() < DEADLINE + Duration::from_secs(2));
}

#[test]
fn services_by_priority_then_weight() {
    let service = |priority, weight, port, host: &str| Service {
        priority,
        weight,
        port,
        host: host.to_owned(),
    };
    let records = vec![
        service(20, 0, 5060, "last"),
        service(10, 60, 5060, "big"),
        service(10, 0, 5060, "none"),
        service(10, 40, 5060, "small"),
        service(10, 10, 0, "no port"),
        service(5, 0, 5060, ""),
    ];
    let hosts = |drawn: u32| -> Vec<String> {
        let ordered = in_order(records.clone(), &mut |most| drawn.min(most));
        ordered.into_iter().map(|service| service.host).collect()
    };
    assert_eq!(hosts(0), ["none", "big", "small", "last"]);
    assert_eq!(hosts(60), ["big", "small", "none", "last"]);
    assert_eq!(hosts(u32::MAX), ["small", "big", "none", "last"]);
    assert_eq!(
        in_order(vec![service(1, 0, 1, ""), service(2, 0, 1, "")], &mut |_| 0).len(),
        1,
        "a refusal stays one"
    );
    let mut chance = choice::chance(&Hashed);
    let first: Vec<String> = (0..500)
        .map(|_| in_order(records.clone(), &mut chance)[0].host.clone())
        .collect();
    let big = first.iter().filter(|host| *host == "big").count();
    assert!(
        (200..400).contains(&big),
        "about 60 of 100 begin with the big one: {big}"
    );
}

#[test]
fn pointers_of_the_pinned_transport_only() {
    let record = |order, preference, flags: &str, service: &str, to: &str| Pointer {
        order,
        preference,
        flags: flags.to_owned(),
        service: service.to_owned(),
        has_expression: false,
        replacement: names::domain(to).unwrap(),
    };
    let records = vec![
        record(10, 10, "s", "SIP+D2T", "tcp.test"),
        record(20, 20, "S", "sips+d2t", "late.tls.test"),
        record(20, 10, "s", "SIPS+D2T", "tls.test"),
        record(1, 1, "a", "SIPS+D2T", "no-srv.test"),
        Pointer {
            has_expression: true,
            ..record(1, 1, "s", "SIPS+D2T", "rewritten.test")
        },
    ];
    let to = |transport| pointer(records.clone(), transport).map(|name| names::text(&name));
    assert_eq!(to(Transport::Tls).as_deref(), Some("tls.test"));
    assert_eq!(to(Transport::Tcp).as_deref(), Some("tcp.test"));
    assert_eq!(to(Transport::Udp), None, "and never over to another one");
}
