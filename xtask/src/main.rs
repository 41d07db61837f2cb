//! Builds the Rust core into the TypeScript file that Rocket.Chat loads, and tests it as WebAssembly.

mod commands;
mod generated;
mod toolchain;
mod wasm;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wasm_bindgen_cli::wasm_bindgen_test_runner;

const USAGE: &str = "\
usage: cargo xtask <command>

  build [--features <names>] [--out <folder>]   write core.generated.ts, by default to app-shim/
  build-bench --out <folder>                    the same of the core with the faces that bench/ compares
  test-wasm [<filter>]                          run the core's wasm-bindgen-tests under Node";

/// What went wrong, in words for whoever ran the command.
type Error = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Error> {
    let (command, rest) = arguments.split_first().ok_or(USAGE)?;
    match command.as_str() {
        "build" => build(wasm::CORE, &BuildOptions::parse(rest)?),
        "build-bench" => build(wasm::BENCH, &BuildOptions::parse(rest)?),
        "test-wasm" => wasm::test(&toolchain::find_or_install()?, rest),
        wasm::RUNNER_COMMAND => Ok(wasm_bindgen_test_runner::run_cli_with_args(arguments)?),
        _ => Err(USAGE.into()),
    }
}

fn build(source: wasm::Source, options: &BuildOptions) -> Result<(), Error> {
    let toolchain = toolchain::find_or_install()?;
    let core = wasm::build(&toolchain, source, &options.features)?;
    let file = generated::write(&core, &options.out)?;
    println!("{}: {} bytes of wasm", file.display(), core.wasm.len());
    Ok(())
}

struct BuildOptions {
    /// Cargo features of the core, comma-separated; empty for the app that is shipped.
    features: String,
    /// The folder that the generated file is written to.
    out: PathBuf,
}

impl BuildOptions {
    fn parse(arguments: &[String]) -> Result<Self, Error> {
        let mut options = Self { features: String::new(), out: project_root().join("app-shim") };
        let mut rest = arguments.iter();
        while let Some(flag) = rest.next() {
            let value = rest.next().ok_or(USAGE)?;
            match flag.as_str() {
                "--features" => options.features.clone_from(value),
                "--out" => options.out = env::current_dir()?.join(value),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }
}

fn project_root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}
