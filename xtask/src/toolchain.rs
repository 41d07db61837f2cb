//! Finding, or getting, a Rust compiler that can build for WebAssembly.
//!
//! The standard library is built with the core, for size and for the oldest engines, so what a compiler needs is
//! the library's source and a linker for wasm; a prebuilt `wasm32-unknown-unknown` is of no use.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::commands::{output_of, run, succeeds};

/// Where Debian's packages install a compiler.
const DEBIAN_SYSROOT: &str = "/usr";
const DEBIAN_COMPILER: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_LINKER: &str = "lld-19";
/// The oldest LLVM whose linker understands what today's compilers write.
const OLDEST_LLVM: u32 = 19;

/// A compiler, the source of its standard library, and a linker for wasm.
pub struct Toolchain {
    sysroot: PathBuf,
    linker: PathBuf,
}

impl Toolchain {
    /// A cargo of this toolchain that may use unstable flags (`-Zbuild-std`) and links wasm.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(self.sysroot.join("bin/cargo"));
        cargo
            .env("RUSTC", self.sysroot.join("bin/rustc"))
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &self.linker);
        cargo
    }

    /// The folder with the source of the standard library.
    pub fn library_source(&self) -> PathBuf {
        library_source(&self.sysroot)
    }
}

/// Takes the compiler that is there; where it cannot build for wasm, completes it with rustup or, failing that,
/// installs Debian's.
///
/// # Errors
/// If none of these ways works here, with what to do by hand.
pub fn find_or_install() -> Result<Toolchain, Error> {
    let sysroot = find_compiler().or_else(install_compiler).ok_or(
        "no Rust compiler with the source of its standard library: run `rustup component add rust-src`, \
         or install Debian's rustc-web, cargo-web and rust-web-src",
    )?;
    let linker = find_linker(&sysroot).or_else(|| install_linker(&sysroot)).ok_or(
        "no linker for wasm: install lld 19 or newer (`wasm-ld`), \
         or a Rust toolchain from rustup, which brings `rust-lld`",
    )?;
    Ok(Toolchain { sysroot, linker })
}

/// The sysroot of the first compiler that has its library's source and a cargo beside it.
fn find_compiler() -> Option<PathBuf> {
    [current_sysroot(), Some(PathBuf::from(DEBIAN_SYSROOT))]
        .into_iter()
        .flatten()
        .find(|sysroot| library_source(sysroot).join("Cargo.toml").exists() && sysroot.join("bin/cargo").exists())
}

fn install_compiler() -> Option<PathBuf> {
    eprintln!("xtask: the Rust compiler here lacks the source of its standard library; asking rustup for it");
    // One attempt: where the download server is out of reach, the next way is tried instead.
    let by_rustup =
        succeeds(Command::new("rustup").env("RUSTUP_MAX_RETRIES", "0").args(["component", "add", "rust-src"]));
    if !by_rustup {
        eprintln!("xtask: rustup cannot get it; installing Debian's compiler");
        apt_install(&DEBIAN_COMPILER).ok()?;
    }
    find_compiler()
}

fn install_linker(sysroot: &Path) -> Option<PathBuf> {
    eprintln!("xtask: no linker for wasm; installing Debian's {DEBIAN_LINKER}");
    apt_install(&[DEBIAN_LINKER]).ok()?;
    find_linker(sysroot)
}

/// `rust-lld` of the compiler itself, else of the current toolchain, else the newest `wasm-ld` on the path.
fn find_linker(sysroot: &Path) -> Option<PathBuf> {
    rust_lld(sysroot).or_else(|| rust_lld(&current_sysroot()?)).or_else(wasm_ld)
}

fn rust_lld(sysroot: &Path) -> Option<PathBuf> {
    let targets = fs::read_dir(sysroot.join("lib/rustlib")).ok()?;
    targets.flatten().map(|target| target.path().join("bin/rust-lld")).find(|linker| linker.exists())
}

fn wasm_ld() -> Option<PathBuf> {
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    let newest_first = (OLDEST_LLVM..OLDEST_LLVM + 20).rev().map(|version| format!("wasm-ld-{version}"));
    newest_first.flat_map(|name| folders.iter().map(move |folder| folder.join(&name))).find(|linker| linker.exists())
}

fn current_sysroot() -> Option<PathBuf> {
    output_of(Command::new("rustc").args(["--print", "sysroot"])).ok().map(PathBuf::from)
}

fn library_source(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib/src/rust/library")
}

/// Installs packages with apt-get, as root or through sudo.
fn apt_install(packages: &[&str]) -> Result<(), Error> {
    let is_root = output_of(Command::new("id").arg("-u"))? == "0";
    let apt_get = || {
        let mut command = Command::new(if is_root { "apt-get" } else { "sudo" });
        command.env("DEBIAN_FRONTEND", "noninteractive").args((!is_root).then_some("apt-get")).arg("--quiet=2");
        command
    };
    run(apt_get().arg("update"))?;
    run(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(packages))
}
