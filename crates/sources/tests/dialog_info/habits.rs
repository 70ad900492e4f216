//! Bodies of servers that no bench had, written by hand after what is known of them. Each says from where.

use crate::{Watch, dialog, full};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info""#;

/// Asterisk, `res_pjsip_dialog_info_body_generator.c`: the id is the extension; identities only while it rings, and only
/// in newer versions; hold is `+sip.rendering=no`.
mod asterisk {
    use super::*;

    fn body(version: u32, dialog: &str) -> String {
        format!(
            "{HEAD} version=\"{version}\" state=\"full\" entity=\"sip:103@pbx.example:5060\">\n {dialog}\n</dialog-info>"
        )
    }

    fn ringing(caller: &str) -> String {
        body(
            4,
            &format!(
                r#"<dialog id="103" direction="recipient">
  <remote>
   <identity display="{caller}">sip:{caller}@pbx.example</identity>
   <target uri="sip:{caller}@pbx.example" />
  </remote>
  <local>
   <identity display="Agent">sip:103@pbx.example</identity>
   <target uri="sip:103@pbx.example:5060" />
  </local>
  <state>early</state>
 </dialog>"#
            ),
        )
    }

    fn bare(state: &str) -> String {
        body(5, &format!("<dialog id=\"103\">\n  <state>{state}</state>\n </dialog>"))
    }

    fn held() -> String {
        body(
            6,
            r#"<dialog id="103"><state>confirmed</state><local><target uri="sip:103@pbx.example:5060">
<param pname="+sip.rendering" pvalue="no" /></target></local></dialog>"#,
        )
    }

    #[test]
    fn each_ring_of_the_one_dialog_is_a_call() {
        let mut watch = Watch::of("sip:103@pbx.example");
        assert_eq!(watch.hear(&bare("terminated")), [""; 0]);
        for (call, caller) in [(1, "+12125550123"), (2, "305")] {
            let event = |word: &str| [format!("103#{call} in {word} sip:{caller}@pbx.example \"{caller}\"")];
            assert_eq!(watch.hear(&ringing(caller)), event("ringing"));
            assert_eq!(
                watch.hear(&bare("confirmed")),
                event("answered"),
                "who it is, is carried forward"
            );
            assert_eq!(watch.hear(&held()), event("held"));
            assert_eq!(watch.hear(&bare("confirmed")), event("answered"));
            assert_eq!(watch.hear(&bare("terminated")), event("completed"));
            assert_eq!(watch.hear(&bare("terminated")), [""; 0]);
        }
        let events = watch.tell(&ringing("305")).events;
        assert_eq!(events[0].provider_call_id, None);
    }

    /// Also what mikopbx/Core issue 1059 shows of a server in the field.
    #[test]
    fn an_older_one_never_tells_who() {
        let mut watch = Watch::of("sip:103@pbx.example");
        watch.hear(&bare("terminated"));
        assert_eq!(
            watch.hear(&bare("confirmed")),
            ["103#1 ? answered"],
            "it may be outgoing"
        );
        assert!(watch.notes().is_empty(), "it never rang");
        assert_eq!(watch.hear(&bare("terminated")), ["103#1 ? completed"]);
        assert_eq!(watch.hear(&bare("early")), ["103#2 ? ringing"]);
        assert_eq!(watch.notes(), ["no_numbers"]);
        let hint = watch.tracker.notes().remove(0).hint.unwrap();
        let way_out = ringside_sources::kinds::kind("asterisk").unwrap().name;
        assert!(hint.contains(&format!("\"{way_out}\"")), "{hint}");
        assert_eq!(watch.hear(&bare("terminated")), ["103#2 ? missed"]);
    }

    /// `notify_early_inuse_ringing=yes`: a second call rings during the first.
    #[test]
    fn a_call_waiting_has_its_own_card() {
        let mut watch = Watch::settled("sip:103@pbx.example");
        watch.hear(&ringing("305"));
        watch.hear(&bare("confirmed"));
        assert_eq!(
            watch.hear(&ringing("307")),
            ["103#2 in ringing sip:307@pbx.example \"307\""]
        );
        // Taken or given up: it does not say. Neither card may close: one of them is the call that is talked on.
        assert_eq!(watch.hear(&bare("confirmed")), [""; 0]);
        assert_eq!(watch.hear(&bare("confirmed")), [""; 0]);
        assert_eq!(watch.hear(&ringing("307")), [""; 0], "the same caller again");
        assert_eq!(watch.hear(&bare("confirmed")), [""; 0]);
        assert_eq!(
            watch.hear(&ringing("309")),
            ["103#3 in ringing sip:309@pbx.example \"309\""],
            "and a third one"
        );
        assert_eq!(
            watch.hear(&bare("terminated")),
            [
                "103#3 in missed sip:309@pbx.example \"309\"",
                "103#2 in unknown sip:307@pbx.example \"307\"",
                "103#1 in completed sip:305@pbx.example \"305\"",
            ],
            "the third one rang to the end"
        );
        assert_eq!(watch.hear(&ringing("307")).len(), 1, "a new ring is a new call");
    }

    #[test]
    fn another_caller_on_the_ringing_line_is_another_call() {
        let mut watch = Watch::settled("sip:103@pbx.example");
        watch.hear(&ringing("305"));
        assert_eq!(
            watch.hear(&ringing("307")),
            [
                "103#1 in unknown sip:305@pbx.example \"305\"",
                "103#2 in ringing sip:307@pbx.example \"307\"",
            ]
        );
    }

    #[test]
    fn a_ringing_line_that_tells_who_a_moment_later() {
        let mut watch = Watch::settled("sip:103@pbx.example");
        watch.hear(&bare("early"));
        assert_eq!(watch.notes(), ["no_numbers"]);
        assert_eq!(
            watch.hear(&ringing("305")),
            ["103#1 in ringing sip:305@pbx.example \"305\""]
        );
        assert!(watch.notes().is_empty());
    }

    #[test]
    fn the_line_may_have_a_long_name() {
        let mut watch = Watch::settled("ada.lovelace.reception@pbx.example");
        let named = |state: &str| bare(state).replace("\"103\"", "\"ada.lovelace.reception\"");
        assert_eq!(watch.hear(&named("early")).len(), 1);
        assert_eq!(watch.hear(&named("terminated")).len(), 1);
        assert_eq!(watch.hear(&named("early")).len(), 1, "it rings again");
    }

    /// `chan_sip`, after asterisk/asterisk issue 803: the call-id is that of the subscription, for every call.
    #[test]
    fn the_old_channel_has_a_call_id_that_is_none() {
        let mut watch = Watch::settled("sip:7040@pbx.example");
        let body = |state: &str| {
            full(&format!(
                r#"<dialog id="7040" call-id="pickup-631012da4d0d149cfdc6736329a44e18" local-tag="DF4A420E-5CE317BB"
                remote-tag="as797100f8" direction="recipient"><remote><identity display="305">sip:305@pbx.example</identity>
                <target uri="sip:*8@pbx.example"/></remote><state>{state}</state></dialog>"#
            ))
        };
        for call in ["7040#1", "7040#2"] {
            let told = watch.tell(&body("early"));
            assert_eq!(
                (told.events[0].key.as_str(), &told.events[0].provider_call_id),
                (call, &None)
            );
            watch.hear(&body("terminated"));
        }
    }
}

/// BroadWorks, after the bodies in the administrator's guide of the Technicolor TB30, "List-oriented BLF": the id is base64,
/// no call-id, the entity has no scheme, `proceeding` rings, two identities, the end names nobody.
mod broadworks {
    use super::*;

    fn body(version: u32, dialogs: &str) -> String {
        format!("{HEAD} version=\"{version}\" state=\"full\" entity=\"ada2@as.example\">{dialogs}</dialog-info>")
    }

    fn call(id: &str, state: &str, remote: &str) -> String {
        format!(
            r#"<dialog id="{id}" direction="recipient"><state>{state}</state>
<local><identity display="Ada">sip:ada2@as.example</identity><identity display="Ada">tel:+12125550102;ext=1412</identity></local>
{remote}</dialog>"#
        )
    }

    #[test]
    fn a_call_in_its_bodies() {
        let mut watch = Watch::settled("ada2@as.example");
        let id = "bG9jYWxIb3N0NDU5NDY5OjA=";
        let caller = r#"<remote><identity display="Grace">sip:1411@as.example;user=phone</identity>
<identity display="Grace">tel:+12125550101;ext=1411</identity></remote>"#;
        let event = |word: &str| [format!("{id} in {word} tel:+12125550101;ext=1411 \"Grace\"")];
        assert_eq!(watch.hear(&body(5, &call(id, "proceeding", caller))), event("ringing"));
        assert_eq!(watch.hear(&body(6, &call(id, "confirmed", caller))), event("answered"));
        assert_eq!(watch.hear(&body(7, &call(id, "terminated", ""))), event("completed"));
        assert_eq!(watch.hear(&body(8, "")), [""; 0]);
    }

    #[test]
    fn an_empty_list_ends_all() {
        let mut watch = Watch::settled("ada2@as.example");
        watch.hear(&body(5, &call("bG9jYWxIb3N0NDU5NDY5OjA=", "proceeding", "")));
        assert_eq!(watch.hear(&body(6, "")), [""; 0]);
        assert_eq!(watch.later(), ["bG9jYWxIb3N0NDU5NDY5OjA= in missed"]);
    }
}

/// Kamailio with `force_single_dialog=1`, after the documentation of `presence_dialoginfo`: only the dialog with the most
/// interesting state is listed; from the least: terminated, trying, proceeding, confirmed, early.
#[test]
fn kamailio_that_lists_one_dialog() {
    let mut watch = Watch::settled("201@pbx.example");
    let event = |name: &str, word: &str| [format!("{name}-call-id@pbx.example in {word} sip:305@pbx.example")];
    assert_eq!(watch.hear(&full(&dialog("one", "early"))), event("one", "ringing"));
    assert_eq!(watch.hear(&full(&dialog("one", "confirmed"))), event("one", "answered"));
    assert_eq!(
        watch.hear(&full(&dialog("two", "early"))),
        event("two", "ringing"),
        "the first goes on"
    );
    watch.hear(&full(&dialog("one", "confirmed")));
    assert_eq!(watch.later(), event("two", "missed"), "else it were listed");
    watch.hear(&full(&dialog("three", "early")));
    assert_eq!(
        watch.hear(&full(&dialog("three", "confirmed"))),
        event("three", "answered")
    );
    assert_eq!(
        watch.hear(&full(&dialog("three", "terminated"))),
        event("three", "completed")
    );
    assert_eq!(
        watch.later(),
        event("one", "completed"),
        "less interesting than one that is over"
    );
}

/// Two devices of the same address: RFC 4235, 3.7.2 lists one dialog for each, with one Call-ID and one tag of the caller.
#[test]
fn two_devices_that_ring_are_one_call() {
    let leg = |name: &str, state: &str| {
        format!(
            "<dialog id='{name}' call-id='a84b4c76e66710@client.example' local-tag='{name}' remote-tag='caller' \
             direction='recipient'><state>{state}</state><remote><identity>sip:305@pbx.example</identity></remote></dialog>"
        )
    };
    let event = |word: &str| [format!("a84b4c76e66710@client.example in {word} sip:305@pbx.example")];
    let mut watch = Watch::settled("201@pbx.example");
    assert_eq!(
        watch.hear(&full(&[leg("desk", "early"), leg("soft", "early")].concat())),
        event("ringing")
    );
    assert_eq!(
        watch.hear(&full(&[leg("desk", "terminated"), leg("soft", "early")].concat())),
        [""; 0]
    );
    assert_eq!(
        watch.hear(&full(&[leg("desk", "terminated"), leg("soft", "confirmed")].concat())),
        event("answered")
    );
    assert_eq!(
        watch.hear(&full(&[leg("desk", "terminated"), leg("soft", "terminated")].concat())),
        event("completed")
    );

    // Another caller's tag is another call, whatever the Call-ID.
    let mut watch = Watch::settled("201@pbx.example");
    let other = leg("soft", "early").replace("'caller'", "'somebody'");
    let told = watch.hear(&full(&[leg("desk", "early"), other].concat()));
    assert_eq!(told.len(), 2);
    assert!(
        told[1].starts_with("a84b4c76e66710@client.example#2 in ringing"),
        "{told:?}"
    );
}

/// A call to one's own number is two calls: one goes out, one comes in.
#[test]
fn a_call_to_oneself() {
    let leg = |id: &str, direction: &str| {
        format!(
            "<dialog id='{id}' call-id='a84b4c76e66710@client.example' direction='{direction}'><state>early</state></dialog>"
        )
    };
    let mut watch = Watch::settled("201@pbx.example");
    assert_eq!(
        watch.hear(&full(&[leg("1", "initiator"), leg("2", "recipient")].concat())),
        [
            "a84b4c76e66710@client.example out ringing",
            "a84b4c76e66710@client.example#2 in ringing"
        ]
    );
}

/// A server that counts its dialogs, and counts anew: the Call-ID tells the calls apart.
#[test]
fn ids_that_come_again() {
    let numbered = |name: &str, state: &str| dialog(name, state).replace(&format!("{name}-dialog"), "1");
    let mut watch = Watch::settled("201@pbx.example");
    let event = |name: &str, word: &str| format!("{name}-call-id@pbx.example in {word} sip:305@pbx.example");
    watch.hear(&full(&numbered("one", "early")));
    assert_eq!(
        watch.hear(&full(&numbered("one", "terminated"))),
        [event("one", "missed")]
    );
    assert_eq!(watch.hear(&full(&numbered("two", "early"))), [event("two", "ringing")]);
    // The body with its end was lost.
    assert_eq!(
        watch.hear(&full(&numbered("three", "early"))),
        [event("three", "ringing"), event("two", "missed")]
    );
    // Back and forth between old ones: found by fuzzing.
    assert_eq!(
        watch.hear(&full(&numbered("two", "terminated"))),
        [event("three", "missed")]
    );
    for name in ["one", "three", "two", "one"] {
        assert_eq!(watch.hear(&full(&numbered(name, "terminated"))), [""; 0]);
    }
}

/// A server that tells an idle line without a Call-ID, and its calls with one.
#[test]
fn an_idle_line_ends_its_call_for_good() {
    let line = |name: &str, state: &str| dialog(name, state).replace(&format!("{name}-dialog"), "201");
    let idle = full("<dialog id='201'><state>terminated</state></dialog>");
    let mut watch = Watch::settled("201@pbx.example");
    for name in ["one", "two"] {
        assert_eq!(watch.hear(&full(&line(name, "early"))).len(), 1, "{name}");
        assert_eq!(watch.hear(&idle).len(), 1, "{name}");
        // Late; found by fuzzing.
        assert_eq!(watch.hear(&full(&line(name, "confirmed"))), [""; 0], "{name}");
    }
}

/// 3CX and Cisco Unified CM have no description of their bodies that could be had; what is certain is that a watcher meets
/// elements of theirs, bare lists and names with the queue in front, and has to take them as they are.
#[test]
fn what_any_server_may_add() {
    let body = r#"<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" xmlns:call="urn:x-cisco:params:xml:ns:dialog-info:dialog:callinfo-dialog"
      version="9" state="full" entity="sip:201@pbx.example"><dialog id="12"
      call-id="iM3CxOf8a1bd3e07c4b" direction="recipient"><state>early</state><call:orientation>to</call:orientation><call:lock>unlocked</call:lock>
      <remote><identity display="Sales:Ada Lovelace">sip:0012125550100@127.0.0.1:5060</identity><target uri="sip:trunk10000@127.0.0.1:5060"/>
      </remote><route-set><hop>sip:127.0.0.1;lr</hop></route-set></dialog></dialog-info>"#;
    let mut watch = Watch::settled("201@pbx.example");
    assert_eq!(
        watch.hear(body),
        ["iM3CxOf8a1bd3e07c4b in ringing sip:0012125550100@127.0.0.1:5060 \"Sales:Ada Lovelace\""]
    );
}
