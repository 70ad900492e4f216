//! Lines to copy into phones: what a person needs to connect one, with the port and the token filled in.
//!
//! `docs/phones/` explains each of them, and says which were tried.

mod desk;

use std::net::IpAddr;

/// How one kind of phone is connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Stable: `microsip`, `curl`.
    pub id: &'static str,
    pub title: &'static str,
    /// Where the lines go, in one or two sentences.
    pub place: &'static str,
    pub lines: String,
}

/// The lines for one phone. `ringside` is the program's path, or its name if it is on the search path; `profile` is empty
/// for the person's own.
///
/// The lines with `ringside ring` need no token: the program talks to the owner's socket. Those with a token belong in
/// files that others cannot read.
#[must_use]
pub fn recipes(port: u16, token: &str, ringside: &str, profile: &str) -> Vec<Recipe> {
    let url = format!("http://127.0.0.1:{port}/v1/call/{token}");
    let profile = if profile.is_empty() {
        String::new()
    } else {
        format!(" --profile {profile}")
    };
    let windows = format!("\"{}\"{profile} ring", ringside.replace('"', ""));
    let unix = format!("{}{profile} ring", shell_word(ringside));
    vec![
        Recipe {
            id: "microsip",
            title: "MicroSIP",
            place: "In microsip.ini, section [Settings], while MicroSIP is closed. The file is UTF-16: use Notepad. MicroSIP adds the number at the end of each line.",
            lines: format!(
                "cmdIncomingCall={windows} --state ringing --direction in --\n\
                 cmdOutgoingCall={windows} --state ringing --direction out --\n\
                 cmdCallStart={windows} --state answered --\n\
                 cmdCallEnd={windows} --state ended --\n"
            ),
        },
        Recipe {
            id: "twinkle",
            title: "Twinkle",
            place: "Save as an executable file, and name that file in the user profile under Scripts for every event but \"incoming call answered elsewhere\".",
            lines: format!(
                "#!/bin/sh\n\
                 case \"$TWINKLE_TRIGGER\" in\n\
                 in_call) set -- --state ringing --direction in --from \"$SIP_FROM\" ;;\n\
                 out_call) set -- --state ringing --direction out --from \"$SIP_TO\" ;;\n\
                 in_call_answered|out_call_answered) set -- --state answered ;;\n\
                 *) set -- --state ended ;;\n\
                 esac\n\
                 {unix} \"$@\" --call-id \"$SIP_CALL_ID\" >/dev/null 2>&1 &\n"
            ),
        },
        Recipe {
            id: "baresip",
            title: "baresip",
            place: "Better add it as a phone of its own kind: then no script is needed. Else switch on the module ctrl_tcp in baresip's config, and run this beside it (Python 3, no packages). baresip serves one of the two at a time.",
            lines: baresip(&url),
        },
        Recipe {
            id: "action_url",
            title: "Action URLs (softphones that open a URL on a call)",
            place: "Variables have other names in each program; put yours in. Only for programs on this computer.",
            lines: format!(
                "{url}?event=incoming&remote=$remote&name=$display_remote&call=$call_id\n\
                 {url}?event=outgoing&remote=$remote&call=$call_id\n\
                 {url}?event=established&remote=$remote&call=$call_id\n\
                 {url}?event=terminated&remote=$remote&call=$call_id\n"
            ),
        },
        Recipe {
            id: "curl",
            title: "curl, scripts",
            place: "In a shell. The token is read from standard input, so that it is in no list of processes.",
            lines: format!(
                "curl --silent --show-error --max-time 2 --config - <<'END'\n\
                 url = \"http://127.0.0.1:{port}/v1/call\"\n\
                 header = \"Authorization: Bearer {token}\"\n\
                 data-urlencode = \"event=ringing\"\n\
                 data-urlencode = \"remote=+442079460123\"\n\
                 data-urlencode = \"name=Ada Lovelace\"\n\
                 END\n"
            ),
        },
        Recipe {
            id: "ringside_ring",
            title: "Any phone that can run a command",
            place: "No token and no port: the command talks to Ringside itself, or starts it.",
            lines: format!(
                "{unix} --state ringing --direction in --from +442079460123\n\
                 {unix} --state answered --from +442079460123\n\
                 {unix} --state ended --from +442079460123\n"
            ),
        },
    ]
}

/// The lines for a desk phone in the local network, for each maker that we know. `own` is this computer's address there.
#[must_use]
pub fn desk_recipes(own: IpAddr, port: u16, token: &str) -> Vec<Recipe> {
    desk::recipes(own, port, token)
}

/// baresip speaks netstrings: `12:{"event":…},`. Each event about a call goes on as it is.
fn baresip(url: &str) -> String {
    format!(
        "import json, socket, urllib.request\n\
         phone = socket.create_connection((\"127.0.0.1\", 4444)).makefile(\"rb\")\n\
         while True:\n\
         \x20   size = b\"\"\n\
         \x20   while not size.endswith(b\":\"):\n\
         \x20       byte = phone.read(1)\n\
         \x20       if not byte:\n\
         \x20           raise SystemExit(\"baresip has ended\")\n\
         \x20       size += byte\n\
         \x20   message = phone.read(int(size[:-1]))\n\
         \x20   phone.read(1)\n\
         \x20   if json.loads(message).get(\"class\") == \"call\":\n\
         \x20       request = urllib.request.Request(\"{url}\", message, {{\"Content-Type\": \"application/json\"}})\n\
         \x20       try:\n\
         \x20           urllib.request.urlopen(request, timeout=2)\n\
         \x20       except OSError as error:\n\
         \x20           print(\"Ringside:\", error)\n"
    )
}

/// One word for a POSIX shell.
fn shell_word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_recipe_is_ready_to_copy() {
        let all = recipes(
            47_820,
            "0123456789abcdef0123456789abcdef",
            "/opt/ring side/ringside",
            "rehearsal",
        );
        for recipe in &all {
            let by_command = recipe.lines.contains(" --profile rehearsal ring ");
            let by_token =
                recipe.lines.contains("0123456789abcdef") && recipe.lines.contains("127.0.0.1:47820/v1/call");
            assert!(
                by_command != by_token,
                "{}: one way, whole: {}",
                recipe.id,
                recipe.lines
            );
            assert!(recipe.lines.ends_with('\n') && !recipe.place.is_empty());
        }
        let twinkle = &all.iter().find(|recipe| recipe.id == "twinkle").unwrap().lines;
        assert!(
            twinkle.contains("\n'/opt/ring side/ringside' --profile rehearsal ring \"$@\""),
            "{twinkle}"
        );
    }
}
