//! The DTOs and the command table as one TypeScript file, so that the window is compiled against what the owner says.

use std::{any::TypeId, collections::BTreeMap, collections::HashSet};

use ts_rs::{Config, TS, TypeVisitor};

use crate::{command, error::ApiError, event::Event};

/// The whole file: every type that a command or an event can carry, by name, and the table of commands.
#[must_use]
pub fn typescript() -> String {
    let config = Config::new().with_large_int("number");
    let mut types = Types {
        config: &config,
        seen: HashSet::new(),
        text: BTreeMap::new(),
    };
    command::visit_types(&mut types);
    types.visit::<ApiError>();
    types.visit::<Event>();
    let mut file = String::from(
        "// Made from crates/ipc by `RINGSIDE_GENERATE=1 cargo test -p ringside-ipc`. Do not edit: the test `generated`\n\
         // compares this file with the Rust types.\n",
    );
    for text in types.text.values() {
        file.push('\n');
        file.push_str(text);
    }
    file.push_str("\n/** What the owner can be asked, and what it answers. */\n");
    file.push_str(&command::table(&config));
    file
}

struct Types<'a> {
    config: &'a Config,
    seen: HashSet<TypeId>,
    text: BTreeMap<String, String>,
}

impl TypeVisitor for Types<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // Only types of our own have a file, and so a declaration.
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            let text = format!("{docs}export {}\n", T::decl(self.config));
            self.text.insert(T::ident(self.config), text);
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}
