use ringside_ipc::call::{CallStateDto, DirectionDto};

use super::*;

fn ringing() -> Said {
    Said {
        state: CallStateDto::Ringing,
        direction: DirectionDto::In,
        number: Some("+442079460123".to_owned()),
        caller: "020 7946 0123".to_owned(),
        name: None,
        line: None,
        queue: None,
        diverted_by: Vec::new(),
        provider_call_id: None,
        unverified: false,
        rehearsal: false,
    }
}

#[test]
fn a_line_is_due_when_a_script_can_see_a_difference() {
    let now = ringing();
    assert_eq!(event(None, &now), Some("ringing"));
    assert_eq!(event(Some(&now), &now), None);
    let known = Said {
        name: Some("Ada".to_owned()),
        ..now.clone()
    };
    assert_eq!(event(Some(&now), &known), Some("changed"));
    for (state, word) in [
        (CallStateDto::Answered, "answered"),
        (CallStateDto::Held, "held"),
        (CallStateDto::Missed, "ended"),
        (CallStateDto::Transferred, "ended"),
    ] {
        let next = Said { state, ..known.clone() };
        assert_eq!(event(Some(&known), &next), Some(word));
        assert_eq!(event(None, &next), Some(word));
    }
}

#[test]
fn calls_that_are_over_are_forgotten_first() {
    let mut out = Vec::new();
    let mut watch = Watch {
        out: Out {
            json: true,
            to: &mut out,
        },
        calls: BTreeMap::new(),
        newest: 0,
        phones: None,
    };
    watch.calls.insert("0".to_owned(), ringing());
    for id in 1..=REMEMBERED + 10 {
        let over = Said {
            state: CallStateDto::Missed,
            ..ringing()
        };
        watch.calls.insert(format!("{id:09}"), over);
    }
    watch.forget_old();
    assert_eq!(watch.calls.len(), REMEMBERED);
    assert!(watch.calls.contains_key("0"), "it still rings");
    assert!(watch.calls.contains_key(&format!("{:09}", REMEMBERED + 10)));
}
