//! The TypeScript file that carries the core into the app.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::commands::output_of;
use crate::text_code;
use crate::wasm::Core;
use crate::{Error, project_root};

const TEMPLATE: &str = include_str!("core.template.txt");

/// Writes `core.generated.ts` into a folder and returns its path.
///
/// # Errors
/// If the hash of the sources cannot be taken or the file cannot be written.
pub fn write(core: &Core, folder: &Path) -> Result<PathBuf, Error> {
    let source_hash = output_of(Command::new("node").arg(project_root().join("tools/source-hash.mjs")))?;
    let wasm = text_code::encode(&core.wasm);
    let text = TEMPLATE
        .replace("{source hash}", &source_hash)
        .replace("{order}", &wasm.order)
        .replace("{wasm}", &wasm.text)
        .replace("{glue}", &core.glue);
    let file = folder.join("core.generated.ts");
    fs::create_dir_all(folder)?;
    fs::write(&file, text)?;
    Ok(file)
}
