//! FreeSWITCH, `mod_sofia/sofia_presence.c`, `sofia_presence_sub_callback` (one dialog a body, always "full", no call-id) and
//! `sofia_dialog_probe_callback` (the list after SUBSCRIBE, with call-id).

use crate::{Watch, full};

const ONE: &str = "3b1e2c9a-6d0f-4d0e-9a53-0e1f4c1f7f10";
const TWO: &str = "7c5f1f86-0d0c-4b3a-8f51-9b8a3d9f2b21";

fn told(id: &str, state: &str, rendering: &str, caller: &str) -> String {
    full(&format!(
        r#"<dialog id="{id}" direction="recipient">
<state>{state}</state>
<local>
<identity display="201">sip:201@pbx.example</identity>
<target uri="sip:201@pbx.example">
<param pname="+sip.rendering" pvalue="{rendering}"/>
</target>
</local>
<remote>
<identity display="Ada Lovelace">sip:{caller}@pbx.example</identity>
<target uri="sip:**201@pbx.example"/>
</remote>
</dialog>
"#
    ))
}

fn over(id: &str) -> String {
    full(&format!(
        "<dialog id=\"{id}\" direction=\"recipient\">\n<state>terminated</state>\n</dialog>\n"
    ))
}

fn event(id: &str, word: &str, caller: &str) -> [String; 1] {
    [format!("{id} in {word} sip:{caller}@pbx.example \"Ada Lovelace\"")]
}

#[test]
fn hold_is_told_as_early() {
    let mut watch = Watch::settled("201@pbx.example");
    assert_eq!(
        watch.hear(&told(ONE, "early", "yes", "305")),
        event(ONE, "ringing", "305")
    );
    assert_eq!(
        watch.hear(&told(ONE, "confirmed", "yes", "305")),
        event(ONE, "answered", "305")
    );
    assert_eq!(watch.hear(&told(ONE, "early", "no", "305")), event(ONE, "held", "305"));
    assert_eq!(
        watch.hear(&told(ONE, "confirmed", "yes", "305")),
        event(ONE, "answered", "305")
    );
    // `presence-hold-state` set to confirmed.
    assert_eq!(
        watch.hear(&told(ONE, "confirmed", "no", "305")),
        event(ONE, "held", "305")
    );
    assert_eq!(watch.hear(&over(ONE)), event(ONE, "completed", "305"));
}

/// `user/201` with a desk phone and a softphone: a channel for each device, and no word that they are one call.
#[test]
fn two_devices_that_ring_are_one_call() {
    let mut watch = Watch::settled("201@pbx.example");
    assert_eq!(
        watch.hear(&told(ONE, "early", "yes", "305")),
        event(ONE, "ringing", "305")
    );
    assert_eq!(watch.hear(&told(TWO, "early", "yes", "305")), [""; 0]);
    assert_eq!(
        watch.hear(&told(ONE, "confirmed", "yes", "305")),
        event(ONE, "answered", "305")
    );
    assert_eq!(watch.hear(&over(TWO)), [""; 0], "it was answered, and nobody missed it");
    assert_eq!(watch.hear(&told(ONE, "early", "no", "305")), event(ONE, "held", "305"));
    assert_eq!(watch.hear(&over(ONE)), event(ONE, "completed", "305"));

    // The other one is taken.
    let mut watch = Watch::settled("201@pbx.example");
    watch.hear(&told(ONE, "early", "yes", "305"));
    watch.hear(&told(TWO, "early", "yes", "305"));
    assert_eq!(watch.hear(&over(ONE)), [""; 0]);
    assert_eq!(
        watch.hear(&told(TWO, "confirmed", "yes", "305")),
        event(ONE, "answered", "305")
    );
    assert_eq!(watch.hear(&over(TWO)), event(ONE, "completed", "305"));
}

#[test]
fn two_devices_that_nobody_answers_are_one_missed_call() {
    let mut watch = Watch::settled("201@pbx.example");
    for id in [ONE, TWO] {
        watch.hear(&told(id, "early", "yes", "305"));
    }
    assert_eq!(watch.hear(&over(ONE)), [""; 0]);
    assert_eq!(watch.hear(&over(TWO)), event(ONE, "missed", "305"));
}

#[test]
fn two_calls_are_told_apart_by_caller_direction_and_time() {
    let rings = |body: String, seconds: u64| {
        let mut watch = Watch::settled("201@pbx.example");
        watch.hear(&told(ONE, "early", "yes", "305"));
        watch.seconds += seconds - 1;
        watch.hear(&body).len()
    };
    let outgoing = told(TWO, "early", "yes", "305").replace("recipient", "initiator");
    let nobody = told(TWO, "early", "yes", "").replace("sip:@pbx.example", "");
    assert_eq!(rings(told(TWO, "early", "yes", "305"), 2), 0, "as above");
    assert_eq!(rings(told(TWO, "early", "yes", "305"), 3), 1);
    assert_eq!(rings(told(TWO, "early", "yes", "307"), 1), 1);
    assert_eq!(rings(told(TWO, "confirmed", "yes", "305"), 1), 1, "it does not ring");
    assert_eq!(rings(outgoing, 1), 1);
    assert_eq!(rings(nobody, 1), 1);
}

/// A "full" body with one dialog says nothing of the others, and one without dialogs (the phone registered) of none.
#[test]
fn a_second_call_does_not_end_the_first() {
    let mut watch = Watch::settled("201@pbx.example");
    watch.hear(&told(ONE, "early", "yes", "305"));
    watch.hear(&told(ONE, "confirmed", "yes", "305"));
    assert_eq!(
        watch.hear(&told(TWO, "early", "yes", "307")),
        event(TWO, "ringing", "307")
    );
    assert_eq!(watch.hear(&full("")), [""; 0]);
    assert_eq!(watch.hear(&over(TWO)), event(TWO, "missed", "307"));
    assert_eq!(watch.hear(&over(ONE)), event(ONE, "completed", "305"));
}

#[test]
fn the_list_after_subscribing_and_what_follows_are_about_the_same_calls() {
    let probe = |calls: &[(&str, &str)]| {
        let dialogs: String = calls
            .iter()
            .map(|(id, state)| {
                format!(
                    "<dialog id=\"{id}\" call-id=\"{id}-on-the-wire\" local-tag=\"a\" remote-tag=\"b\" direction=\"recipient\">\
                     <state>{state}</state><remote><identity display=\"Ada Lovelace\">sip:305@pbx.example</identity>\
                     </remote></dialog>"
                )
            })
            .collect();
        full(&dialogs)
    };
    let mut watch = Watch::of("201@pbx.example");
    let key = format!("{ONE}-on-the-wire");
    let event = |word: &str| [format!("{key} in {word} sip:305@pbx.example \"Ada Lovelace\"")];
    assert_eq!(
        watch.hear(&probe(&[(ONE, "early")])),
        event("ringing").map(|event| event + " (replay)")
    );
    assert_eq!(watch.hear(&told(ONE, "confirmed", "yes", "305")), event("answered"));
    watch.hear(&told(TWO, "early", "yes", "307"));
    assert_eq!(
        watch.hear(&probe(&[(ONE, "confirmed"), (TWO, "early")])).len(),
        1,
        "the name of the other end"
    );
    assert_eq!(watch.hear(&over(TWO)).len(), 1);
    assert_eq!(watch.hear(&over(ONE)), event("completed"));
}

#[test]
fn a_withheld_number() {
    let mut watch = Watch::settled("201@pbx.example");
    let body = told(ONE, "early", "yes", "305")
        .replace("sip:305@pbx.example", "sip:anonymous@anonymous.invalid")
        .replace("Ada Lovelace", "Anonymous");
    assert_eq!(
        watch.hear(&body),
        [format!(
            "{ONE} in ringing sip:anonymous@anonymous.invalid \"Anonymous\""
        )]
    );
}

#[test]
fn lots_queues_and_conferences_are_no_calls() {
    for kind in ["park", "queue", "pickup", "conference"] {
        let mut watch = Watch::settled("201@pbx.example");
        let body = full(&format!(
            r#"<dialog id="{ONE}" direction="recipient"><state>confirmed</state><local>
<identity display="{kind}">sip:201@pbx.example;proto={kind}</identity><target uri="sip:201@pbx.example;proto={kind}">
<param pname="+sip.rendering" pvalue="no"/></target></local>
<remote><identity display="{kind}">sip:{TWO}</identity><target uri="sip:{kind}+{TWO}"/></remote></dialog>"#
        ));
        assert_eq!(watch.hear(&body), [""; 0], "{kind}");
        assert_eq!(watch.hear(&over(ONE)), [""; 0], "{kind}");
    }
    let mut watch = Watch::settled("201@pbx.example");
    let body = told(ONE, "early", "yes", "305").replace("entity='sip:", "entity='sip:park+");
    assert_eq!(watch.hear(&body), [""; 0]);

    // A caller who takes such a name for himself hides nothing.
    let body = told(ONE, "early", "yes", "park+9;proto=park");
    assert_eq!(watch.hear(&body).len(), 1);
}
