//! Trees and their directives.

use super::*;

fn tree(json: &str) -> Arc<Loaded> {
    logging(&format!(
        "method = 'POST'\npath = '/x'\n[log_call.steps.request.json]\n{json}"
    ))
}

fn scope() -> Scope {
    let call = json!({
        "start": 1_774_745_970_000_i64, "end": 1_774_746_090_000_i64, "seconds": 95, "direction": "in", "answered": true,
        "outcome": "", "result": "completed", "number": "+12025550100", "line": "",
    });
    search_scope("x")
        .with("call", &call)
        .with("contact", &json!({ "id": "17", "type": "Contact", "name": "Ana" }))
        .with("note", "")
        .with("body", "a\nb")
        .with("fields", &json!({}))
}

#[test]
fn exactly_one_expression_keeps_its_type() {
    let loaded = tree(
        "id = '{{ contact.id | int }}'\ntext = '{{ contact.id }}'\nseconds = '{{ call.seconds }}'\nanswered = '{{ call.answered }}'\n\
         half = '{{ call.seconds / 10 }}'\nlist = '{{ type.fields }}'\nmixed = 'n{{ call.seconds }}'\nnothing = '{{ none }}'\nfixed = [1, 2.5, true]",
    );
    assert_eq!(
        json_of(&loaded, &scope()),
        json!({
            "id": 17, "text": "17", "seconds": 95, "answered": true, "half": 9.5, "list": ["Phone", "Mobile.Number"],
            "mixed": "n95", "nothing": null, "fixed": [1, 2.5, true],
        })
    );
}

#[test]
fn directives_leave_out_repeat_and_splice() {
    let loaded = tree(
        r#"
kept = { "$if" = "call.answered", "$then" = "yes", "$else" = "no" }
gone = { "$if" = "note", "$then" = "{{ note }}" }
list = [0, { "$each" = "field in type.fields", "$do" = { name = "{{ field }}" } }, { "$if" = "false", "$then" = 1 }]
alone = { "$each" = "field in type.fields", "$do" = "{{ field | lower }}" }
some = { "$omit_empty" = { note = "{{ note }}", body = "{{ body }}", list = [], no = false, zero = 0 } }
text = { "$json" = { deep = ["{{ contact.id }}"] } }
"{{ type.entity }}_id" = "{{ contact.id }}"
query = { "$query" = "soql", template = "Id = '{{ contact.id }}'" }
domain = { "$any" = "odoo", fields = "type.fields", values = "[call.number, '1']", op = "ilike" }
both = ["&", ["active", "=", true], { "$any" = "odoo", fields = "['phone']", values = "[call.number]", op = "=" }]
"#,
    );
    assert_eq!(
        json_of(&loaded, &scope()),
        json!({
            "kept": "yes",
            "list": [0, { "name": "Phone" }, { "name": "Mobile.Number" }],
            "alone": ["phone", "mobile.number"],
            "some": { "body": "a\nb", "no": false, "zero": 0 },
            "text": "{\"deep\":[\"17\"]}",
            "contact_id": "17",
            "query": "Id = '17'",
            "domain": ["|", "|", "|", ["Phone", "ilike", "+12025550100"], ["Phone", "ilike", "1"],
                       ["Mobile.Number", "ilike", "+12025550100"], ["Mobile.Number", "ilike", "1"]],
            "both": ["&", ["active", "=", true], ["phone", "=", "+12025550100"]],
        })
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_value_is_a_value_whatever_is_in_it(text in hostile()) {
        let loaded = tree("a = '{{ body }}'\nb = 'x{{ body }}y'\nc = { '$json' = ['{{ body }}'] }\nd = { '$each' = 'word in [body]', '$do' = '{{ word }}' }");
        let made = json_of(&loaded, &scope().with("body", &text));
        let inner: Value = serde_json::from_str(made["c"].as_str().unwrap()).unwrap();
        prop_assert_eq!(inner, json!([text]));
        prop_assert_eq!(&made["a"], &json!(text));
        prop_assert_eq!(&made["b"], &json!(format!("x{text}y")));
        prop_assert_eq!(&made["d"], &json!([text]));
        prop_assert_eq!(made.as_object().unwrap().len(), 4);
    }
}

#[test]
fn what_is_not_there_is_said_by_name() {
    let loaded = tree("a = '{{ contact.name }}'");
    let error = rendered(&loaded, &scope().with("contact", &json!({ "id": "1" }))).unwrap_err();
    assert!(error.message.contains("`contact.name`"), "{error}");
    let list = tree("a = 'x{{ type.fields }}'");
    assert!(
        rendered(&list, &scope()).unwrap_err().message.contains("sequence"),
        "a list is no text"
    );
    let twice = tree("contact = 1\n'{{ type.entity }}' = 2");
    assert!(
        rendered(&twice, &scope())
            .unwrap_err()
            .message
            .contains("there already")
    );
}
