//! The TypeScript file that carries the core into the app.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use brotli::enc::BrotliEncoderParams;

use crate::commands::output_of;
use crate::wasm::Core;
use crate::{Error, project_root};

const TEMPLATE: &str = include_str!("core.template.txt");

/// Writes `core.generated.ts` into a folder and returns its path.
///
/// # Errors
/// If the hash of the sources cannot be taken or the file cannot be written.
pub fn write(core: &Core, folder: &Path) -> Result<PathBuf, Error> {
    let source_hash = output_of(Command::new("node").arg(project_root().join("tools/source-hash.mjs")))?;
    let text = TEMPLATE
        .replace("{source hash}", &source_hash)
        .replace("{wasm}", &as_text(&core.wasm)?)
        .replace("{glue}", &core.glue);
    let file = folder.join("core.generated.ts");
    fs::create_dir_all(folder)?;
    fs::write(&file, text)?;
    Ok(file)
}

/// The module as text that costs little in the app's zip. Brotli makes it a sixth smaller than the zip's deflate would,
/// and base64 of what is compressed already costs the zip next to nothing.
fn as_text(module: &[u8]) -> io::Result<String> {
    let mut compressed = Vec::new();
    let best = BrotliEncoderParams { size_hint: module.len(), ..BrotliEncoderParams::default() };
    brotli::BrotliCompress(&mut &*module, &mut compressed, &best)?;
    Ok(BASE64.encode(compressed))
}
