//! From the core's source to a small WebAssembly module and the JavaScript that loads it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bindgen_cli::wasm_bindgen;

use crate::commands::run;
use crate::toolchain::Toolchain;
use crate::{Error, project_root};

/// The command by which cargo has this program run a wasm test binary.
pub const RUNNER_COMMAND: &str = "wasm-test-runner";

/// A crate with a face for JavaScript.
#[derive(Clone, Copy)]
pub struct Source {
    manifest: &'static str,
    module: &'static str,
}

/// What is shipped.
pub const CORE: Source = Source { manifest: "crate/Cargo.toml", module: "rapidpro_tickets_core.wasm" };
/// The core beside other faces of it.
pub const BENCH: Source = Source { manifest: "bench/core/Cargo.toml", module: "rapidpro_tickets_bench.wasm" };

const TARGET: &str = "wasm32-unknown-unknown";
/// Every server since Rocket.Chat 4.2 must load the module, and the oldest of those run on Node 12.22: no feature beyond
/// the first WebAssembly but those that it has.
const TARGET_FEATURES: [&str; 2] =
    ["-Ctarget-cpu=mvp", "-Ctarget-feature=+mutable-globals,+bulk-memory,+sign-ext,+nontrapping-fptoint"];
/// The same ones, as wasm-opt calls them.
const OPTIMIZER_FEATURES: [&str; 6] = [
    "--mvp-features",
    "--enable-mutable-globals",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
];
/// What is shipped carries no words for panics, whose stack is in the app's log, and nothing that only a debugger's
/// output would need.
const NO_DEBUGGING: [&str; 4] =
    ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zfmt-debug=none", "-Zlocation-detail=none"];

/// The module is shipped compressed, and then functions that became part of their only caller are larger: they repeat
/// less. LLVM subtracts 15,000 from such a function's cost; with all other costs a hundred and fifty times what they are
/// otherwise (5, 25 and 5), only tiny ones are worth it.
const INLINE_LITTLE: [&str; 3] = [
    "-Cllvm-args=-inline-instr-cost=750",
    "-Cllvm-args=-inline-call-penalty=3750",
    "-Cllvm-args=-inline-threshold=750",
];

/// The finished module and its glue.
pub struct Core {
    /// The module after wasm-opt.
    pub wasm: Vec<u8>,
    /// JavaScript of wasm-bindgen's `no-modules` kind; defines `wasm_bindgen`.
    pub glue: String,
}

/// Builds a module with the given cargo features (comma-separated).
///
/// # Errors
/// If a step of the build fails or its output is missing.
pub fn build(toolchain: &Toolchain, source: Source, features: &str) -> Result<Core, Error> {
    let work = cache().join("wasm-bindgen");
    fs::create_dir_all(&work)?;
    compile(toolchain, source, features)?;
    generate_glue(&cargo_target().join(TARGET).join("release").join(source.module), &work)?;
    let optimized = work.join("core_opt.wasm");
    optimize(&work.join("core_bg.wasm"), &optimized)?;
    Ok(Core { wasm: fs::read(optimized)?, glue: fs::read_to_string(work.join("core.js"))? })
}

/// Runs the core's wasm-bindgen-tests under Node, with `arguments` for their runner. Tests of the ordinary kind, though
/// in the same binary, are not run: they run natively.
///
/// # Errors
/// If the tests cannot be built, or one fails.
pub fn test(toolchain: &Toolchain, arguments: &[String]) -> Result<(), Error> {
    let mut runner = env::current_exe()?.into_os_string();
    runner.push(" ");
    runner.push(RUNNER_COMMAND);
    let mut cargo = cargo_for_wasm(toolchain, CORE, "test", &[])?;
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    run(cargo.args(["--lib", "--"]).args(arguments))
}

/// The module alone: were a Rust library built with it, nothing of what that offers would be left out of the module.
fn compile(toolchain: &Toolchain, source: Source, features: &str) -> Result<(), Error> {
    let arguments = ["--lib", "--crate-type", "cdylib", "--features", features];
    run(cargo_for_wasm(toolchain, source, "rustc", &NO_DEBUGGING)?.args(arguments).arg("--").args(INLINE_LITTLE))
}

fn cargo_for_wasm(toolchain: &Toolchain, source: Source, command: &str, more_flags: &[&str]) -> Result<Command, Error> {
    let mut cargo = toolchain.cargo();
    cargo
        .current_dir(project_root())
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(toolchain, more_flags)?)
        .arg(command)
        .args(["--manifest-path", source.manifest, "--release", "--target", TARGET, "--target-dir"])
        .arg(cargo_target())
        .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
    Ok(cargo)
}

/// Flags separated as cargo wants them, so that paths may contain spaces. The names of folders on this machine are
/// kept out of the module: they would make it differ from one machine to the next.
fn rustflags(toolchain: &Toolchain, more: &[&str]) -> Result<OsString, Error> {
    let mut flags: Vec<OsString> = TARGET_FEATURES.iter().chain(more).map(OsString::from).collect();
    for (folder, name) in
        [(cargo_home()?, "cargo"), (toolchain.library_source(), "library"), (project_root().to_owned(), "")]
    {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(folder);
        flag.push("=");
        flag.push(name);
        flags.push(flag);
    }
    Ok(flags.join(&OsString::from("\u{1f}")))
}

fn cargo_home() -> Result<PathBuf, Error> {
    let default = || env::home_dir().map(|home| home.join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(default).ok_or_else(|| "no home folder".into())
}

fn generate_glue(module: &Path, out: &Path) -> Result<(), Error> {
    let options = ["--target", "no-modules", "--omit-default-module-path", "--no-typescript", "--out-name", "core"];
    let mut arguments: Vec<OsString> = vec!["wasm-bindgen".into()];
    arguments.extend(options.map(OsString::from));
    arguments.extend(["--out-dir".into(), out.into(), module.into()]);
    Ok(wasm_bindgen::run_cli_with_args(arguments)?)
}

/// Shrinks a module. A feature beyond those allowed here is an error of wasm-opt: the module would not load on the
/// oldest servers.
fn optimize(module: &Path, out: &Path) -> Result<(), Error> {
    run(Command::new("node")
        .arg(project_root().join("node_modules/binaryen/bin/wasm-opt"))
        .arg("-Oz")
        .args(OPTIMIZER_FEATURES)
        // See `INLINE_LITTLE`. What is computed twice compresses better than what is kept in a variable.
        .args(["--always-inline-max-function-size=4", "--one-caller-inline-max-function-size=0"])
        .arg("--skip-pass=local-cse")
        .args(["--strip-debug", "--strip-producers", "--strip-target-features"])
        .arg(module)
        .arg("-o")
        .arg(out))
}

fn cargo_target() -> PathBuf {
    cache().join("cargo-wasm")
}

fn cache() -> PathBuf {
    project_root().join("node_modules/.cache")
}
