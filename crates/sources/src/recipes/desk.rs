//! Lines for desk phones, as the makers document them. Variables are the makers' own: the phone fills them in.
//!
//! Sources: Yealink, Administrator Guide, "Action URL"; Snom, Service Hub, "Action URL"; Grandstream, Administration Guide,
//! "Action URL"; Polycom, Web Application Developer's Guide, "Telephony Notification Events"; Mitel/Aastra, Administrator
//! Guide, "Action URI".

use std::net::IpAddr;

use super::Recipe;

struct Maker {
    id: &'static str,
    title: &'static str,
    place: &'static str,
    /// Before the address: Grandstream's fields take it without a scheme.
    scheme: &'static str,
    /// What stands before each line's address, and the event with the variables after it.
    lines: &'static [(&'static str, &'static str)],
}

const MAKERS: &[Maker] = &[
    Maker {
        id: "yealink",
        title: "Yealink",
        place: "On the phone's web page under Features, Action URL, each line into the field of its event; or in a \
                provisioning file, as it stands here.",
        scheme: "http://",
        lines: &[
            (
                "action_url.incoming_call = ",
                "event=incoming&remote=$remote&name=$display_remote&call=$call_id&account=$active_user",
            ),
            (
                "action_url.outgoing_call = ",
                "event=outgoing&remote=$remote&name=$display_remote&call=$call_id&account=$active_user",
            ),
            (
                "action_url.call_established = ",
                "event=established&remote=$remote&call=$call_id",
            ),
            ("action_url.hold = ", "event=hold&remote=$remote&call=$call_id"),
            ("action_url.unhold = ", "event=unhold&remote=$remote&call=$call_id"),
            ("action_url.missed_call = ", "event=missed&remote=$remote&call=$call_id"),
            (
                "action_url.call_terminated = ",
                "event=terminated&remote=$remote&call=$call_id",
            ),
        ],
    },
    Maker {
        id: "snom",
        title: "Snom",
        place: "On the phone's web page under Setup, Action URL, each line into the field of its event; or in a \
                provisioning file, as it stands here.",
        scheme: "http://",
        lines: &[
            (
                "action_incoming_url!: ",
                "event=incoming&remote=$remote&name=$display_remote&call=$call-id&account=$active_user",
            ),
            (
                "action_outgoing_url!: ",
                "event=outgoing&remote=$remote&name=$display_remote&call=$call-id&account=$active_user",
            ),
            (
                "action_connected_url!: ",
                "event=connected&remote=$remote&call=$call-id",
            ),
            ("action_hold_url!: ", "event=hold&remote=$remote&call=$call-id"),
            ("action_unhold_url!: ", "event=unhold&remote=$remote&call=$call-id"),
            ("action_missed_url!: ", "event=missed&remote=$remote&call=$call-id"),
            (
                "action_disconnected_url!: ",
                "event=disconnected&remote=$remote&call=$call-id",
            ),
        ],
    },
    Maker {
        id: "grandstream",
        title: "Grandstream",
        place: "On the phone's web page under Settings, Outbound Notification, Action URL: what stands after the colon into \
                the field of that name. The phone wants the address without http://.",
        scheme: "",
        lines: &[
            (
                "Incoming Call: ",
                "event=incoming&remote=$remote&name=$display_remote&account=$active_user",
            ),
            (
                "Outgoing Call: ",
                "event=outgoing&remote=$remote&name=$display_remote&account=$active_user",
            ),
            ("Established Call: ", "event=established&remote=$remote"),
            ("Hold Call: ", "event=hold&remote=$remote"),
            ("UnHold Call: ", "event=unhold&remote=$remote"),
            ("Missed Call: ", "event=missed&remote=$remote"),
            ("Terminated Call: ", "event=terminated&remote=$remote"),
        ],
    },
    Maker {
        id: "mitel",
        title: "Mitel and Aastra (6700, 6800, 6900)",
        place: "On the phone's web page under Advanced Settings, Action URI; or in a configuration file, as it stands here. \
                These phones tell no id of the call.",
        scheme: "http://",
        lines: &[
            (
                "action uri incoming: ",
                "event=incoming&remote=$$REMOTENUMBER$$&name=$$DISPLAYNAME$$",
            ),
            (
                "action uri outgoing: ",
                "event=outgoing&remote=$$REMOTENUMBER$$&name=$$DISPLAYNAME$$",
            ),
            ("action uri connected: ", "event=connected&remote=$$REMOTENUMBER$$"),
            (
                "action uri disconnected: ",
                "event=disconnected&remote=$$REMOTENUMBER$$",
            ),
        ],
    },
];

/// The lines for one desk phone, for each maker. `own` is this computer's address in the local network.
pub(super) fn recipes(own: IpAddr, port: u16, token: &str) -> Vec<Recipe> {
    let place = std::net::SocketAddr::new(own, port);
    let address = format!("{place}/v1/call/{token}");
    let mut recipes: Vec<Recipe> = MAKERS.iter().map(|maker| of(maker, &address)).collect();
    recipes.push(Recipe {
        id: "poly",
        title: "Poly and Polycom (VVX, Trio, Edge)",
        place: "In a configuration file of the phone; or on its web page under Settings, Applications, Telephony Event \
                Notification. The phone posts XML, which is read as it is.",
        lines: format!(
            "apps.telNotification.URL=\"http://{address}\"\n\
             apps.telNotification.incomingEvent=\"1\"\n\
             apps.telNotification.outgoingEvent=\"1\"\n\
             apps.telNotification.callStateChangeEvent=\"1\"\n"
        ),
    });
    recipes
}

fn of(maker: &Maker, address: &str) -> Recipe {
    let line = |(before, query): &(&str, &str)| format!("{before}{}{address}?{query}\n", maker.scheme);
    Recipe {
        id: maker.id,
        title: maker.title,
        place: maker.place,
        lines: maker.lines.iter().map(line).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ringside_domain::Change;

    use super::*;
    use crate::report::change_in_words;

    #[test]
    fn every_line_says_an_event_that_is_known() {
        for maker in MAKERS {
            let words: Vec<&str> = maker
                .lines
                .iter()
                .map(|(_, query)| query.strip_prefix("event=").unwrap().split('&').next().unwrap())
                .collect();
            let changes: Vec<Change> = words.iter().map(|word| change_in_words(word).expect(word).0).collect();
            assert!(
                changes.contains(&Change::Ringing) && changes.contains(&Change::Answered),
                "{}",
                maker.id
            );
            assert!(
                changes.iter().any(|change| matches!(change, Change::Ended(_))),
                "{}",
                maker.id
            );
        }
    }

    #[test]
    fn every_recipe_names_this_computer_and_its_token() {
        for (own, host) in [("192.168.1.20", "192.168.1.20:47820"), ("fd00::7", "[fd00::7]:47820")] {
            let all = recipes(own.parse().unwrap(), 47_820, "0123456789abcdef0123456789abcdef");
            assert_eq!(all.len(), MAKERS.len() + 1);
            for recipe in all {
                let whole = format!("{host}/v1/call/0123456789abcdef0123456789abcdef");
                assert!(
                    recipe.lines.contains(&whole) && recipe.lines.ends_with('\n'),
                    "{}",
                    recipe.lines
                );
            }
        }
    }
}
