//! Temporary.
fn main() {
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let r = ringside_connectors::manifest::check::check(&text);
        for p in &r.problems {
            println!(
                "{file}:{}:{} error {} [{}] {:?}",
                p.line, p.column, p.message, p.path, p.hint
            );
        }
        for p in &r.warnings {
            println!("{file}:{}:{} warning {} [{}]", p.line, p.column, p.message, p.path);
        }
        for e in &r.examples {
            println!("{}: {}", e.name, e.difference.clone().unwrap_or("passed".into()));
        }
    }
}
