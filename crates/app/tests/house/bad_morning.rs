//! A phone that was kept, and a server that is just coming up when the app starts: nobody has to do anything.

use std::sync::atomic::{AtomicU16, Ordering};

use ringside_ipc::{
    connection::SecretText,
    phone::{PhoneDto, PhoneStateDto},
};
use tokio::net::UdpSocket;

use super::*;

/// A SIP server that gives everybody one answer.
async fn answering(code: &'static AtomicU16) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut bytes = vec![0; 65_535];
        loop {
            let (length, from) = socket.recv_from(&mut bytes).await.unwrap();
            let request = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let echoed = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
            let mut answer = format!("SIP/2.0 {} Whatever\r\n", code.load(Ordering::SeqCst));
            for line in request
                .lines()
                .filter(|line| echoed.iter().any(|name| line.starts_with(name)))
            {
                answer.push_str(line);
                if line.starts_with("To:") && !line.contains(";tag=") {
                    answer.push_str(";tag=theirs");
                }
                answer.push_str("\r\n");
            }
            // What keeps the way open is no request.
            if request.starts_with("SUBSCRIBE ") {
                answer.push_str("Expires: 60\r\nContent-Length: 0\r\n\r\n");
                socket.send_to(answer.as_bytes(), from).await.unwrap();
            }
        }
    });
    port
}

async fn the_phone(app: &App) -> PhoneDto {
    app.phones(Nothing {}).await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_stops_a_phone_that_is_tried_and_not_one_that_was_kept() {
    static CODE: AtomicU16 = AtomicU16::new(404);
    let house = House::new();
    let app = house.own().await;
    let server = format!("127.0.0.1:{}", answering(&CODE).await);
    let desk = || AddPhoneArgs {
        secrets: [("password".to_owned(), SecretText::new("correct horse"))].into(),
        ..phone(
            "Desk",
            "sip",
            &[
                ("address", "201@pbx.example.com"),
                ("server", &server),
                ("transport", "udp"),
                ("clear_text", "true"),
            ],
        )
    };
    let error = app.add_phone(desk()).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.field.as_deref()),
        ("not_found", Some("address"))
    );
    CODE.store(200, Ordering::SeqCst);
    app.add_phone(desk()).await.unwrap();
    app.stop().await;

    CODE.store(404, Ordering::SeqCst);
    let app = house.own().await;
    until("it says why it waits", || async {
        matches!(the_phone(&app).await.state, PhoneStateDto::Retrying { .. })
    })
    .await;
    CODE.store(200, Ordering::SeqCst);
    let retried = app.retry_phone(named("Desk")).await.unwrap();
    assert!(matches!(retried.state, PhoneStateDto::Ready { .. }), "{retried:?}");
    app.stop().await;
}
