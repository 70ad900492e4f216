//! Where a file may not take its secrets.

use super::{super::load, SOUND, refuses};

const SET: &str = "[auth.set]\nheaders = { Authorization = \"Basic {{ (secret.key ~ ':') | base64 }}\" }";

/// A session step and what is made of it, in place of the sound file's key.
fn session(secret: &str, headers: &str) -> String {
    format!(
        "[[auth.session]]\ncapture = {{ token = \"token\", pod = \"pod\" }}\n{secret}\n\
         request = {{ method = \"POST\", path = \"/login\", json = {{ key = \"{{{{ secret.key }}}}\" }} }}\n\n\
         [auth.set]\nheaders = {{ X-Session = \"{headers}\" }}"
    )
}

#[test]
fn what_a_session_proves_itself_with_is_named_as_secret() {
    let kept = session("secret = [\"token\"]", "{{ session.token }}");
    load(&SOUND.replace(SET, &kept)).unwrap();
    for (secret, headers) in [
        ("", "{{ session.token }}"),
        ("secret = [\"pod\"]", "{{ (session.token ~ ':') | base64 }}"),
        ("secret = [\"token\"]", "{{ session.pod }} {{ session.token }}"),
        ("secret = [\"pod\"]", "{{ session['token'] }}"),
        ("secret = [\"pod\"]", "{{ session[param.owner] }}"),
    ] {
        let at = format!("\"{headers}\"");
        let words = "proves who we are, but is not kept secret";
        refuses(SET, &session(secret, headers), &at, words);
    }
    let open = SOUND.replace(SET, &session("", "{{ session.token }}"));
    let problem = load(&open).unwrap_err().remove(0);
    assert_eq!(problem.path, "auth.set.headers.X-Session");
    assert!(problem.hint.unwrap().contains("`secret = [\"token\"]`"));
}

#[test]
fn a_secret_has_no_name_that_our_own_have() {
    let named = |name: &str, kind: &str| {
        format!("[[parameters]]\nname = \"{name}\"\ntitle = \"Own\"\nkind = \"{kind}\"\n\n{SET}")
    };
    for name in ["oauth", "jwt"] {
        refuses(
            SET,
            &named(name, "secret"),
            &format!("\"{name}\""),
            "keeps its own sign-in under",
        );
        load(&SOUND.replace(SET, &named(name, "text"))).unwrap();
    }
    load(&SOUND.replace(SET, &named("oauth_key", "secret"))).unwrap();
}

#[test]
fn a_discovery_that_may_be_sent_on_knows_no_secret() {
    let discover = |user: &str| {
        format!(
            "[auth.oauth2]\nclient = \"public\"\nclient_id = \"ringside\"\n\
             authorize = \"https://api.example.com/authorize\"\ntoken = \"https://api.example.com/token\"\n\n\
             [auth.oauth2.discover]\ncapture = {{ oauth = \"oauth\" }}\n\
             request = {{ path = \"/where\", query = {{ user = \"{user}\" }} }}\n\n\
             [auth.set]\nheaders = {{ Authorization = \"Bearer {{{{ token }}}}\" }}"
        )
    };
    load(&SOUND.replace(SET, &discover("{{ param.owner }}"))).unwrap();
    for (secret, root) in [("secret.key", "secret"), ("token", "token")] {
        let words = format!("`{root}` is not known here");
        refuses(SET, &discover(&format!("{{{{ {secret} }}}}")), secret, &words);
    }
}

#[test]
fn what_the_browser_is_opened_with_knows_no_secret() {
    let oauth = |authorize: &str| {
        format!(
            "[auth.oauth2]\nclient = \"body\"\nclient_id = \"ringside\"\nclient_secret = \"{{{{ secret.key }}}}\"\n\
             authorize = \"https://api.example.com/authorize?hint={authorize}\"\ntoken = \"https://api.example.com/token\"\n\n\
             [auth.set]\nheaders = {{ Authorization = \"Bearer {{{{ token }}}}\" }}"
        )
    };
    load(&SOUND.replace(SET, &oauth("{{ param.owner }}"))).unwrap();
    let words = "`secret` is not known here";
    refuses(SET, &oauth("{{ secret.key }}"), "secret.key }}\"", words);
}
