//! Several who ask for the same at the same moment: windows and command lines.

use std::{sync::Arc, time::Duration};

use ringside_app::{Client, Connection};
use ringside_ipc::{call::CallDto, contact::ContactRefDto};
use ringside_tests::{HttpCrm, LoopbackCrm};
use tokio::sync::Barrier;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_call_that_three_ask_to_log_is_logged_once() {
    let house = House::new();
    let crm = LoopbackCrm::start(true).await;
    let mut options = house.options(RoleDto::App);
    options.extra.push(Connection {
        connector: Arc::new(HttpCrm::new(crm.url(), true, true, Duration::ZERO)),
        logs_here: true,
        account: "loopback".into(),
    });
    let Start::Owner(app) = ringside_app::start(options).await.unwrap() else {
        panic!("taken")
    };
    let contact = ContactRefDto {
        connection: "loopback".to_owned(),
        contact_type: "person".to_owned(),
        id: "7".to_owned(),
    };
    for round in 1..=8 {
        let call = app.report(ringing("+44 20 7946 0123")).await.unwrap().call.unwrap();
        let ended = ReportDto {
            state: Some(ringside_ipc::call::ReportState::Ended),
            ..ringing("+44 20 7946 0123")
        };
        app.report(ended).await.unwrap();
        let args = LogArgs {
            call: call.clone(),
            contact: Some(contact.clone()),
        };
        let start = Arc::new(Barrier::new(3));
        let mut asked = Vec::new();
        for _ in 0..2 {
            let client = Client::connect(&house.folders).await.unwrap().unwrap();
            let (args, start) = (args.clone(), start.clone());
            asked.push(tokio::spawn(async move {
                start.wait().await;
                client.ask::<CallDto>("log", args).await
            }));
        }
        let (window, at) = (app.clone(), start.clone());
        asked.push(tokio::spawn(async move {
            at.wait().await;
            window.log(args).await
        }));
        for one in asked {
            let answer = one.await.unwrap().unwrap();
            assert!(
                matches!(answer.log.state, LogStateDto::Waiting | LogStateDto::Logged),
                "{:?}",
                answer.log
            );
        }
        until("it is logged", || async {
            app.call(CallArgs { call: call.clone() }).await.unwrap().log.state == LogStateDto::Logged
        })
        .await;
        let logs = crm.logs();
        assert_eq!(logs.len(), round, "one log for each call: {logs:#?}");
        assert_eq!(logs[round - 1].contact.as_deref(), Some("7"));
    }
    app.stop().await;
    assert_eq!(crm.logs().len(), 8, "and none came later");
}
