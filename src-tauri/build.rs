//! Builds the shell's context: the permissions of its two commands are made here, and `tauri.conf.json` grants them.

fn main() {
    let commands = tauri_build::AppManifest::new().commands(&["api", "shell"]);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands)) {
        println!("cargo:warning=the shell could not be configured: {error:#}");
        std::process::exit(1);
    }
}
