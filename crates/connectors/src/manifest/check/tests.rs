use super::*;
#[test]
fn shipped() {
    for name in ["bullhorn", "hubspot", "insightly", "pipedrive"] {
        let text =
            std::fs::read_to_string(format!("{}/../../connectors/{name}.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let r = check(&text);
        for p in r.problems {
            println!(
                "{name}.toml:{}:{} error {} [{}] hint {:?}",
                p.line, p.column, p.message, p.path, p.hint
            );
        }
        for p in r.warnings {
            println!("{name}.toml:{}:{} warning {} [{}]", p.line, p.column, p.message, p.path);
        }
        for e in r.examples {
            println!(
                "{name}.toml:{} {} {}",
                e.line,
                e.name,
                e.difference.unwrap_or("passed".into())
            );
        }
    }
}
